package deploy_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// out brings both waves out, the second still running.
func (w *world) out() {
	w.t.Helper()
	w.run(1)
	w.complete(1)
	w.later(25 * time.Hour)
	w.run(2)
	w.sign(2, 1, 2)
}

// goesBack carries out the back-out of a wave.
func (w *world) goesBack(n int64) {
	w.t.Helper()
	w.sign(n, 4)
	_, err := w.svc.ReportAllRolledBack(ctx, w.dario, w.key, n, "read on each")
	w.must(err)
	w.stands(n, deploy.WaveRolledBack)
}

func TestARolloutBackSoaksBetweenItsWaves(t *testing.T) {
	w := newWorld(t)
	w.plans(2, func(e *deploy.WaveEdit) { e.SoakHours = 2 })
	field(t, w.svc.RollOutBack(ctx, w.maya, w.key, deploy.GoBack{Reason: " "}), "reason")
	refused(t, w.svc.RollOutBack(ctx, w.maya, w.key, deploy.GoBack{Reason: "errors"}), "remediation.waves")
	w.out()
	kindIs(t, w.svc.RollOutBack(ctx, w.dario, w.key, deploy.GoBack{Reason: "errors"}), fault.Forbidden)
	w.must(w.svc.RollOutBack(ctx, w.maya, w.key, deploy.GoBack{Reason: "errors everywhere"}))
	w.releaseIs(release.Remediating)
	w.stands(1, deploy.WaveRemediating)
	w.stands(2, deploy.WaveRemediating)
	if first, second := w.wave(1), w.wave(2); !first.BackOutAt.IsZero() || second.BackOutAt.IsZero() {
		t.Fatal("the last wave goes back first, alone")
	}
	refused(t, w.svc.RollOutBack(ctx, w.maya, w.key, deploy.GoBack{Reason: "again"}), "remediation.open")
	w.goesBack(2)
	w.ticks()
	if !w.wave(1).BackOutAt.IsZero() {
		t.Fatal("the first wave goes back before the service was watched")
	}
	w.later(2 * time.Hour)
	w.ticks()
	if one := w.wave(1); one.BackOutAt.IsZero() || one.BackOutBy != "Maya" {
		t.Fatalf("the first wave does not go back after the soak: %q", one.BackOutBy)
	}
	w.goesBack(1)
	board, err := w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	if board.Back != nil || !board.Can.RollBack {
		t.Error("the rollout back has not ended")
	}
	for _, key := range []string{"osl-1", "bgo-1"} {
		if got := w.installed(key); got.InstalledDigest != former {
			t.Errorf("%s runs %s", key, got.InstalledDigest)
		}
	}
}

func TestAnIncidentDoesNotWait(t *testing.T) {
	for name, say := range map[string]deploy.GoBack{
		"with a number":  {Reason: "nobody can pay", Incident: "INC-4711"},
		"without number": {Reason: "nobody can pay", AtOnce: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.plans(2, func(e *deploy.WaveEdit) { e.SoakHours = 2 })
			w.out()
			w.must(w.svc.RollOutBack(ctx, w.maya, w.key, say))
			if m := w.board(w.maya).Back; m == nil || !m.AtOnce || m.Rule != "" || m.ByName != "Maya" {
				t.Errorf("%+v", m)
			}
			w.goesBack(2)
			if w.wave(1).BackOutAt.IsZero() {
				t.Fatal("the first wave waits although there is an incident")
			}
			w.goesBack(1)
		})
	}
}

