package deploy_test

import (
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// entitle signs off a part of a licence for the release of the world.
func (w *world) entitle(entitled, quantity int64) func(held, installed int64) {
	w.t.Helper()
	cora := dbtest.User(w.t, w.d, "cora", identity.DMLCustodian)
	w.must(w.media.SaveLicence(ctx, cora, 0, dml.Licence{Key: "ENT-1", Name: "Field licence", Metric: dml.PerDevice, Entitled: entitled}))
	w.in(func(tx *db.Tx) error {
		return w.media.Reserve(tx, w.maya, dml.Reservation{LicenceKey: "ENT-1", ReleaseKey: w.key, Quantity: quantity})
	})
	w.media.UsePlaces(w.svc)
	return func(held, installed int64) {
		w.t.Helper()
		v, err := w.media.LicenceDetail(ctx, cora, "ENT-1")
		w.must(err)
		if v.Held != held || v.Installed != installed {
			w.t.Fatalf("%d are held and %d in use, want %d and %d", v.Held, v.Installed, held, installed)
		}
	}
}

func TestEachVerifiedTargetConsumesALicence(t *testing.T) {
	w := newWorld(t)
	sums := w.entitle(9, 5)
	w.run(1)
	sums(5, 0)
	w.sign(1, 1, 2)
	w.must(w.verify(1, "osl-1", signed))
	sums(5, 1)
	w.must(w.fail(1, "osl-2"))
	w.must(w.svc.AskExclusion(ctx, w.maya, w.key, 1, "osl-2", 0, "burnt"))
	sums(5, 1)
	w.must(w.svc.ConfirmExclusion(ctx, w.sofia, w.key, 1, "osl-2", 0, true))
	sums(4, 1)
	w.must(w.svc.RetireTarget(ctx, w.maya, "osl-1", w.installed("osl-1").Version, true, "scrapped"))
	sums(3, 0)
	w.must(w.svc.RetireTarget(ctx, w.maya, "osl-1", w.installed("osl-1").Version, false, ""))
	sums(4, 1)
}

func TestNoGoForMoreTargetsThanLicences(t *testing.T) {
	w := newWorld(t)
	w.entitle(9, 1)
	w.ready(1)
	refused(t, w.goFor(1), "licence.seats")
}

func TestWhereAReleaseIsDeployed(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.complete(1)
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		list, err := w.svc.Spots(tx, []string{w.key, "PAY-2026.10.1"})
		if err == nil && (len(list) != 2 || list[1] != dml.Spot{ReleaseKey: w.key, EnvironmentKey: "production", EnvironmentName: "Production", Targets: 2} || list[0].Targets != 3) {
			t.Errorf("%+v", list)
		}
		return err
	}))
	for _, actor := range []identity.Actor{w.maya, w.stefan} {
		w.must(w.d.View(ctx, func(tx *db.Tx) error {
			seen, err := w.svc.Sees(tx, actor, w.key)
			if !seen {
				t.Errorf("%s does not see the release", actor.Name)
			}
			return err
		}))
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		seen, err := w.svc.Sees(tx, w.maya, "NONE")
		if seen {
			t.Error("a release that is not there is seen")
		}
		return err
	}))
}

// before makes the release that ran on every target a deployed one, with a part
// of the licence for each of them.
func (w *world) before() {
	w.t.Helper()
	const former = "PAY-2026.10.1"
	w.in(func(tx *db.Tx) error {
		now, err := w.releases.FindIn(tx, w.maya, w.key)
		if err != nil {
			return err
		}
		r := &release.Release{Key: former, Title: "Before", State: release.EarlyLife, ServiceID: now.ServiceID, ServiceKey: "PAY", Type: release.Minor}
		if err := tx.Create(r); err != nil {
			return err
		}
		wave := &deploy.Wave{ReleaseID: r.ID, ReleaseKey: former, Number: 1, Name: "All", State: deploy.WaveComplete}
		if err := tx.Create(wave); err != nil {
			return err
		}
		var targets []deploy.Target
		if err := tx.Find(&targets, "id > 0"); err != nil {
			return err
		}
		for _, t := range targets {
			if err := tx.Create(&deploy.WaveTarget{WaveID: wave.ID, ReleaseID: r.ID, TargetID: t.ID, TargetKey: t.Key, State: deploy.TargetVerified}); err != nil {
				return err
			}
		}
		if err := w.media.Reserve(tx, w.maya, dml.Reservation{LicenceKey: "ENT-1", ReleaseKey: former, Quantity: 5}); err != nil {
			return err
		}
		return w.media.Seat(tx, w.maya, former, dml.Seats{Installed: 5})
	})
}

// An upgrade on the same targets takes over the seats of the release before it,
// planned, half done and done.
func TestAnUpgradeTakesNoSecondSeat(t *testing.T) {
	w := newWorld(t)
	cora := dbtest.User(t, w.d, "cora", identity.DMLCustodian)
	w.must(w.media.SaveLicence(ctx, cora, 0, dml.Licence{Key: "ENT-1", Name: "Field licence", Metric: dml.PerDevice, Entitled: 5}))
	w.media.UsePlaces(w.svc)
	w.before()
	reserve := func(key string, n int64) error {
		return w.d.InTx(ctx, func(tx *db.Tx) error {
			return w.media.Reserve(tx, w.maya, dml.Reservation{LicenceKey: "ENT-1", ReleaseKey: key, Quantity: n})
		})
	}
	sums := func(held, installed, inherited int64) {
		t.Helper()
		v, err := w.media.LicenceDetail(ctx, cora, "ENT-1")
		w.must(err)
		if v.Held != held || v.Installed != installed || v.Inherits[w.key] != inherited {
			t.Fatalf("%d are held, %d in use and %v taken over, want %d, %d and %d", v.Held, v.Installed, v.Inherits, held, installed, inherited)
		}
	}
	sums(5, 5, 0)
	refused(t, reserve(w.key, 6), "licence.short") // the sixth is on no target yet
	w.must(reserve(w.key, 5))
	sums(5, 5, 5)
	refused(t, reserve("PAY-2027.1", 1), "licence.short")

	w.run(1)
	sums(5, 5, 5)
	w.sign(1, 1, 2)
	w.must(w.verify(1, "osl-1", signed))
	sums(5, 5, 4)
	w.must(w.fail(1, "osl-2"))
	w.must(w.svc.AskExclusion(ctx, w.maya, w.key, 1, "osl-2", 0, "burnt"))
	w.must(w.svc.ConfirmExclusion(ctx, w.sofia, w.key, 1, "osl-2", 0, true))
	sums(5, 5, 3) // it still runs what it ran before
	refused(t, reserve("PAY-2027.1", 1), "licence.short")
}
