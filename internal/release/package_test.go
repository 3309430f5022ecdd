package release_test

import (
	"slices"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// component puts one into the package as bruno.
func (w *world) component(key string, c release.Component) error {
	return w.svc.AddComponent(ctx, w.bruno, key, c)
}

func TestWhatAComponentNeeds(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	guide := w.receive("pay-guide", "2", dml.Documentation, dml.Built)
	for kind, fields := range map[release.ComponentKind][]string{
		release.Software: {"media", "name"}, release.Documentation: {"media", "name"}, release.Licence: {"media", "name"},
		release.Hardware: {"serial", "location", "name"}, release.Process: {"reference", "name"}, release.Other: {"reference", "name"}, "magic": {"kind", "reference", "name"},
	} {
		wrong(t, w.component(key, release.Component{Kind: kind, Serial: " ", Reference: " "}), fields...)
	}
	wrong(t, w.component(key, release.Component{Kind: release.Software, MediaVersionID: guide.ID}), "media") // the library holds it as documentation
	wrong(t, w.component(key, release.Component{Kind: release.Software, MediaVersionID: 99_999}), "media")
	wrong(t, w.component(key, release.Component{Kind: release.Process, Name: "Refunds", Reference: "PRO-1", ItemID: 99_999}), "item")
	wrong(t, w.component(key, release.Component{Kind: release.Other, Name: "Seats", Reference: "CTR-1", LicenceKey: "ENT-1"}), "quantity")
	for _, actor := range []identity.Actor{w.chen, w.tess, w.stefan} {
		kindIs(t, w.svc.AddComponent(ctx, actor, key, release.Component{Kind: release.Documentation, MediaVersionID: guide.ID}), fault.Forbidden)
	}
	if lines := w.lines(key); len(lines) != 0 {
		t.Errorf("it holds %+v", lines)
	}
	w.must(w.component(key, release.Component{Kind: release.Documentation, MediaVersionID: guide.ID, Digest: "sha256:made-up", Label: "made up"}))
	w.must(w.component(key, release.Component{Kind: release.Process, Name: "Refunds", Reference: "PRO-1", MediaVersionID: guide.ID, Digest: "sha256:made-up"}))
	lines := w.lines(key)
	if doc := lines[0]; doc.Digest != guide.Digest.String() || doc.Label != "2" || doc.Name != "The pay-guide" || doc.MediaItem != "pay/pay-guide" {
		t.Errorf("media: %+v", doc)
	}
	if process := lines[1]; process.Digest != "" || process.MediaVersionID != 0 {
		t.Errorf("a process has a digest: %+v", process)
	}
}

func TestWhatIsBaselinedIsNeverEdited(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	refused(t, w.svc.Baseline(ctx, w.bruno, key), "package.empty")
	w.pack(key)
	first := w.read(key)
	if text := w.packages(key)[0].Manifest; digestOf(text) != first.PackageDigest || !strings.Contains(text, "pay-server") {
		t.Errorf("the digest %s is not that of %s", first.PackageDigest, text)
	}
	w.verify(key)
	w.must(w.svc.RemoveComponent(ctx, w.bruno, key, w.lines(key)[0].ID))
	r := w.read(key)
	if r.PackageVersion != 2 || r.PackageDigest != "" {
		t.Errorf("after an edit: v%d %q", r.PackageVersion, r.PackageDigest)
	}
	page, err := w.svc.PackagePage(ctx, w.bruno, key, 1)
	w.must(err)
	if p := page.Shown; p.State != release.PackageWithdrawn || p.Digest != first.PackageDigest || len(page.ShownLines) != 2 || len(page.Lines) != 1 || len(page.Difference) != 1 || page.Difference[0].Is != "" {
		t.Errorf("the first version is %+v with %d lines; the difference %+v", p, len(page.ShownLines), page.Difference)
	}
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	if r := w.read(key); r.PackageDigest == first.PackageDigest || r.PackageDigest == "" {
		t.Errorf("another package has the digest %s", r.PackageDigest)
	}
	if f := w.finding(key, release.A3, "package.verified"); f.State != release.Unmet { // what was verified was the first
		t.Errorf("%+v", f)
	}
	_, err = w.svc.PackagePage(ctx, w.bruno, key, 3)
	kindIs(t, err, fault.NotFound)
}

func TestWhichMediaAPackageMayHold(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	bought := w.receive("modem", "6", dml.Software, dml.Procured)
	w.add(key, w.receive("pay-guide", "2", dml.Documentation, dml.Built)) // built here, so that it waits for A3
	w.add(key, bought)
	refused(t, w.svc.Baseline(ctx, w.bruno, key), "media.accepted")
	version := func() (v *dml.Version) {
		w.view(func(tx *db.Tx) (err error) {
			v, err = w.media.VersionByID(tx, bought.ID)
			return err
		})
		return v
	}
	w.must(w.media.Accept(ctx, w.cora, bought.ID, version().Version, dml.Decision{ChangeKey: "CHG-1", Note: "Compared."}))
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	w.must(w.media.MarkSuspect(ctx, w.cora, bought.ID, version().Version, dml.Decision{Note: "The supplier warns."}))
	w.verify(key)
	w.decideItems(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	refused(t, w.approves(w.chen, key, release.A3), "media.accepted")
	refused(t, w.component(w.created(release.BuildTest), release.Component{Kind: release.Software, MediaVersionID: bought.ID}), "media.accepted")
}

func TestWhoVerifiesAPackage(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	mark := func(actor identity.Actor) error {
		return w.d.InTx(ctx, func(tx *db.Tx) error {
			r, err := w.svc.FindIn(tx, actor, key)
			if err != nil {
				return err
			}
			return w.svc.MarkVerified(tx, actor, r)
		})
	}
	refused(t, mark(w.tess), "package.verified")
	w.pack(key)
	refused(t, mark(w.bruno), "verifier.independent")
	w.must(mark(w.tess))
	kindIs(t, mark(w.tess), fault.Refused)
	if f := w.finding(key, release.A3, "package.verified"); f.State != release.Met || !strings.Contains(f.Detail, w.tess.Name) {
		t.Errorf("%+v", f)
	}
}

func (w *world) packages(key string) (list []release.Package) {
	w.t.Helper()
	r := w.read(key)
	w.view(func(tx *db.Tx) (err error) {
		list, err = w.svc.Packages(tx, r)
		return err
	})
	return list
}

func (w *world) packageStates(key string) (states []release.PackageState) {
	w.t.Helper()
	for _, p := range w.packages(key) {
		states = append(states, p.State)
	}
	return states
}

func TestOnePackageOperatesAtATime(t *testing.T) {
	w := newWorld(t)
	first := w.cleared()
	w.deployed(first)
	second := w.cleared()
	w.deployed(second)
	is := func(key string, want ...release.PackageState) {
		t.Helper()
		if got := w.packageStates(key); !slices.Equal(got, want) {
			t.Errorf("packages of %s: %v, want %v", key, got, want)
		}
	}
	is(first, release.PackageSuperseded)
	is(second, release.PackageDeployed)
	w.advance(second, release.VerbRemediate)
	w.advance(second, release.VerbRollBack)
	is(second, release.PackageWithdrawn) // it operates no longer
	w.advance(first, release.VerbRemediate)
	w.advance(first, release.VerbRollBack)
	w.do(first, release.VerbRebuild) // although another has superseded it since
	is(first, release.PackageWithdrawn)
	w.must(w.svc.Baseline(ctx, w.bruno, first))
	is(first, release.PackageBaselined, release.PackageWithdrawn)
	kindIs(t, w.svc.Do(ctx, w.maya, first, release.VerbCancel, "Enough.", 0), fault.Refused)
}

// What is rolled back half-way was never Deployed, and operates nowhere.
func TestARolledBackPackageIsWithdrawn(t *testing.T) {
	w := newWorld(t)
	key := w.cleared()
	w.advance(key, release.VerbStart)
	w.advance(key, release.VerbRemediate)
	if got := w.packageStates(key); !slices.Equal(got, []release.PackageState{release.PackageSignedOff}) {
		t.Errorf("while it is remediated: %v", got)
	}
	w.advance(key, release.VerbRollBack)
	if got := w.packageStates(key); !slices.Equal(got, []release.PackageState{release.PackageWithdrawn}) {
		t.Errorf("rolled back: %v", got)
	}
}
