package deploy_test

import (
	"slices"
	"testing"

	"slipway/internal/audit"
	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

func (w *world) delegate(n int64, by identity.Actor, to int64) error {
	return w.svc.NameDelegate(ctx, by, w.key, n, w.wave(n).Version, to)
}

func (w *world) sentences(action string) (list []string) {
	w.t.Helper()
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Model(&audit.Logged{}).Where("action = ?", action).Order("seq").Pluck("sentence", &list).Error
	}))
	return list
}

func TestWhoNamesADelegateAndWhom(t *testing.T) {
	w := newWorld(t)
	another := dbtest.User(t, w.d, "mats", identity.ReleaseManager)
	elsewhere := dbtest.User(t, w.d, "eva")
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Exec("INSERT INTO user_roles (user_id, role, service_id) VALUES (?, ?, 999)", elsewhere.UserID, identity.DeploymentStaff).Error
	})
	w.ready(1)
	refused(t, w.delegate(1, another, w.dario.UserID), "wave.lead")
	kindIs(t, w.delegate(1, w.dario, w.dina.UserID), fault.Forbidden)
	for _, id := range []int64{0, w.maya.UserID, w.stefan.UserID, elsewhere.UserID, 99_999} {
		field(t, w.delegate(1, w.maya, id), "delegate")
	}
	w.must(w.delegate(1, w.maya, w.dario.UserID))
	if got := w.wave(1); got.DelegateID != w.dario.UserID || got.DelegateName != w.dario.Name {
		t.Errorf("%+v", got)
	}
	w.must(w.delegate(1, w.maya, 0))
	if told := w.sentences("wave.delegate"); len(told) != 2 || w.wave(1).DelegateID != 0 {
		t.Errorf("the record says %q", told)
	}
	w.must(w.goFor(1))
	w.must(w.startIt(1))
	refused(t, w.delegate(1, w.maya, w.dario.UserID), "wave.state")
}

// TestADelegateSaysGoInPlaceOfTheLead holds for go and for no go, and for nobody
// else; every rule on go holds for a delegate too.
func TestADelegateSaysGoInPlaceOfTheLead(t *testing.T) {
	w := newWorld(t)
	w.ready(1)
	say := func(actor identity.Actor) error {
		return w.svc.GiveGo(ctx, actor, w.key, 1, w.wave(1).Version, "all set")
	}
	kindIs(t, say(w.dario), fault.Forbidden)
	w.must(w.delegate(1, w.maya, w.dario.UserID))
	kindIs(t, say(w.dina), fault.Forbidden)
	robot := w.dario
	robot.Kind, robot.Scopes = identity.Machine, []string{"api:write", "deploy:report"}
	kindIs(t, say(robot), fault.Forbidden)
	stripped := w.dario
	stripped.Grants = []identity.Grant{{Role: identity.EarlyLifeSupport}}
	kindIs(t, say(stripped), fault.Forbidden)
	w.must(w.svc.NoGo(ctx, w.dario, w.key, 1, w.wave(1).Version, "storm"))
	if got := w.wave(1); got.NoGoBy != w.dario.Name+" for "+w.maya.Name || got.NoGoByID != w.dario.UserID {
		t.Errorf("%+v", got)
	}
	w.must(w.svc.ReplanWave(ctx, w.maya, w.key, 1, w.wave(1).Version))
	w.ready(1)
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Gate{}).Where("code = ?", release.A4).Update("state", release.GateVoided).Error
	})
	refused(t, say(w.dario), "gate.a4")
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Gate{}).Where("code = ?", release.A4).Update("state", release.GateApproved).Error
	})
	w.must(say(w.dario))
	w.stands(1, deploy.WaveGo)
	told := append(w.sentences("wave.nogo"), w.sentences("wave.go")...)
	if want := []string{"refused go for Wave 1, Pilot for " + w.maya.Name, "gave go for Wave 1, Pilot for " + w.maya.Name}; !slices.Equal(told, want) {
		t.Errorf("the record says %q, want %q", told, want)
	}
	if got := w.wave(1); got.GoBy != w.dario.Name+" for "+w.maya.Name || got.GoByID != w.dario.UserID {
		t.Errorf("%+v", got)
	}
}

func TestADelegateFallsWithTheLead(t *testing.T) {
	w := newWorld(t)
	another := dbtest.User(t, w.d, "mats", identity.ReleaseManager)
	w.must(w.delegate(1, w.maya, w.dario.UserID))
	e := w.wave(1).Edit()
	w.must(w.svc.EditWave(ctx, w.maya, w.key, 1, w.wave(1).Version, e)) // the same lead
	if w.wave(1).DelegateID == 0 {
		t.Fatal("an edit took the delegate away")
	}
	e.LeadID = another.UserID
	w.must(w.svc.EditWave(ctx, w.maya, w.key, 1, w.wave(1).Version, e))
	if w.wave(1).DelegateID != 0 {
		t.Error("another leads, and the delegate stayed")
	}
	w.must(w.delegate(1, another, w.dario.UserID))
	w.ready(1)
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Exec("DELETE FROM user_roles WHERE user_id = ?", another.UserID).Error
	})
	kindIs(t, w.svc.GiveGo(ctx, w.dario, w.key, 1, w.wave(1).Version, ""), fault.Forbidden) // the lead may not either
}

// A wave from before there were delegates has none.
func TestOlderWavesHaveNoDelegate(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 331); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		r := &release.Release{Key: "PAY-1", Title: "One", State: release.Ready, ServiceID: service.ID}
		if err := tx.Create(r); err != nil {
			return err
		}
		return tx.Gorm().Exec(`INSERT INTO waves (release_id, release_key, service_id, number, name, environment_key, state, lead_id, lead_name)
			VALUES (?, 'PAY-1', ?, 1, 'Pilot', 'prod', ?, 7, 'Maya')`, r.ID, service.ID, deploy.WaveReady).Error
	})
	if err == nil {
		err = d.Migrate(ctx)
	}
	if err == nil {
		err = d.View(ctx, func(tx *db.Tx) error {
			var w deploy.Wave
			err := tx.First(&w, "release_key = ?", "PAY-1")
			if w.LeadID != 7 || w.DelegateID != 0 || w.DelegateName != "" {
				t.Errorf("%+v", w)
			}
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}
