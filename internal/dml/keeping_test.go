package dml

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func TestDamageIsFoundAndHealed(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.accepted("1.0", "precious")
	if err := l.Recheck(ctx, v.Digest); err != nil {
		t.Fatal(err)
	}
	l.damage(v)
	reading, err := l.Open(ctx, l.bruno, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	if got, err := io.ReadAll(reading); err == nil || len(got) != 0 {
		t.Fatalf("damaged bytes were served: %q", got)
	}
	v = l.get(v.ID)
	if v.State != Suspect || v.Deployable() {
		t.Fatalf("%s after damage", v.State)
	}
	_, err = l.Open(ctx, l.bruno, v.ID)
	wantKind(t, err, fault.Refused, "no longer match")
	wantKind(t, l.Clear(ctx, l.cora, v.ID, v.Row.Version, Decision{Note: "looks fine"}), fault.Refused, "no longer match")
	if again := l.receive(l.bruno, "1.0", "precious"); again.ID != v.ID {
		t.Fatal("healing made a new version")
	}
	if v = l.get(v.ID); v.State != Accepted || v.SuspectWhy != "" || v.Rotten || v.DeciderID != l.cora.UserID {
		t.Fatalf("%+v", v)
	}
	l.recorded(v.Ref(), "media.heal", "media.suspect", "media.accept", "media.check", "media.submit")
}

// What a person doubts for a reason of their own is not cleared by bytes.
func TestAPushDoesNotClearACustodiansDoubt(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.accepted("1.0", "precious")
	if err := l.MarkSuspect(ctx, l.cora, v.ID, v.Row.Version, Decision{Note: "the supplier was broken into."}); err != nil {
		t.Fatal(err)
	}
	l.damage(v)
	if err := l.Recheck(ctx, v.Digest); fault.KindOf(err) != fault.Refused {
		t.Fatal(err)
	}
	l.receive(l.bruno, "1.0", "precious")
	if v = l.get(v.ID); v.State != Suspect {
		t.Fatalf("a push alone made it %s", v.State)
	}
	if err := l.Clear(ctx, l.cora, v.ID, v.Row.Version, Decision{Note: "the supplier has shown otherwise"}); err != nil {
		t.Fatal(err)
	}
}

// A blob that takes longer than a turn is verified over several.
func TestTheScrubGoesOnInsideALargeBlob(t *testing.T) {
	l := newLibrary(t)
	large := strings.Repeat("0123456789abcdef", 3<<16) // 3 MiB
	v := l.accepted("1", large)
	if pace(100<<40) <= scrubPace || pace(0) != scrubPace {
		t.Fatal("the pace does not follow the size of the library")
	}
	dbtest.Advance(l.db, 31*24*time.Hour)
	check := &blob.Check{Digest: v.Digest}
	sittings := 0
	for {
		ctx, cancel := context.WithCancel(context.Background())
		err := check.Run(ctx, l.Service.blobs, func(int64) { cancel() })
		cancel()
		sittings++
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || sittings > 100 {
			t.Fatal(sittings, err)
		}
	}
	if sittings < 4 {
		t.Fatalf("%d sittings", sittings)
	}
	l.damage(v)
	if err := check.Run(context.Background(), l.Service.blobs, nil); !errors.Is(err, blob.ErrDamaged) {
		t.Fatal(err)
	}
}

func TestScrubFindsWhatRotted(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	good, bad := l.accepted("1", "good"), l.accepted("2", "bad")
	l.damage(bad)
	dbtest.Advance(l.db, 31*24*time.Hour)
	if err := l.Scrub(ctx, scrubAge, time.Minute); err != nil {
		t.Fatal(err)
	}
	if l.get(good.ID).State != Accepted || l.get(bad.ID).State != Suspect {
		t.Fatal("the scrub judged wrongly")
	}
	figures, err := l.Totals(ctx)
	if err != nil || figures.Versions != 2 || figures.Suspect != 1 || figures.Damaged != 1 || figures.Waiting != 0 {
		t.Fatalf("%+v %v", figures, err)
	}
}

func TestWhoReadsWhat(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	stefan, dario := dbtest.User(t, l.db, "stefan", identity.Stakeholder), dbtest.User(t, l.db, "dario", identity.DeploymentStaff)
	v := l.receive(l.bruno, "1", "secret")
	guide := submission("r1")
	guide.ItemKey, guide.Kind, guide.FileName = "payments-api/guide", Documentation, "guide.pdf"
	doc, err := l.Receive(ctx, l.bruno, guide, strings.NewReader("%PDF-1.7"))
	if err != nil {
		t.Fatal(err)
	}
	may := func(a identity.Actor, id int64) bool {
		r, err := l.Open(ctx, a, id)
		if err == nil {
			r.Close()
		}
		return err == nil
	}
	if !may(l.bruno, v.ID) || !may(l.cora, v.ID) || may(dario, v.ID) || may(stefan, v.ID) || may(stefan, doc.ID) {
		t.Fatal("quarantine is open to the wrong people")
	}
	for _, one := range []*Version{v, doc} {
		if err := l.Accept(ctx, l.cora, one.ID, one.Row.Version, Decision{}); err != nil {
			t.Fatal(err)
		}
	}
	if !may(dario, v.ID) || may(stefan, v.ID) || !may(stefan, doc.ID) {
		t.Fatal("the library is open to the wrong people")
	}
	page, err := l.List(ctx, stefan, Filter{})
	if err != nil || page.Matching != 1 || page.Versions[0].ID != doc.ID {
		t.Fatalf("%+v %v", page, err)
	}
	if _, err := l.Detail(ctx, stefan, v.ItemKey); fault.KindOf(err) != fault.NotFound {
		t.Fatalf("a stakeholder sees software: %v", err)
	}
}

func TestListPagesByKey(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	for _, label := range []string{"1", "2", "3", "4", "5"} {
		l.receive(l.bruno, label, "content "+label)
	}
	var seen []string
	f := Filter{Limit: 2}
	for {
		page, err := l.List(ctx, l.cora, f)
		if err != nil || page.Matching != 5 {
			t.Fatal(page.Matching, err)
		}
		for _, v := range page.Versions {
			seen = append(seen, v.Label)
		}
		if page.Next == "" {
			break
		}
		f.Cursor = page.Next
	}
	if got := strings.Join(seen, ""); got != "54321" {
		t.Fatal(got)
	}
	digest := blob.Of([]byte("content 3"))
	for query, want := range map[string]int64{digest.String(): 1, digest.Hex()[:10]: 1, "PAYMENTS SERVER 4": 1, "payments-api/": 5, "%": 0, `\`: 0, "_": 0, "server.tar": 5, "nothing": 0} {
		page, err := l.List(ctx, l.cora, Filter{Query: query})
		if err != nil || page.Matching != want {
			t.Errorf("%q finds %d, %v", query, page.Matching, err)
		}
	}
}

func TestUsesAreCountedOnce(t *testing.T) {
	l := newLibrary(t)
	v := l.accepted("1", "x")
	err := l.db.InTx(context.Background(), func(tx *db.Tx) error {
		for _, n := range []int64{1, 1, 2} {
			if err := RecordUse(tx, Use{MediaVersionID: v.ID, ReleaseKey: "PAY-1", PackageVersion: n}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	after := l.get(v.ID)
	if after.Uses != 2 || after.Row.Version != v.Row.Version {
		t.Fatalf("%d uses, row version %d", after.Uses, after.Row.Version)
	}
}

// A large file passes through in constant memory.
func TestLargeFilesNeedLittleMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	l := newLibrary(t)
	const size = 300 << 20
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	body := io.LimitReader(&endless{probe: func() {
		runtime.ReadMemStats(&during)
		peak = max(peak, during.HeapAlloc)
	}}, size)
	sub := submission("large")
	sub.Size = size
	v, err := l.Receive(context.Background(), l.bruno, sub, body)
	if err != nil || v.Size != size {
		t.Fatal(v, err)
	}
	if grown := int64(peak) - int64(before.HeapAlloc); grown > 26<<20 {
		t.Fatalf("the heap grew by %d MiB", grown>>20)
	}
	if err := l.Recheck(context.Background(), v.Digest); err != nil {
		t.Fatal(err)
	}
}

// endless gives bytes and now and then has the memory looked at.
type endless struct {
	n     int
	probe func()
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n++; e.n%1000 == 0 {
		e.probe()
	}
	copy(p, bytes.Repeat([]byte{byte(e.n)}, min(len(p), 64)))
	return len(p), nil
}
