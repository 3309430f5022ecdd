package deploy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/deploy/ssh"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/seal"
)

var ctx = context.Background()

// The digests of the tests: what is signed, what ran before, and neither.
var (
	signed = blob.Of([]byte("signed")).String()
	image  = blob.Of([]byte("image")).String()
	former = blob.Of([]byte("former")).String()
	other  = blob.Of([]byte("other")).String()
)

// world is a release that is ready to be deployed in two waves, with the people
// around it and five targets: two pilots in Oslo, three in Bergen.
type world struct {
	t        *testing.T
	d        *db.DB
	svc      *deploy.Service
	releases *release.Service
	change   *change.Service
	media    *dml.Service
	root     string // of the media store
	runner   *jobs.Runner
	key      string

	maya, dario, dina, chen, sofia, stefan, elin, machine identity.Actor
}

func newWorld(t *testing.T, adjust ...func(*release.Release, *policy.Body)) *world {
	t.Helper()
	d := dbtest.New(t)
	w := &world{t: t, d: d, key: "PAY-2026.11.2",
		maya: dbtest.User(t, d, "maya", identity.ReleaseManager), dario: dbtest.User(t, d, "dario", identity.DeploymentStaff),
		dina: dbtest.User(t, d, "dina", identity.DeploymentStaff), chen: dbtest.User(t, d, "chen", identity.ChangeManager),
		sofia: dbtest.User(t, d, "sofia", identity.ServiceOwner), stefan: dbtest.User(t, d, "stefan", identity.Stakeholder),
		elin: dbtest.User(t, d, "elin", identity.EarlyLifeSupport)}
	w.machine = dbtest.User(t, d, "agent", identity.ReleaseManager) // a token does no more than its owner
	w.machine.Kind, w.machine.Scopes = identity.Machine, []string{"deploy:report"}
	w.root = t.TempDir()
	blobs, err := blob.OpenDisk(w.root)
	if err != nil {
		t.Fatal(err)
	}
	services := catalog.New(d)
	models := policy.New(d, services)
	w.change = change.New(d)
	w.media = dml.New(d, blobs)
	w.releases = release.New(d, services, w.media, models, w.change)
	w.svc = deploy.New(d, w.releases, models, w.change)
	w.svc.Equip(deploy.Tools{Box: seal.Fleeting(), Media: w.media, Patience: ssh.Patience{Connect: 2 * time.Second, Alive: 100 * time.Millisecond, Operation: 5 * time.Second}})
	w.releases.Use(release.Rooms{Followers: []release.Follower{w.svc}})
	w.place()
	model, err := models.CreateModel(ctx, w.maya, &policy.Model{Key: "rolling", Name: "Rolling"}, policy.Templates()[0].Body)
	w.must(err)
	w.in(func(tx *db.Tx) error { return w.plan(tx, model, adjust) })
	return w
}

func (w *world) place() {
	w.t.Helper()
	w.must(w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "production", Name: "Production", Zone: "Europe/Oslo", Production: true}))
	n, err := w.svc.ImportTargets(ctx, w.maya, "production", "osl-1, Oslo 1, pilot, site=Oslo\nosl-2, Oslo 2, pilot, site=Oslo\nbgo-1, Bergen 1, , site=Bergen\nbgo-2, Bergen 2, , site=Bergen\nbgo-3, Bergen 3, , site=Bergen")
	if err != nil || n != 5 {
		w.t.Fatalf("imported %d: %v", n, err)
	}
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.Target{}).Where("1 = 1").Updates(map[string]any{"installed_digest": former, "installed_version": "1.0", "installed_release": "PAY-2026.10.1"}).Error
	})
}

