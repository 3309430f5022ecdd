package review_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/build"
	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/review"
)

// world is a release late in its life, with the people around it.
type world struct {
	t        *testing.T
	d        *db.DB
	svc      *review.Service
	builds   *build.Service
	media    *dml.Service
	releases *release.Service
	key      string

	maya, bruno, elin, omar, dina, sofia, chen, stefan, tess, both identity.Actor
}

// deployers are the people who deployed; it stands for the deploy room.
type deployers []int64

func (d deployers) Deployers(*db.Tx, int64) ([]int64, error) { return d, nil }

var full = review.Findings{Objectives: "reached", Scope: "all of it", TimeCost: "as planned", Incidents: "none", Gains: "as promised", Feedback: "content", Lessons: "rehearse earlier"}

func newWorld(t *testing.T, state release.State) *world {
	t.Helper()
	d := dbtest.New(t)
	w := &world{t: t, d: d, key: "PAY-2026.11.2",
		maya: dbtest.User(t, d, "maya", identity.ReleaseManager), bruno: dbtest.User(t, d, "bruno", identity.BuildManager),
		elin: dbtest.User(t, d, "elin", identity.EarlyLifeSupport), omar: dbtest.User(t, d, "omar", identity.Operations),
		dina:  dbtest.User(t, d, "dina", identity.DeploymentStaff, identity.Operations),
		sofia: dbtest.User(t, d, "sofia", identity.ServiceOwner), chen: dbtest.User(t, d, "chen", identity.ChangeManager),
		stefan: dbtest.User(t, d, "stefan", identity.Stakeholder), tess: dbtest.User(t, d, "tess", identity.TestManager)}
	blobs, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.media = dml.New(d, blobs)
	services := catalog.New(d)
	changes := change.New(d)
	w.releases = release.New(d, services, w.media, policy.New(d, services), changes)
	w.builds = build.New(d, w.releases, w.media, catalog.New(d))
	w.svc = review.New(d, review.Rooms{Catalog: catalog.New(d), Release: w.releases, Build: w.builds, DML: w.media, Deploy: deployers{w.dina.UserID}})
	w.in(func(tx *db.Tx) error {
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		c, err := changes.Raise(tx, w.maya, change.Request{Title: "Payments 2", ServiceID: service.ID})
		if err != nil {
			return err
		}
		r := &release.Release{Key: w.key, State: release.BuildTest, ServiceID: service.ID, PackageDigest: "sha256:first", PackageVersion: 1, ELSDays: 2, ChangeKey: c.Key}
		if err := tx.Create(r); err != nil {
			return err
		}
		if err := tx.Create(&release.Gate{ReleaseID: r.ID, Code: release.A5, State: release.GatePending, Round: 1}); err != nil {
			return err
		}
		return tx.Create(&release.Package{ReleaseID: r.ID, Number: 1, AuthorID: w.bruno.UserID, State: release.PackageBaselined})
	})
	for _, kind := range []build.Kind{build.Utility, build.Warranty} {
		if _, err := w.builds.AddCriterion(ctx, w.tess, w.key, build.CriterionDraft{Kind: kind, Statement: "Cards are charged", Measure: "share", Target: "99.9 %"}); err != nil {
			t.Fatal(err)
		}
	}
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", w.key).Update("state", state).Error
	})
	return w
}

func (w *world) in(fn func(*db.Tx) error) {
	w.t.Helper()
	if err := w.d.InTx(ctx, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) begin() {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		r, err := w.releases.FindIn(tx, w.maya, w.key)
		if err != nil {
			return err
		}
		return w.svc.Begin(tx, w.maya, r)
	})
	if w.both.UserID == 0 { // joins after the only lead was named
		w.both = dbtest.User(w.t, w.d, "bela", identity.EarlyLifeSupport, identity.Operations, identity.ReleaseManager)
	}
}

func (w *world) repackage(digest string) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", w.key).Updates(map[string]any{"package_digest": digest, "package_version": 2}).Error
	})
}

