package dml

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

type library struct {
	*Service
	t           *testing.T
	root        string
	bruno, cora identity.Actor
}

func newLibrary(t *testing.T, options ...Option) library {
	t.Helper()
	root := t.TempDir()
	store, err := blob.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.New(t)
	return library{New(d, store, options...), t, root, dbtest.User(t, d, "bruno", identity.BuildManager), dbtest.User(t, d, "cora", identity.DMLCustodian)}
}

func submission(label string) Submission {
	return Submission{ItemKey: "payments-api/server", ItemName: "Payments server", Kind: Software, Label: label, FileName: "server.tar.gz"}
}

func (l library) receive(actor identity.Actor, label, content string) *Version {
	l.t.Helper()
	v, err := l.Receive(context.Background(), actor, submission(label), strings.NewReader(content))
	if err != nil {
		l.t.Fatal(err)
	}
	return v
}

func (l library) accepted(label, content string) *Version {
	l.t.Helper()
	v := l.receive(l.bruno, label, content)
	if err := l.Accept(context.Background(), l.cora, v.ID, v.Row.Version, Decision{ChangeKey: "CHG-1"}); err != nil {
		l.t.Fatal(err)
	}
	return l.get(v.ID)
}

func (l library) get(id int64) (v *Version) {
	l.t.Helper()
	if err := l.db.View(context.Background(), func(tx *db.Tx) (err error) { v, err = l.VersionByID(tx, id); return err }); err != nil {
		l.t.Fatal(err)
	}
	return v
}

func (l library) blobs() (n int) {
	l.t.Helper()
	if err := l.Service.blobs.Walk(context.Background(), "", func(blob.Info) error { n++; return nil }); err != nil {
		l.t.Fatal(err)
	}
	return n
}

func (l library) damage(v *Version) {
	l.t.Helper()
	path := filepath.Join(l.root, "sha256", v.Digest.Hex()[:2], v.Digest.Hex())
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("rotten"), 0o600)); err != nil {
		l.t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind fault.Kind, words string) {
	t.Helper()
	if fault.KindOf(err) != kind || err == nil || !strings.Contains(err.Error(), words) {
		t.Fatalf("want %v with %q, got %v", kind, words, err)
	}
}

func TestFromSubmissionToAcceptance(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.receive(l.bruno, "1.4.0", "the program")
	if v.State != Checking || v.Digest != blob.Of([]byte("the program")) || v.Size != 11 || v.ChecksMet != 5 || v.ChecksUnknown != 3 || v.ChecksUnmet != 0 {
		t.Fatalf("%+v", v)
	}
	// Build managers hold no right to decide; a custodian holds it, but not upon an own submission.
	wantKind(t, l.Accept(ctx, l.bruno, v.ID, v.Row.Version, Decision{}), fault.Forbidden, "DML custodian")
	own := l.receive(l.cora, "1.4.1", "cora's own")
	wantKind(t, l.Accept(ctx, l.cora, own.ID, own.Row.Version, Decision{}), fault.Refused, "another custodian")
	wantKind(t, l.Reject(ctx, l.cora, own.ID, own.Row.Version, Decision{Note: "no"}), fault.Refused, "another custodian")
	machine := identity.Actor{UserID: 99, Name: "robot", Kind: identity.Machine, Scopes: []string{"dml:write"}, Grants: l.cora.Grants}
	wantKind(t, l.Accept(ctx, machine, v.ID, v.Row.Version, Decision{}), fault.Forbidden, "")
	wantKind(t, l.Accept(ctx, identity.System("clock"), v.ID, v.Row.Version, Decision{}), fault.Forbidden, "")
	// A stale form changes nothing.
	wantKind(t, l.Accept(ctx, l.cora, v.ID, v.Row.Version-1, Decision{}), fault.Conflict, "Somebody else")
	if err := l.Accept(ctx, l.cora, v.ID, v.Row.Version, Decision{ChangeKey: "CHG-7", Note: "as built"}); err != nil {
		t.Fatal(err)
	}
	v = l.get(v.ID)
	if v.State != Accepted || v.DeciderID != l.cora.UserID || v.ChangeKey != "CHG-7" || !v.Deployable() {
		t.Fatalf("%+v", v)
	}
	wantKind(t, l.Accept(ctx, l.cora, v.ID, v.Row.Version, Decision{}), fault.Refused, "is accepted")
	if n, err := l.Waiting(ctx); err != nil || n != 1 { // cora's own
		t.Fatal(n, err)
	}
	l.recorded(v.Ref(), "media.accept", "media.check", "media.submit")
}