func TestAllOfItGoesBackByItselfWhereThePolicyLetsIt(t *testing.T) {
	out := func(t *testing.T, rule policy.TypeRule, signed ...int64) *world {
		w := newWorld(t)
		w.lets(rule)
		w.plans(1, func(e *deploy.WaveEdit) { e.SoakHours = 2 })
		w.plans(2, func(e *deploy.WaveEdit) { e.AutoBackOut, e.FailurePercent, e.SoakHours = true, 50, 2 })
		w.run(1)
		w.complete(1)
		w.later(25 * time.Hour)
		w.run(2)
		w.sign(2, signed...)
		return w
	}
	w := out(t, policy.TypeRule{AutoBack: true, AutoAll: true}, 1, 2)
	if got := w.board(w.maya).Waves[1].BackBy; !strings.Contains(got, "every wave that began is put back by itself") {
		t.Errorf("the board says %q", got)
	}
	w.must(w.fail(2, "bgo-1"))
	w.releaseIs(release.Deploying)
	w.must(w.fail(2, "bgo-2")) // two of three
	w.releaseIs(release.Remediating)
	w.stands(1, deploy.WaveRemediating)
	w.stands(2, deploy.WaveRemediating)
	m := w.board(w.maya).Back
	if m == nil || !m.AtOnce || m.ByID != 0 || m.ByName != "the policy pay v1" || m.Rule != "the policy pay v1 lets all of a minor release go back when a wave crosses its failure threshold" ||
		!strings.Contains(m.Reason, "Wave 2, The rest failed: 2 of 3 targets failed") {
		t.Fatalf("%+v", m)
	}
	if one, two := w.wave(1), w.wave(2); !one.BackOutAt.IsZero() || two.BackOutAt.IsZero() {
		t.Error("the last wave goes back first, alone")
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		var list []audit.Logged
		err := tx.Gorm().Where("action = ?", "release.rolloutback").Find(&list).Error
		if len(list) != 1 || list[0].Actor != "rollout clock" || list[0].ActorKind != "system" || !strings.Contains(list[0].Sentence, "without soak, since the policy pay v1 lets all of a minor release go back") {
			t.Errorf("%+v", list)
		}
		return err
	}))
	w.goesBack(2)
	if w.wave(1).BackOutAt.IsZero() {
		t.Fatal("the first wave soaks in an incident")
	}
	w.goesBack(1)
	for _, key := range []string{"osl-1", "osl-2", "bgo-1", "bgo-2", "bgo-3"} {
		if got := w.installed(key); got.InstalledDigest != former {
			t.Errorf("%s runs %s", key, got.InstalledDigest)
		}
	}
	if b := w.board(w.maya); b.Back != nil || !b.Can.RollBack {
		t.Error("the rollout back has not ended")
	}

	w = out(t, policy.TypeRule{AutoBack: true}, 1, 2) // the wave alone
	w.must(w.fail(2, "bgo-1"))
	w.must(w.fail(2, "bgo-2"))
	w.stands(1, deploy.WaveComplete)
	w.stands(2, deploy.WaveRemediating)
	if m := w.board(w.maya).Back; m != nil {
		t.Errorf("%+v", m)
	}

	w = out(t, policy.TypeRule{AutoBack: true, AutoAll: true}, 1, 2)
	w.must(w.svc.FailWave(ctx, w.dario, w.key, 2, "I do not like it")) // no threshold is crossed
	w.stands(1, deploy.WaveComplete)
	w.stands(2, deploy.WaveRemediating)

	w = out(t, policy.TypeRule{AutoBack: true, AutoAll: true}, 1)
	w.must(w.svc.PauseWave(ctx, w.dario, w.key, 2, "look"))
	w.must(w.fail(2, "bgo-1"))
	w.must(w.fail(2, "bgo-2")) // while it is paused it does not fail
	w.stands(2, deploy.WavePaused)
	w.must(w.svc.FailWave(ctx, w.dario, w.key, 2, "it is no use"))
	w.stands(1, deploy.WaveRemediating)
	if m := w.board(w.maya).Back; m == nil || m.Rule == "" {
		t.Errorf("%+v", m)
	}
}

// What was rolled back for an incident before went back at once.
func TestOlderRemediationsOfIncidentsWentBackAtOnce(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 271); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		r := &release.Release{Key: "PAY-1", Title: "One", State: release.Remediating, ServiceID: service.ID}
		if err := tx.Create(r); err != nil {
			return err
		}
		return tx.Gorm().Exec("INSERT INTO remediations (release_id, release_key, incident, reason, by_name) VALUES (?, 'PAY-1', 'INC-1', 'r', 'Maya'), (?, 'PAY-1', '', 'r', 'Maya')", r.ID, r.ID).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		var list []deploy.Remediation
		err := tx.Gorm().Order("id").Find(&list).Error
		if len(list) != 2 || !list[0].AtOnce || list[1].AtOnce {
			t.Errorf("%+v", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARolloutBackPastThePointOfNoReturnIsDecided(t *testing.T) {
	w := newWorld(t)
	w.plans(2, func(e *deploy.WaveEdit) { e.NoReturn = true })
	w.out()
	refused(t, w.svc.RollOutBack(ctx, w.maya, w.key, deploy.GoBack{Reason: "errors"}), "wave.noreturn")
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 2, "errors"))
	w.must(w.svc.DecideRollback(ctx, w.chen, w.key, "the loss is smaller"))
	w.must(w.svc.RollOutBack(ctx, w.maya, w.key, deploy.GoBack{Reason: "errors"}))
}

func TestARolloutBackTakesNoDecisionOfAnEarlierRemediation(t *testing.T) {
	w := newWorld(t)
	w.plans(2, func(e *deploy.WaveEdit) { e.NoReturn = true })
	w.out()
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 2, "errors"))
	w.must(w.svc.DecideRollback(ctx, w.chen, w.key, "the loss is smaller"))
	w.must(w.svc.RetryWave(ctx, w.maya, w.key, 2, "a last try"))
	w.later(time.Hour)
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 2, "errors again, with an hour's payments"))
	refused(t, w.svc.RollOutBack(ctx, w.maya, w.key, deploy.GoBack{Reason: "errors", AtOnce: true}), "wave.noreturn")
	w.must(w.svc.DecideRollback(ctx, w.chen, w.key, "the hour is told to the owner"))
	w.must(w.svc.RollOutBack(ctx, w.maya, w.key, deploy.GoBack{Reason: "errors", AtOnce: true}))
}
