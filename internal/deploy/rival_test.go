package deploy_test

import (
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/release"
)

// freeze forbids deployments now.
func (w *world) freeze() {
	w.t.Helper()
	_, err := w.change.AddFreeze(ctx, w.chen, change.Freeze{Title: "Black Friday", Reason: "sales", StartsAt: db.At(dbtest.Start), StopsAt: db.At(dbtest.Start.Add(48 * time.Hour)),
		Zone: "Europe/Oslo", Recurrence: change.Once})
	w.must(err)
}

// rival is another release that works on osl-1 now.
func (w *world) rival() {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		r := *w.release()
		r.Row, r.Key, r.State, r.ChangeKey = db.Row{}, "PAY-2026.11.3", release.Deploying, ""
		if err := tx.Create(&r); err != nil {
			return err
		}
		wave := &deploy.Wave{ReleaseID: r.ID, ReleaseKey: r.Key, Number: 1, Name: "All", State: deploy.WaveRunning, EnvironmentKey: "production"}
		if err := tx.Create(wave); err != nil {
			return err
		}
		var t deploy.Target
		if err := tx.First(&t, "target_key = ?", "osl-1"); err != nil {
			return err
		}
		return tx.Create(&deploy.WaveTarget{WaveID: wave.ID, ReleaseID: r.ID, TargetID: t.ID, TargetKey: t.Key, TargetName: t.Name, Delivery: "push", State: deploy.TargetDeploying, Touched: true})
	})
}
