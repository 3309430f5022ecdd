package release_test

import (
	"slices"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// do tells the release something by hand, as maya.
func (w *world) do(key string, verb release.Verb) {
	w.t.Helper()
	w.must(w.svc.Do(ctx, w.maya, key, verb, "As asked.", w.read(key).Version))
}

// say gives a word on a gate as it stands now.
func (w *world) say(actor identity.Actor, key string, code release.GateCode, say release.Say) error {
	w.t.Helper()
	say.Version = w.gate(key, code).Version
	return w.svc.DecideGate(ctx, actor, key, code, say)
}

// approves is an approval, however it ends.
func (w *world) approves(actor identity.Actor, key string, code release.GateCode) error {
	w.t.Helper()
	return w.say(actor, key, code, release.Say{Verdict: release.Approve, Comment: "Fine.", Outcome: release.OutcomeSucceeded})
}

func (w *world) approve(key string, code release.GateCode, actors ...identity.Actor) {
	w.t.Helper()
	for _, actor := range actors {
		w.must(w.approves(actor, key, code))
	}
}

// way are the states that to brings a release through.
var way = []release.State{release.Draft, release.Proposed, release.Planning, release.BuildTest, release.Ready}

// to brings a new release along the straight way to a state, by whom the
// standard policy asks.
func (w *world) to(key string, state release.State) {
	w.t.Helper()
	for w.read(key).State != state {
		from := w.read(key).State
		switch from {
		case release.Draft:
			w.do(key, release.VerbSubmit)
		case release.Proposed:
			w.approve(key, release.A1, w.chen)
		case release.Planning:
			w.approve(key, release.A2, w.chen)
		case release.BuildTest:
			w.pack(key)
			w.verify(key)
			w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
			w.approve(key, release.A3, w.chen, w.cora)
		}
		if w.read(key).State == from {
			w.t.Fatalf("%s stays %s on its way to %s", key, from, state)
		}
	}
	if !slices.Contains(way, state) {
		w.t.Fatalf("%s is not on the way", state)
	}
}

// created is a new release in a state.
func (w *world) created(state release.State) string {
	w.t.Helper()
	key := w.create()
	w.to(key, state)
	return key
}

// pack decides the items and baselines a package of server and guide, as bruno.
func (w *world) pack(key string) {
	w.t.Helper()
	w.decideItems(key)
	w.add(key, w.receive("pay-server", "2.0-"+key, dml.Software, dml.Built))
	w.add(key, w.receive("pay-guide", "2-"+key, dml.Documentation, dml.Built))
	w.must(w.svc.Baseline(ctx, w.bruno, key))
}

func (w *world) add(key string, v *dml.Version) {
	w.t.Helper()
	w.must(w.svc.AddComponent(ctx, w.bruno, key, release.Component{Kind: release.ComponentKind(v.Kind), MediaVersionID: v.ID}))
}

func (w *world) items(key string) (items []release.Item) {
	w.t.Helper()
	r := w.read(key)
	w.view(func(tx *db.Tx) (err error) {
		items, err = w.svc.Items(tx, r)
		return err
	})
	return items
}

// decideItems includes what is in the unit and leaves out the rest.
func (w *world) decideItems(key string) {
	w.t.Helper()
	for _, i := range w.items(key) {
		if i.ItemKey == "pay-server" || i.ItemKey == "pay-guide" {
			w.must(w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Included, "2.0", ""))
		} else {
			w.must(w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Excluded, "", "Was tested beside it."))
		}
	}
}

// verify is what the build room says once tests passed.
func (w *world) verify(key string) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		r, err := w.svc.FindIn(tx, w.tess, key)
		if err != nil {
			return err
		}
		return w.svc.MarkVerified(tx, w.tess, r)
	})
}

// prepare does what A4 asks for beside its decision.
func (w *world) prepare(key string) {
	w.t.Helper()
	for _, a := range release.Areas() {
		w.must(w.svc.ReportReadiness(ctx, w.maya, key, release.Report{Area: a.Code, Colour: release.Green, Note: "Looked at it."}))
	}
	w.must(w.svc.Attest(ctx, w.omar, key, release.A4, "A4.monitoring", "Saw it fire."))
	w.must(w.svc.Recheck(ctx, w.bruno, key))
}

// cleared is a release with leave to deploy.
func (w *world) cleared() string {
	w.t.Helper()
	key := w.created(release.Ready)
	w.prepare(key)
	w.approve(key, release.A4, w.chen)
	return key
}

// advance says a verb that a room to the right says.
func (w *world) advance(key string, verb release.Verb) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		r, err := w.svc.FindIn(tx, w.maya, key)
		if err != nil {
			return err
		}
		return w.svc.Advance(tx, w.maya, r, verb, "As it went.")
	})
}

// deployed marks the package as operating and lets the release be complete.
func (w *world) deployed(key string) {
	w.t.Helper()
	w.advance(key, release.VerbStart)
	w.in(func(tx *db.Tx) error {
		r, err := w.svc.FindIn(tx, w.maya, key)
		if err != nil {
			return err
		}
		return w.svc.MarkDeployed(tx, w.maya, r)
	})
	w.advance(key, release.VerbComplete)
}

// refused demands a refusal that names exactly the codes, each with a sentence,
// somebody who can remove it and the place where.
func refused(t *testing.T, err error, codes ...string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Refused {
		t.Errorf("%v, want a refusal for %v", err, codes)
		return
	}
	got := make([]string, len(f.Blockers))
	for i, b := range f.Blockers {
		got[i] = b.Code
		if b.Sentence == "" || b.Owner == "" || b.Link == "" || b.Action == "" {
			t.Errorf("the blocker %+v lacks a sentence, an owner, a link or its label", b)
		}
	}
	slices.Sort(got)
	slices.Sort(codes)
	if !slices.Equal(got, codes) {
		t.Errorf("refused for %v, want %v: %v", got, codes, err)
	}
}

func kindIs(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%v, want %v", err, kind)
	}
}

// wrong demands a fault in exactly these fields.
func wrong(t *testing.T, err error, fields ...string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid {
		t.Errorf("%v, want it invalid in %v", err, fields)
		return
	}
	got := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		got[i] = field.Name
	}
	slices.Sort(got)
	slices.Sort(fields)
	if !slices.Equal(got, fields) {
		t.Errorf("wrong in %v, want %v: %v", got, fields, err)
	}
}
