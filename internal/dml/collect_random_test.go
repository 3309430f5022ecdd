package dml

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// pusher is a client in the middle of a push: it asks for each layer, uploads
// what is missing, and pushes the manifest at the end.
type pusher struct {
	label  string
	layers []string
	done   []Descriptor
	since  db.Time // when it heard of the first layer
}

// world is what the test knows: which versions must be whole, and which pushes
// are under way.
type world struct {
	library
	rnd     *rand.Rand
	r       *Registry
	store   *memory
	pushers []*pusher
	run     *Collection
	holds   map[int64]*Hold
	counts  map[string]int
}

func newWorld(t *testing.T, seed uint64) *world {
	d := dbtest.New(t)
	store := &memory{held: map[blob.Digest][]byte{}, generation: map[blob.Digest]int64{}}
	l := library{New(d, store), t, "", dbtest.User(t, d, "bruno", identity.BuildManager), dbtest.User(t, d, "cora", identity.DMLCustodian)}
	w := &world{library: l, rnd: rand.New(rand.NewPCG(seed, 1)), store: store, holds: map[int64]*Hold{}, counts: map[string]int{}}
	w.r = l.Registry(robot(l.bruno))
	// In the middle of a deletion somebody pushes the same bytes, or the process
	// dies right after the file is gone.
	store.between = func(d blob.Digest) error {
		content, known := store.held[d]
		switch w.rnd.IntN(6) {
		case 0:
			if known {
				w.counts["pushed during deletion"]++
				w.upload(string(content))
			}
		case 1:
			w.counts["died after deletion"]++
			return errKilled
		}
		return nil
	}
	return w
}

func (w *world) upload(content string) Descriptor { return pushBlob(w.t, w.r, waiting1, content) }

