package deploy_test

import (
	"context"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
)

// crowd adds many targets to production by one statement.
func (w *world) crowd(n int) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Exec(`INSERT INTO targets (target_key, name, environment_id, environment_key, attributes, facets, installed_digest, installed_version, installed_release, version, created_at, updated_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			SELECT 'm-' || i, 'Meter ' || i, e.id, 'production', 'site=Field', '|key=m-' || i || '|key<|site=field|', ?, '1.0', 'PAY-2026.10.1', 1, ?, ?
			FROM n, environments e WHERE e.environment_key = 'production'`, n, former, tx.Now, tx.Now).Error
	})
}

// counts gives how many SQL statements a deed takes.
func (w *world) counts(what string, deed func(context.Context) error) int64 {
	w.t.Helper()
	counting, n := db.CountStatements(ctx)
	begun := time.Now()
	if err := deed(counting); err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
	w.t.Logf("%-28s %4d statements, %v", what, n.Load(), time.Since(begun).Round(time.Millisecond))
	return n.Load()
}

// lives takes a wave through its life, and gives the statements of each deed.
func (w *world) lives(n int64) map[string]int64 {
	w.t.Helper()
	took := map[string]int64{}
	as := func(what string, deed func(context.Context) error) { took[what] = w.counts(what, deed) }
	w.staff(n)
	as("ready", func(c context.Context) error { return w.svc.ReadyWave(c, w.maya, w.key, n, w.wave(n).Version) })
	as("go", func(c context.Context) error { return w.svc.GiveGo(c, w.maya, w.key, n, w.wave(n).Version, "") })
	as("start", func(c context.Context) error { return w.svc.StartWave(c, w.dario, w.key, n, w.wave(n).Version) })
	as("board", func(c context.Context) error { _, err := w.svc.Board(c, w.maya, w.key); return err })
	as("run sheet", func(c context.Context) error { _, err := w.svc.RunSheet(c, w.dario, w.key, n); return err })
	as("targets", func(c context.Context) error {
		_, err := w.svc.WaveTargets(c, w.maya, w.key, n, deploy.TargetQuery{Text: "gen"})
		return err
	})
	as("pause", func(c context.Context) error { return w.svc.PauseWave(c, w.dario, w.key, n, "look") })
	as("resume", func(c context.Context) error { return w.svc.ResumeWave(c, w.dario, w.key, n, "seen") })
	as("one failed", func(c context.Context) error {
		return w.svc.ReportFailed(c, w.dario, w.key, n, "bgo-1", 0, "does not answer")
	})
	as("one again", func(c context.Context) error { return w.svc.RetryTarget(c, w.dario, w.key, n, "bgo-1", 0) })
	w.sign(n, 1, 2)
	as("all verified", func(c context.Context) error {
		_, err := w.svc.ReportAllVerified(c, w.dario, w.key, n, deploy.Report{Digest: signed, Evidence: "sha256sum on each"})
		return err
	})
	w.sign(n, 3)
	w.stands(n, deploy.WaveComplete)
	return took
}

// TestAWaveOfManyTargetsTakesAsManyStatementsAsOneOfFew holds every deed on a
// wave to statements over sets: twenty thousand targets take no more than thirty.
func TestAWaveOfManyTargetsTakesAsManyStatementsAsOneOfFew(t *testing.T) {
	if testing.Short() {
		t.Skip("twenty thousand targets")
	}
	few, many := newWorld(t), newWorld(t)
	few.crowd(30)
	many.crowd(20_000)
	var took [2]map[string]int64
	for i, w := range []*world{few, many} {
		w.run(1)
		w.complete(1)
		w.later(25 * time.Hour)
		took[i] = w.lives(2)
	}
	if got := many.wave(2).Verified; got != 20_003 {
		t.Errorf("%d targets are verified", got)
	}
	for what, n := range took[0] {
		if took[1][what] > n {
			t.Errorf("%s takes %d statements with many targets, %d with few", what, took[1][what], n)
		}
	}
}
