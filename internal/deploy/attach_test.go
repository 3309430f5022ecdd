package deploy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// attach puts a file with the words to a step of the first wave.
func (w *world) attach(actor identity.Actor, number int64, name, words string) error {
	a, err := w.svc.AttachToStep(ctx, actor, w.key, 1, number, name, strings.NewReader(words))
	if err == nil && (a.FileName != name || a.Digest != blob.Of([]byte(words)) || a.ByID != actor.UserID) {
		w.t.Errorf("%s is kept as %+v", name, a)
	}
	return err
}

// entry gives the last entry of the record that says the words.
func (w *world) entry(words string) audit.Logged {
	w.t.Helper()
	var list []audit.Logged
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Where("sentence LIKE ?", "%"+words+"%").Order("seq DESC").Limit(1).Find(&list).Error
	}))
	if len(list) == 0 {
		w.t.Fatalf("the record does not say %q", words)
	}
	return list[0]
}

func TestWhoMayAttachToAStep(t *testing.T) {
	w := newWorld(t)
	refused(t, w.attach(w.dario, 1, "early.log", "too early"), "wave.live")
	w.run(1)
	refused(t, w.attach(w.dario, 1, "early.log", "not claimed"), "step.rule")
	w.claim(1, 1)
	for name, try := range map[string]struct {
		actor identity.Actor
		kind  fault.Kind
	}{
		"nobody's role":     {w.stefan, fault.Forbidden},
		"a machine":         {w.machine, fault.Forbidden},
		"the manager":       {w.maya, fault.Forbidden},
		"somebody else":     {w.dina, fault.Refused},
		"whoever waits":     {w.elin, fault.Forbidden},
		"the service owner": {w.sofia, fault.Forbidden},
	} {
		if err := w.attach(try.actor, 1, "a.log", "by "+name); fault.KindOf(err) != try.kind || err == nil {
			t.Errorf("%s: %v, want %v", name, err, try.kind)
		}
	}
	w.must(w.attach(w.dario, 1, "drained.log", "no connections"))
	field(t, w.attach(w.dario, 1, "empty.log", ""), dml.FilesField)
	if n := len(w.step(1, 1).Files); n != 1 {
		t.Errorf("%d files, want the one that was taken", n)
	}
}

func TestSigningNamesWhatWasAttached(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.claim(1, 1)
	version := w.step(1, 1).Version
	w.must(w.attach(w.dario, 1, "drained.log", "no connections"))
	w.must(w.attach(w.dario, 1, "drained.log", "no connections")) // a second tap
	w.must(w.attach(w.dario, 1, "screen.txt", "all green"))
	told := w.entry("attached drained.log to Wave 1, Pilot, step 1")
	if want := blob.Of([]byte("no connections")).String() + " drained.log 14 bytes"; told.Detail != want || told.ReleaseKey != w.key || w.audited("attached drained.log") != 1 {
		t.Errorf("attaching is told %d times as %+v", w.audited("attached drained.log"), told)
	}
	w.must(w.svc.SignStep(ctx, w.dario, w.key, 1, 1, version, "drained")) // what was attached makes no newer version
	lines := strings.Split(w.entry("signed Step 1").Detail, "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[1], blob.Of([]byte("all green")).String()) {
		t.Errorf("signing names %q", lines)
	}
	refused(t, w.attach(w.dario, 1, "late.log", "after the fact"), "step.rule")

	w.sign(1, 2)
	w.claim(1, 3)
	w.must(w.attach(w.dario, 3, "digests.txt", "as signed"))
	w.must(w.svc.SignStep(ctx, w.dario, w.key, 1, 3, w.step(1, 3).Version, "read the digests"))
	refused(t, w.attach(w.dario, 3, "late.log", "after the fact"), "step.rule")
	kindIs(t, w.attach(w.stefan, 3, "x.log", "x"), fault.Forbidden)
	w.must(w.attach(w.dina, 3, "witness.txt", "seen"))
	w.must(w.svc.WitnessStep(ctx, w.dina, w.key, 1, 3, w.step(1, 3).Version, "seen"))
	if detail := w.entry("witnessed Step 3").Detail; !strings.HasSuffix(detail, "witness.txt 4 bytes") || strings.Contains(detail, "digests.txt") {
		t.Errorf("the witness vouches for %q", detail)
	}
	files := w.step(1, 3).Files
	if len(files) != 2 || files[0].ByName != w.dario.Name || files[0].About != "Wave 1, Pilot, step 3, "+w.step(1, 3).Title {
		t.Errorf("%+v", files)
	}
}

func TestWhatWasAttachedStaysWhenAStepIsTakenAgain(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.claim(1, 1)
	w.must(w.attach(w.dario, 1, "full.log", "the disk is full"))
	w.must(w.svc.FailStep(ctx, w.dario, w.key, 1, 1, w.step(1, 1).Version, "no room"))
	if detail := w.entry("Step 1").Detail; !strings.Contains(detail, "full.log") {
		t.Errorf("the failure names %q", detail)
	}
	w.later(time.Minute)
	w.must(w.svc.RetryStep(ctx, w.dario, w.key, 1, 1, w.step(1, 1).Version, "there is room"))
	w.claim(1, 1)
	w.must(w.attach(w.dario, 1, "room.log", "half free"))
	w.must(w.svc.SignStep(ctx, w.dario, w.key, 1, 1, w.step(1, 1).Version, "drained"))
	if detail := w.entry("signed Step 1").Detail; strings.Contains(detail, "full.log") || !strings.Contains(detail, "room.log") {
		t.Errorf("the second attempt vouches for %q", detail)
	}
	if files := w.step(1, 1).Files; len(files) != 2 || files[0].FileName != "full.log" {
		t.Errorf("%+v", files)
	}
}

func TestAStepKeepsSoManyFiles(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.claim(1, 1)
	for i := range dml.MaxFiles {
		w.must(w.attach(w.dario, 1, fmt.Sprintf("%d.log", i), fmt.Sprint("line ", i)))
	}
	err := w.attach(w.dario, 1, "more.log", "one more")
	field(t, err, dml.FilesField)
	if n := len(w.step(1, 1).Files); n != dml.MaxFiles {
		t.Errorf("%d files", n)
	}
}

func TestARestrictedReleasesFilesAreOutOfSight(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.claim(1, 1)
	w.must(w.attach(w.dario, 1, "plans.log", "who knows"))
	id := w.step(1, 1).Files[0].ID
	open := func(actor identity.Actor, key string, id int64) error {
		_, body, err := w.releases.Attachment(ctx, actor, key, id)
		if err == nil {
			err = body.Close()
		}
		return err
	}
	w.must(open(w.stefan, w.key, id))
	kindIs(t, open(w.stefan, w.key, id+1), fault.NotFound)
	kindIs(t, open(w.stefan, "PAY-1", id), fault.NotFound)
	w.set(&release.Release{}, "restricted", true)
	kindIs(t, open(w.stefan, w.key, id), fault.NotFound)
	w.must(open(w.dario, w.key, id))
}