// check fails the test on an error that is no refusal.
func (w *world) check(err error, allowed ...error) {
	w.t.Helper()
	for _, a := range allowed {
		if errors.Is(err, a) {
			return
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) step() {
	switch n := w.rnd.IntN(100); {
	case n < 8:
		p := &pusher{layers: []string{"{}"}}
		for range 1 + w.rnd.IntN(3) {
			p.layers = append(p.layers, fmt.Sprintf("layer %d", w.rnd.IntN(25)))
		}
		if w.rnd.IntN(4) > 0 {
			p.label = fmt.Sprintf("v%d", w.rnd.IntN(40))
		}
		w.pushers = append(w.pushers, p)
	case n < 55 && len(w.pushers) > 0:
		i := w.rnd.IntN(len(w.pushers))
		if w.goOn(w.pushers[i]) {
			w.pushers = slices.Delete(w.pushers, i, i+1)
		}
	case n < 60:
		w.upload(fmt.Sprintf("layer %d", w.rnd.IntN(25)))
	case n < 64:
		w.decide()
	case n < 67:
		w.delete()
	case n < 69:
		w.hold()
	case n < 90:
		w.collectStep()
	case n < 99:
		dbtest.Advance(w.db, time.Duration(w.rnd.IntN(6*60))*time.Minute)
	default:
		dbtest.Advance(w.db, time.Duration(w.rnd.IntN(40*24))*time.Hour)
	}
}

// goOn does the next thing of a push; true at its end.
func (w *world) goOn(p *pusher) bool {
	ctx := context.Background()
	if len(p.done) < len(p.layers) {
		content := p.layers[len(p.done)]
		if p.since == 0 {
			p.since = w.db.Now()
		}
		d := blob.Of([]byte(content))
		_, err := w.r.Stat(ctx, waiting1, d, false)
		w.check(err, ErrBlobUnknown)
		if err != nil {
			w.upload(content)
		}
		p.done = append(p.done, Descriptor{MediaType: "application/octet-stream", Digest: d, Size: int64(len(content))})
		return false
	}
	_, err := w.r.Push(ctx, waiting1, p.label, typeManifest, image(p.done[0], nil, p.done[1:]...))
	switch {
	case err == nil:
		w.counts["pushed"]++
	case errors.Is(err, ErrChildUnknown):
		if w.db.Now().Sub(p.since) < leaseFloor {
			w.t.Fatalf("a push of %s lost a layer", w.db.Now().Sub(p.since))
		}
		w.counts["too late"]++
	default:
		w.check(err, ErrDenied)
	}
	return true
}

func (w *world) versions() (list []Version) {
	w.check(w.db.View(context.Background(), func(tx *db.Tx) error { return tx.Find(&list, "item_key = ?", "payments-api/image") }))
	return list
}

func (w *world) any() *Version {
	list := w.versions()
	if len(list) == 0 {
		return nil
	}
	return &list[w.rnd.IntN(len(list))]
}

func (w *world) decide() {
	v, ctx := w.any(), context.Background()
	if v == nil {
		return
	}
	note := Decision{Note: "as it fell"}
	switch v.State {
	case Quarantined, Checking:
		w.check(w.RunChecks(ctx, identity.System("test"), v.ID))
		v = w.get(v.ID)
		if w.rnd.IntN(3) == 0 {
			w.check(w.Reject(ctx, w.cora, v.ID, v.Row.Version, note))
		} else {
			w.check(w.Accept(ctx, w.cora, v.ID, v.Row.Version, note))
			w.counts["accepted"]++
		}
	case Accepted:
		if w.rnd.IntN(4) == 0 {
			w.check(w.Retire(ctx, w.cora, v.ID, v.Row.Version, note))
		}
	}
}

func (w *world) delete() {
	ctx := context.Background()
	v := w.any()
	if v == nil {
		return
	}
	if w.rnd.IntN(2) == 0 {
		w.check(w.r.Untag(ctx, waiting1, v.Label), ErrDenied, ErrManifestUnknown)
		return
	}
	w.check(w.r.Delete(ctx, waiting1, v.Manifest, true), ErrDenied, ErrManifestUnknown)
	w.counts["deletes"]++
}

func (w *world) hold() {
	ctx := context.Background()
	for id, h := range w.holds {
		if w.rnd.IntN(2) == 0 {
			_, err := w.LiftHold(ctx, w.cora, h.ID, h.Row.Version, "the case is closed")
			w.check(err)
			delete(w.holds, id)
			return
		}
	}
	v := w.any()
	if v == nil || w.holds[v.ID] != nil {
		return
	}
	h, err := w.PlaceHold(ctx, w.cora, HoldRequest{ItemKey: v.ItemKey, MediaVersionID: v.ID, Reason: "a case"})
	if fault.KindOf(err) == fault.Refused && v.Gone() { // too late: it is deleted
		return
	}
	w.check(err)
	w.holds[v.ID] = h
	w.counts["holds"]++
}

// collectStep goes one step on with a run, and now and then forgets it, as a
// server does that dies.
func (w *world) collectStep() {
	if w.run == nil || w.run.Ended() || w.rnd.IntN(40) == 0 {
		if w.run != nil {
			w.counts["deleted"] += int(w.run.Deleted)
			w.counts["let go"] += int(w.run.LetGo)
		}
		w.run = &Collection{ByName: "test", GraceMS: DefaultGrace.Milliseconds(), Phase: phaseUploads}
		w.check(w.do(func(tx *db.Tx) error { return tx.Create(w.run) }))
	}
	w.check(w.advance(context.Background(), w.run))
}

// whole demands that everything that is served or kept is there, to the byte.
func (w *world) whole() {
	w.t.Helper()
	ctx := context.Background()
	there := func(what string, d blob.Digest) {
		w.t.Helper()
		if err := blob.Recheck(ctx, w.store, d, nil); err != nil {
			w.t.Fatalf("%s: %s: %v", what, d.Short(), err)
		}
	}
	var manifests []Content
	w.check(w.db.View(ctx, func(tx *db.Tx) error { return tx.Find(&manifests, "manifest AND repo = ?", "payments-api/image") }))
	for _, m := range manifests {
		if _, err := w.r.Stat(ctx, waiting1, m.Digest, true); err != nil {
			w.check(err, ErrManifestUnknown)
			continue
		}
		there("a manifest", m.Digest)
		parsed, err := parseManifest(m.MediaType, w.store.held[m.Digest])
		w.check(err)
		for _, part := range parsed.blobs() {
			if _, err := w.r.Stat(ctx, waiting1, part.Digest, false); err != nil {
				w.t.Fatalf("a manifest is served without a part: %v", err)
			}
			there("a part", part.Digest)
		}
	}
	for _, v := range w.versions() {
		if held := w.holds[v.ID]; held != nil && v.Gone() {
			w.t.Fatalf("%s is held and was let go", v.Title())
		}
		if v.Gone() {
			continue
		}
		there(v.Title(), v.Digest)
		if v.State == Accepted {
			if _, err := w.r.Resolve(ctx, "dml/payments-api/image", v.Label); err != nil {
				w.t.Fatalf("%s is accepted and not served: %v", v.Title(), err)
			}
		}
	}
}

// Thousands of pushes, deletions, decisions, holds and collections in an order
// that nobody thought of: what is served is whole, what is needed is there.
func TestPushesAndCollectionsInAnyOrder(t *testing.T) {
	steps := 2500
	if testing.Short() {
		steps = 500
	}
	w := newWorld(t, 20261126)
	for n := range steps {
		w.step()
		if n%100 == 99 {
			w.whole()
		}
	}
	// In the end nothing is left but what something needs.
	w.store.between = nil
	for range 3 {
		dbtest.Advance(w.db, leaseFor+DefaultGrace)
		w.collectNow()
	}
	w.whole()
	var left []string
	w.check(w.db.View(context.Background(), func(tx *db.Tx) error {
		for d := range w.store.held {
			row, err := blobByDigest(tx, d)
			if err != nil {
				return err
			}
			found, err := unneeded(tx, []blobRow{*row}, nil)
			if err != nil {
				return err
			}
			if len(found) > 0 {
				left = append(left, d.Short())
			}
		}
		return nil
	}))
	if len(left) > 0 {
		t.Errorf("nothing needs %s", strings.Join(left, ", "))
	}
	for _, what := range []string{"pushed", "accepted", "deletes", "holds", "deleted", "let go", "too late", "pushed during deletion", "died after deletion"} {
		if w.counts[what] == 0 {
			t.Errorf("it never came to %q: %v", what, w.counts)
		}
	}
	t.Log(w.counts)
}