// plan makes the release as the gates before would have left it, and draws its
// waves from the ready-made model.
func (w *world) plan(tx *db.Tx, model *policy.ModelVersion, adjust []func(*release.Release, *policy.Body)) error {
	service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
	if err := tx.Create(service); err != nil {
		return err
	}
	r := &release.Release{Key: w.key, Title: "Faster refunds", State: release.Ready, ServiceID: service.ID, ServiceKey: "PAY", ServiceName: "Payments", Type: release.Minor,
		Approach: release.Approach{Scale: "phased", Delivery: "push", Execution: "manual"}, AuthorID: w.maya.UserID, AuthorName: "Maya", OwnerID: w.maya.UserID, OwnerName: "Maya",
		WindowStart: db.At(dbtest.Start), WindowEnd: db.At(dbtest.Start.AddDate(0, 0, 3)), Zone: "Europe/Oslo", PlanVersion: 1, PackageVersion: 1, PackageDigest: signed, SignedDigest: signed}
	for _, a := range adjust {
		a(r, &model.Body)
	}
	model.State = policy.Active
	if err := tx.Save(model); err != nil {
		return err
	}
	r.ModelVersionID = model.ID
	c, err := w.change.Raise(tx, w.maya, change.Request{Title: r.Title, ServiceID: service.ID, ReleaseKey: r.Key, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd})
	if err != nil {
		return err
	}
	r.ChangeKey = c.Key
	if err := tx.Create(r); err != nil {
		return err
	}
	for _, code := range release.GateCodes() {
		g := &release.Gate{ReleaseID: r.ID, Code: code, State: release.GateApproved, Round: 1, PlanVersion: 1, PackageDigest: signed, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd}
		if code == release.A5 {
			g.State = release.GatePending
		}
		if err := tx.Create(g); err != nil {
			return err
		}
	}
	p := &release.Package{ReleaseID: r.ID, Number: 1, State: release.PackageSignedOff, Digest: signed, AuthorID: w.elin.UserID, RecheckedAt: tx.Now}
	if err := tx.Create(p); err != nil {
		return err
	}
	return w.svc.Draw(tx, w.maya, r, release.Origin{Model: model})
}

// addImage puts a software component into the package.
func (w *world) addImage() {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		var p release.Package
		if err := tx.First(&p, "number = 1"); err != nil {
			return err
		}
		return tx.Create(&release.Component{PackageID: p.ID, Kind: release.Software, Name: "payments image", Label: "2.0", Digest: image})
	})
}

func (w *world) in(fn func(*db.Tx) error) {
	w.t.Helper()
	if err := w.d.InTx(ctx, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) set(table any, column string, value any) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error { return tx.Gorm().Model(table).Where("1 = 1").Update(column, value).Error })
}

func (w *world) wave(n int64) *deploy.Wave {
	w.t.Helper()
	_, wave, err := w.svc.FindWave(ctx, w.maya, w.key, n)
	w.must(err)
	return wave
}

func (w *world) release() *release.Release {
	w.t.Helper()
	r, err := w.releases.Find(ctx, w.maya, w.key)
	w.must(err)
	return r
}

func (w *world) stands(n int64, state deploy.WaveState) {
	w.t.Helper()
	if got := w.wave(n).State; got != state {
		w.t.Fatalf("wave %d is %s, want %s", n, got, state)
	}
}

func (w *world) releaseIs(state release.State) {
	w.t.Helper()
	if got := w.release().State; got != state {
		w.t.Fatalf("the release is %s, want %s", got, state)
	}
}

func (w *world) staff(n int64) {
	w.t.Helper()
	wave := w.wave(n)
	e := wave.Edit()
	e.StaffIDs = []int64{w.dario.UserID, w.dina.UserID}
	w.must(w.svc.EditWave(ctx, w.maya, w.key, n, wave.Version, e))
}

func (w *world) ready(n int64) {
	w.t.Helper()
	w.staff(n)
	w.must(w.svc.ReadyWave(ctx, w.maya, w.key, n, w.wave(n).Version))
}

func (w *world) goFor(n int64) error {
	return w.svc.GiveGo(ctx, w.maya, w.key, n, w.wave(n).Version, "all set")
}

func (w *world) startIt(n int64) error {
	return w.svc.StartWave(ctx, w.dario, w.key, n, w.wave(n).Version)
}

// run brings a wave from planned to running.
func (w *world) run(n int64) {
	w.t.Helper()
	w.ready(n)
	w.must(w.goFor(n))
	w.must(w.startIt(n))
}

