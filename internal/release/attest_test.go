package release_test

import (
	"strings"
	"testing"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// rehearsed is an adjustment: a criterion of the policy's own at A2.
func rehearsed(r *policy.Rules) {
	stage := r.Stages["A2"]
	stage.Exit = []policy.CriterionRule{{Code: "A2.budget", Text: "The budget covers the plan", Role: identity.ServiceOwner}}
	r.Stages["A2"] = stage
}

// TestWhatWasConfirmedHoldsForThePlan holds that a word at the gates that hang
// on the plan falls with its version, and says with which.
func TestWhatWasConfirmedHoldsForThePlan(t *testing.T) {
	w := newWorld(t, rehearsed)
	key := w.created(release.Planning)
	w.revise(key, 1)
	w.must(w.svc.Attest(ctx, w.sofia, key, release.A2, "A2.budget", "Looked at the sheet."))
	if f := w.finding(key, release.A2, "A2.budget"); f.State != release.Met {
		t.Fatalf("%+v", f)
	}
	w.revise(key, 1) // nothing differs
	if f := w.finding(key, release.A2, "A2.budget"); f.State != release.Met {
		t.Fatalf("%+v", f)
	}
	w.revise(key, 2)
	f := w.finding(key, release.A2, "A2.budget")
	if !f.Blocks() || !strings.Contains(f.Detail, "confirmed it for plan v1, which is now v2") || f.Owner == "" || f.Link == "" {
		t.Errorf("%+v", f)
	}
	refused(t, w.approves(w.chen, key, release.A2), "A2.budget")
	sheet, err := w.svc.Gate(ctx, w.chen, key, release.A2)
	w.must(err)
	if got := sheet.FormerPlans(); sheet.Lapsed["A2.budget"] != 1 || len(got) != 1 || got[0] != 1 {
		t.Errorf("lapsed %v, former plans %v", sheet.Lapsed, got)
	}
	w.must(w.svc.Attest(ctx, w.sofia, key, release.A2, "A2.budget", "The new one too."))
	kindIs(t, w.svc.Attest(ctx, w.sofia, key, release.A2, "A2.budget", "Again."), fault.Conflict)
	w.approve(key, release.A2, w.chen)
	if sheet, err = w.svc.Gate(ctx, w.chen, key, release.A2); err != nil || len(sheet.FormerPlans()) > 0 {
		t.Errorf("%v, %v", sheet.FormerPlans(), err)
	}
}

// TestEachWordFallsWithItsSubject goes through every gate: A2 hangs on the plan,
// A3 on the package, A4 on both.
func TestEachWordFallsWithItsSubject(t *testing.T) {
	for code, want := range map[release.GateCode][2]bool{release.A2: {false, true}, release.A3: {true, false}, release.A4: {false, false}, release.A5: {true, true}} {
		t.Run(string(code), func(t *testing.T) { wordsFall(t, code, want) })
	}
}

// wordsFall says whether a word at a gate holds once the plan, and once the
// package, changed.
func wordsFall(t *testing.T, code release.GateCode, want [2]bool) {
	own := string(code) + ".own"
	w := newWorld(t, func(r *policy.Rules) {
		for _, at := range release.GateCodes() {
			stage := r.Stages[string(at)]
			stage.Entry, stage.Exit = nil, nil
			if at == code {
				stage.Exit = []policy.CriterionRule{{Code: own, Text: "It is so", Role: identity.ServiceOwner}}
			}
			r.Stages[string(at)] = stage
		}
	})
	key := w.created(release.Planning)
	for i, change := range []map[string]any{{"plan_version": 7}, {"package_digest": "sha256:" + strings.Repeat("7", 64)}} {
		w.must(w.svc.Attest(ctx, w.sofia, key, code, own, "It is."))
		w.in(func(tx *db.Tx) error {
			return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", key).Updates(change).Error
		})
		if f := w.finding(key, code, own); (f.State == release.Met) != want[i] {
			t.Errorf("after %v: %+v", change, f)
		}
		w.in(func(tx *db.Tx) error { return tx.Gorm().Where("1 = 1").Delete(&release.Attestation{}).Error })
	}
}

// A word from before words hung on the plan holds for what its gate was decided
// on or, where it was not opened, for the release's plan.
func TestOlderWordsHoldForThePlanOfTheirGate(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 330); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		r := &release.Release{Key: "PAY-1", Title: "One", State: release.Ready, ServiceID: service.ID, PlanVersion: 4}
		if err := tx.Create(r); err != nil {
			return err
		}
		for code, row := range map[string]struct {
			state release.GateState
			plan  int
		}{"A2": {release.GateVoided, 3}, "A3": {release.GateApproved, 3}, "A4": {release.GatePending, 0}} {
			if err := tx.Gorm().Exec("INSERT INTO gates (release_id, code, state, plan_version) VALUES (?, ?, ?, ?)", r.ID, code, row.state, row.plan).Error; err != nil {
				return err
			}
			if err := tx.Gorm().Exec("INSERT INTO attestations (release_id, gate, criterion, evidence, by_id, by_name) VALUES (?, ?, ?, 'seen', 1, 'Omar')", r.ID, code, code+".own").Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		var list []release.Attestation
		err := tx.Gorm().Order("gate").Find(&list).Error
		if err != nil || len(list) != 3 || list[0].PlanVersion != 3 || list[1].PlanVersion != 0 || list[2].PlanVersion != 4 {
			t.Errorf("%+v", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