// recorded asserts what the audit record holds of a version, newest first.
func (l library) recorded(ref string, actions ...string) {
	l.t.Helper()
	var entries []audit.Logged
	err := l.db.View(context.Background(), func(tx *db.Tx) (err error) {
		entries, err = audit.ForRecord(tx, "media", ref, 0, 100)
		return err
	})
	if err != nil || len(entries) != len(actions) {
		l.t.Fatal(entries, err)
	}
	for i, e := range entries {
		if e.Action != actions[i] {
			l.t.Errorf("entry %d is %s, not %s", i, e.Action, actions[i])
		}
	}
}

// The job that follows a submission does nothing once the checks have run, and
// runs them where a crash came between.
func TestChecksSurviveACrash(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	runner := jobs.NewRunner(l.db, slog.New(slog.DiscardHandler))
	l.Jobs(runner)
	v := l.receive(l.bruno, "1", "x")
	if err := l.do(func(tx *db.Tx) error { // as if the process had died before the checks
		sub := submission("2")
		sub.MediaType = v.MediaType
		_, _, err := enter(tx, l.bruno, sub, blob.Info{Digest: v.Digest, Size: v.Size}, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, 3*time.Minute)
	for {
		worked, err := runner.Step(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			break
		}
	}
	queue, err := l.Queue(ctx, l.cora, 10)
	if err != nil || len(queue) != 2 || queue[1].State != Checking || queue[1].ChecksMet != 5 || !queue[1].MayDecide {
		t.Fatalf("%+v %v", queue, err)
	}
	l.recorded(v.Ref(), "media.check", "media.submit")
}

// The scrub goes on by itself, once however often it is scheduled.
func TestScrubSchedulesItself(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	runner := jobs.NewRunner(l.db, slog.New(slog.DiscardHandler))
	l.Jobs(runner)
	bad := l.accepted("1", "bad")
	l.damage(bad)
	for range 3 {
		if err := l.Schedule(ctx); err != nil {
			t.Fatal(err)
		}
	}
	dbtest.Advance(l.db, 31*24*time.Hour)
	ran := 0
	for {
		worked, err := runner.Step(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			break
		}
		ran++
	}
	if ran != 5 { // the check of the submission, one scrub, one collection, and the holds brought in step at the start and by the collection
		t.Fatalf("%d jobs ran", ran)
	}
	if l.get(bad.ID).State != Suspect {
		t.Fatal("the scheduled scrub did not find it")
	}
	dbtest.Advance(l.db, scrubEvery)
	if worked, err := runner.Step(ctx); err != nil || !worked {
		t.Fatal("the scrub did not come again", err)
	}
}

func TestAcceptInsideAnothersTransaction(t *testing.T) {
	l := newLibrary(t)
	v := l.receive(l.bruno, "1", "x")
	boom := errors.New("the gate refused")
	err := l.db.InTx(context.Background(), func(tx *db.Tx) error {
		if err := l.AcceptIn(tx, l.cora, v.ID, "CHG-1", ""); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) || l.get(v.ID).State != Checking {
		t.Fatalf("acceptance outlived its transaction: %v", err)
	}
}

func TestAVersionIsNeverReplaced(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	first := l.receive(l.bruno, "1.0", "same bytes")
	if again := l.receive(l.bruno, "1.0", "same bytes"); again.ID != first.ID {
		t.Fatal("the same bytes made a second version")
	}
	_, err := l.Receive(ctx, l.bruno, submission("1.0"), strings.NewReader("other bytes"))
	wantKind(t, err, fault.Refused, "holds other bytes")
	if err := l.Reject(ctx, l.cora, first.ID, first.Row.Version, Decision{}); fault.KindOf(err) != fault.Invalid {
		t.Fatalf("rejected without a reason: %v", err)
	}
	if err := l.Reject(ctx, l.cora, first.ID, first.Row.Version, Decision{Note: "wrong branch."}); err != nil {
		t.Fatal(err)
	}
	_, err = l.Receive(ctx, l.bruno, submission("1.0"), strings.NewReader("same bytes"))
	wantKind(t, err, fault.Refused, "wrong branch")
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	l := newLibrary(t, WithMaxSize(1000))
	ctx := context.Background()
	for name, c := range map[string]struct {
		change func(*Submission)
		body   io.Reader
		actor  identity.Actor
		kind   fault.Kind
	}{
		"digest mismatch":  {func(s *Submission) { s.Declared = blob.Of([]byte("good")) }, strings.NewReader("evil"), l.bruno, fault.Invalid},
		"no digest at all": {func(s *Submission) { s.Declared = "sha256:nonsense" }, strings.NewReader("x"), l.bruno, fault.Invalid},
		"truncated body":   {nil, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF)), l.bruno, fault.Invalid},
		"shorter":          {func(s *Submission) { s.Size = 10 }, strings.NewReader("short"), l.bruno, fault.Invalid},
		"longer":           {func(s *Submission) { s.Size = 2 }, strings.NewReader("long"), l.bruno, fault.Invalid},
		"broken body":      {nil, iotest.ErrReader(errors.New("connection reset")), l.bruno, fault.Internal},
		"empty":            {nil, strings.NewReader(""), l.bruno, fault.Invalid},
		"too large":        {nil, strings.NewReader(strings.Repeat("x", 1001)), l.bruno, fault.TooLarge},
		"hostile key":      {func(s *Submission) { s.ItemKey = "../../etc" }, strings.NewReader("x"), l.bruno, fault.Invalid},
		"hostile name":     {func(s *Submission) { s.FileName = "../../etc/passwd" }, strings.NewReader("x"), l.bruno, fault.Invalid},
		"hostile label":    {func(s *Submission) { s.Label = "1\r\nX: y" }, strings.NewReader("x"), l.bruno, fault.Invalid},
		"no supplier":      {func(s *Submission) { s.Provenance = Procured }, strings.NewReader("x"), l.bruno, fault.Invalid},
		"nobody's right":   {nil, strings.NewReader("x"), identity.Actor{UserID: 5, Kind: identity.PersonKind}, fault.Forbidden},
		"read-only token":  {nil, strings.NewReader("x"), identity.Actor{UserID: 5, Kind: identity.Machine, Scopes: []string{"dml:read"}}, fault.Forbidden},
	} {
		sub := submission("1.0")
		if c.change != nil {
			c.change(&sub)
		}
		if _, err := l.Receive(ctx, c.actor, sub, c.body); fault.KindOf(err) != c.kind || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := l.blobs(); n != 0 {
			t.Fatalf("%s left %d blobs", name, n)
		}
	}
	page, err := l.List(ctx, l.cora, Filter{})
	if err != nil || page.Matching != 0 {
		t.Fatalf("%+v %v", page, err)
	}
	if n, err := l.Service.blobs.Sweep(ctx, -time.Hour); err != nil || n != 0 {
		t.Fatalf("%d temporary files stayed, %v", n, err)
	}
}

func TestUnmetChecksBlock(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	sub := submission("1")
	sub.MediaType, sub.Provenance, sub.Supplier, sub.Licence = "application/pdf", Procured, "Kvarn", "Beerware-9"
	v, err := l.Receive(ctx, l.bruno, sub, strings.NewReader("<html><script>alert(1)</script>"))
	if err != nil {
		t.Fatal(err)
	}
	err = l.Accept(ctx, l.cora, v.ID, v.Row.Version, Decision{})
	wantKind(t, err, fault.Refused, "browser could run")
	if f, _ := fault.As(err); len(f.Blockers) != 2 {
		t.Fatalf("not every reason is named: %v", f.Blockers)
	}
	// The licence can be mended on the item; the checks then run again.
	d, err := l.Detail(ctx, l.cora, v.ItemKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.EditItem(ctx, l.cora, v.ItemKey, d.Item.Row.Version, ItemEdit{Name: "Server", Provenance: Procured, Supplier: "Kvarn", Licence: "MIT"}); err != nil {
		t.Fatal(err)
	}
	if err := l.RunChecks(ctx, l.cora, v.ID); err != nil {
		t.Fatal(err)
	}
	if v = l.get(v.ID); v.ChecksUnmet != 1 || v.ItemName != "Server" {
		t.Fatalf("%+v", v)
	}
}
