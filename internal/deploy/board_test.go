package deploy_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func (w *world) board(actor identity.Actor) *deploy.Board {
	w.t.Helper()
	b, err := w.svc.Board(ctx, actor, w.key)
	w.must(err)
	return b
}

func TestBoardExplainsTheNextWave(t *testing.T) {
	w := newWorld(t)
	b := w.board(w.maya)
	one, two := b.Waves[0], b.Waves[1]
	if !one.Next || two.Next || one.BlockersFor != "be ready" || len(one.Blockers) != 1 || one.Blockers[0].Code != "wave.staffed" || len(two.Blockers) != 0 {
		t.Errorf("planned: %+v", one)
	}
	if !one.Can.Edit || !one.Can.Ready || one.Can.Go || one.Can.MoveUp || !one.Can.MoveDown || !b.Can.AddWave || len(b.Digests) != 1 {
		t.Errorf("maya may %+v, %+v", one.Can, b.Can)
	}
	if can := w.board(w.stefan).Waves[0].Can; can != (deploy.WaveCan{}) {
		t.Errorf("a stakeholder may %+v", can)
	}
	w.ready(1)
	w.later(25 * time.Hour) // the window of the wave is over, the hash is old
	one = w.board(w.maya).Waves[0]
	if one.BlockersFor != "go" || len(one.Blockers) != 1 || one.Blockers[0].Code != "wave.window" || !one.Can.Go || !one.Can.NoGo {
		t.Errorf("ready: %+v", one.Blockers)
	}
}

func TestBoardOfARunningWave(t *testing.T) {
	w := newWorld(t, tolerant)
	w.run(1)
	w.must(w.fail(1, "bgo-2"))
	w.must(w.verify(1, "bgo-1", signed))
	w.must(w.svc.AskExclusion(ctx, w.maya, w.key, 1, "bgo-2", 0, "gone"))
	b := w.board(w.dario)
	one := b.Waves[0]
	if len(one.Failures) != 1 || one.Failures[0].TargetKey != "bgo-2" || len(one.Exclusions) != 1 || one.Needed() != 2 || one.Tolerated() != 3 || one.Steps.Total != 3 {
		t.Errorf("running: %+v", one)
	}
	if !one.Can.Pause || !one.Can.Report || one.Can.Go || !one.Can.Remediate || one.Can.Exclude {
		t.Errorf("dario may %+v", one.Can)
	}
	if b.Progress.Done != 1 || b.Progress.Failed != 1 || b.Progress.Active != 1 || b.Progress.Total != 5 {
		t.Errorf("progress %+v", b.Progress)
	}
	page, err := w.svc.WaveTargets(ctx, w.sofia, w.key, 1, deploy.TargetQuery{State: deploy.TargetFailed})
	if err != nil || len(page.Targets) != 1 || !page.Targets[0].CanConfirmExclusion || page.Targets[0].CanVerify {
		t.Errorf("sofia sees %+v, %v", page, err)
	}
	list, err := w.svc.Deployments(ctx, w.stefan)
	if err != nil || len(list) != 1 || list[0].Release.Key != w.key || len(list[0].Waves) != 2 || list[0].Progress.Done != 1 {
		t.Errorf("running now: %+v, %v", list, err)
	}
	w.set(&release.Release{}, "restricted", true)
	if list, _ := w.svc.Deployments(ctx, w.stefan); len(list) != 0 {
		t.Error("a stakeholder sees a restricted deployment")
	}
	d, err := w.svc.TargetDetail(ctx, w.maya, "bgo-1")
	if err != nil || len(d.History) != 1 || d.History[0].ReleaseKey != w.key || d.Environment.Key != "production" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestRunSheetSaysHowLateItIs(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.later(12 * time.Minute)
	w.sign(1, 1)
	sheet, err := w.svc.RunSheet(ctx, w.dario, w.key, 1)
	w.must(err)
	if sheet.Late != 7 || sheet.Wave.Steps.Settled != 1 || sheet.Wave.Steps.Total != 3 || len(sheet.Steps) != 4 || len(sheet.Targets.Targets) != 2 {
		t.Errorf("late %d, %+v", sheet.Late, sheet.Wave.Steps)
	}
}

// A fleet is staged, started and verified in set-based statements, and its
// board is drawn with few.
func TestFleet(t *testing.T) {
	w := newWorld(t, func(_ *release.Release, b *policy.Body) { b.Waves[0].Filter = "tag=fleet" })
	var lines strings.Builder
	const fleet = 3000
	for i := range fleet {
		lines.WriteString(ids(i) + ", , fleet\n")
	}
	n, err := w.svc.ImportTargets(ctx, w.maya, "production", lines.String())
	if err != nil || n != fleet {
		t.Fatalf("%d, %v", n, err)
	}
	w.staff(1)
	counting, count := db.CountStatements(ctx)
	w.must(w.svc.ReadyWave(counting, w.maya, w.key, 1, w.wave(1).Version))
	w.must(w.goFor(1))
	w.must(w.svc.StartWave(counting, w.dario, w.key, 1, w.wave(1).Version))
	w.sign(1, 1, 2, 3)
	done, err := w.svc.ReportAllVerified(counting, w.dario, w.key, 1, deploy.Report{Digest: signed, Evidence: "inventory"})
	if err != nil || done != fleet {
		t.Fatalf("%d, %v", done, err)
	}
	w.stands(1, deploy.WaveComplete)
	if count.Load() > 150 {
		t.Errorf("%d statements for a fleet of %d", count.Load(), fleet)
	}
	count.Store(0)
	if _, err := w.svc.Board(counting, w.maya, w.key); err != nil || count.Load() > 40 {
		t.Errorf("%d statements draw the board, %v", count.Load(), err)
	}
}