func (w *world) step(n, number int64) deploy.StepView {
	w.t.Helper()
	sheet, err := w.svc.RunSheet(ctx, w.dario, w.key, n)
	w.must(err)
	for _, s := range sheet.Steps {
		if s.Number == number {
			return s
		}
	}
	w.t.Fatalf("there is no step %d", number)
	return deploy.StepView{}
}

func (w *world) claim(n, number int64) {
	w.t.Helper()
	w.must(w.svc.ClaimStep(ctx, w.dario, w.key, n, number, w.step(n, number).Version))
}

// sign claims and signs steps, and has them witnessed where they ask for it.
func (w *world) sign(n int64, numbers ...int64) {
	w.t.Helper()
	for _, number := range numbers {
		w.claim(n, number)
		w.must(w.svc.SignStep(ctx, w.dario, w.key, n, number, w.step(n, number).Version, "read it on the host"))
		if w.step(n, number).Witness {
			w.must(w.svc.WitnessStep(ctx, w.dina, w.key, n, number, w.step(n, number).Version, "saw it"))
		}
	}
}

func (w *world) verifyAll(n int64) {
	w.t.Helper()
	_, err := w.svc.ReportAllVerified(ctx, w.dario, w.key, n, deploy.Report{Digest: signed, Evidence: "sha256sum on each"})
	w.must(err)
}

// complete carries a running wave to its end: install, verify, report.
func (w *world) complete(n int64) {
	w.t.Helper()
	w.sign(n, 1, 2, 3)
	w.verifyAll(n)
	w.stands(n, deploy.WaveComplete)
}

func (w *world) target(n int64, key string) deploy.TargetView {
	w.t.Helper()
	page, err := w.svc.WaveTargets(ctx, w.maya, w.key, n, deploy.TargetQuery{Text: key})
	w.must(err)
	if len(page.Targets) != 1 {
		w.t.Fatalf("%d targets of wave %d are called %s", len(page.Targets), n, key)
	}
	return page.Targets[0]
}

func (w *world) installed(key string) deploy.Target {
	w.t.Helper()
	var t deploy.Target
	w.must(w.d.View(ctx, func(tx *db.Tx) error { return tx.First(&t, "target_key = ?", key) }))
	return t
}

func (w *world) verify(n int64, key, digest string) error {
	return w.svc.ReportVerified(ctx, w.dario, w.key, n, key, deploy.Report{Digest: digest, Evidence: "sha256sum"})
}

func (w *world) fail(n int64, key string) error {
	return w.svc.ReportFailed(ctx, w.dario, w.key, n, key, 0, "does not answer")
}

func (w *world) later(by time.Duration) { dbtest.Advance(w.d, by) }

// findings gives the findings of a gate by their codes.
func (w *world) findings(gate release.GateCode) map[string]release.Finding {
	w.t.Helper()
	found := map[string]release.Finding{}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		r, err := w.releases.FindIn(tx, w.maya, w.key)
		if err != nil {
			return err
		}
		list, err := w.svc.Findings(tx, r, gate)
		for _, f := range list {
			if f.Title == "" || f.Detail == "" || f.Owner == "" || f.Link == "" || f.Action == "" {
				w.t.Errorf("%+v lacks words", f)
			}
			found[f.Code] = f
		}
		return err
	}))
	return found
}

// refused demands a refusal that names every one of the codes, each with a
// sentence, an owner and a link.
func refused(t *testing.T, err error, codes ...string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Refused {
		t.Fatalf("%v, want a refusal", err)
	}
	found := map[string]bool{}
	for _, b := range f.Blockers {
		found[b.Code] = true
		if b.Sentence == "" || b.Owner == "" || b.Link == "" || b.Action == "" {
			t.Errorf("the blocker %+v lacks a sentence, an owner, a link or an action", b)
		}
	}
	for _, code := range codes {
		if !found[code] {
			t.Errorf("the refusal does not name %s: %v", code, err)
		}
	}
}

func says(t *testing.T, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%v, want it to say %q", err, words)
	}
}

func kindIs(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%v, want %v", err, kind)
	}
}

func field(t *testing.T, err error, name string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid || len(f.Fields) == 0 || f.Fields[0].Name != name {
		t.Errorf("%v, want a fault in the field %s", err, name)
	}
}

func ids(n int) string { return fmt.Sprintf("t-%03d", n) }