func (w *world) sheet(actor identity.Actor) *review.Sheet {
	w.t.Helper()
	sh, err := w.svc.Sheet(ctx, actor, w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	return sh
}

func (w *world) els() *review.EarlyLife { w.t.Helper(); return w.sheet(w.elin).EarlyLife }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) attestAll() {
	w.t.Helper()
	for _, point := range []review.Point{review.UsersCanWork, review.TrainingComplete, review.ContractsComplete} {
		w.must(w.svc.Attest(ctx, w.elin, w.key, w.els().Version, point, "seen and signed"))
	}
}

func (w *world) day(n int64) {
	w.t.Helper()
	w.must(w.svc.RecordDay(ctx, w.elin, w.key, review.DayReport{Day: n, Stable: true, Levels: "99.99 % available"}))
}

func (w *world) measure(number int64, verb build.CriterionVerb) {
	w.t.Helper()
	for _, value := range w.sheet(w.elin).Values {
		if value.Criterion.Number == number {
			w.must(w.svc.Measure(ctx, w.elin, w.key, number, value.Check.Version, review.Measurement{Verb: verb, Measured: "99.99 %", Evidence: "dashboard"}))
		}
	}
}

// fulfil does everything that the exit asks for.
func (w *world) fulfil() {
	w.t.Helper()
	w.attestAll()
	w.day(1)
	dbtest.Advance(w.d, 24*time.Hour)
	w.day(2)
	w.measure(1, build.VerbPass)
	w.measure(2, build.VerbPass)
}

func (w *world) planTransfer() *review.Transfer {
	w.t.Helper()
	version, err := w.media.Receive(ctx, w.bruno, dml.Submission{ItemKey: "payments/runbook", ItemName: "Runbook", Label: "4.12", FileName: "runbook.md",
		Kind: dml.Documentation, Source: "repository", Licence: "MIT"}, strings.NewReader("# Restart\n"))
	w.must(err)
	tr, err := w.svc.PlanTransfer(ctx, w.maya, w.key, review.TransferPlan{Topic: "Restart", Audience: "first line", Method: "walkthrough",
		GiverID: w.bruno.UserID, ReceiverID: w.omar.UserID, MediaVersionID: version.ID, Due: w.d.Now().Add(time.Hour)})
	w.must(err)
	if tr.Material != "Runbook" || tr.Revision != "4.12" {
		w.t.Errorf("the transfer holds %q %q, not the document and its revision", tr.Material, tr.Revision)
	}
	return tr
}

func (w *world) knownError() *build.KnownError {
	w.t.Helper()
	known, err := w.builds.ReportError(ctx, w.elin, w.key, build.ErrorReport{Relation: build.Introduced, Title: "Refunds time out"})
	w.must(err)
	return known
}

func (w *world) releaseState() release.State {
	w.t.Helper()
	return w.sheet(w.maya).Release.State
}

func (w *world) finding(gate release.GateCode, code string, want release.FindingState) {
	w.t.Helper()
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		r, err := w.releases.FindIn(tx, w.maya, w.key)
		if err != nil {
			return err
		}
		list, err := w.svc.Findings(tx, r, gate)
		for _, f := range list {
			if f.Code == code {
				if f.State != want || f.Detail == "" || f.Owner == "" || f.Link == "" {
					w.t.Errorf("%s is %v (%q, %q, %q), want %v", code, f.State, f.Detail, f.Owner, f.Link, want)
				}
				return err
			}
		}
		w.t.Errorf("%s says nothing of %s", gate, code)
		return err
	}))
}

func refusedWith(t *testing.T, err error, says string) {
	t.Helper()
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want a refusal that says %q", err, says)
	}
}

func kindIs(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%v, want %v", err, kind)
	}
}

func machineOf(a identity.Actor) identity.Actor {
	a.Kind, a.Scopes = identity.Machine, []string{"build:report"}
	return a
}
