package release_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/report"
	"slipway/internal/sample"
)

// house is the demonstration's organisation with every room connected.
type house struct {
	t *testing.T
	*app.App
}

func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	blobs, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t, app.Connect(dbtest.New(t), blobs, nil)}
	h.must(sample.People(ctx, h.App))
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// as is the person of the demonstration who holds a role.
func (h *house) as(role identity.Role) identity.Actor {
	h.t.Helper()
	actor, err := h.Identity.Local(ctx, sample.Holder(role))
	h.must(err)
	return actor
}

func (h *house) create(restricted bool, adjust ...func(*release.Request)) string {
	h.t.Helper()
	q := release.Request{ServiceKey: "LOY", Title: "Points for bottles", Summary: "Asked for by members.", Type: release.Minor, Zone: sample.Zone, Restricted: restricted,
		WindowStart: db.At(dbtest.Start.AddDate(0, 0, 5)), WindowEnd: db.At(dbtest.Start.AddDate(0, 0, 8))}
	for _, a := range adjust {
		a(&q)
	}
	h.must(h.DB.View(ctx, func(tx *db.Tx) error {
		models, err := h.Policy.ActiveModels(tx)
		at := slices.IndexFunc(models, func(m policy.ModelVersion) bool { return m.ModelKey == "rolling-service" })
		q.ModelVersionID = models[at].ID
		return err
	}))
	r, err := h.Release.Create(ctx, h.as(identity.ReleaseManager), q)
	h.must(err)
	return r.Key
}

// TestARefusalNamesEveryBlockerOfEveryRoom tries each gate too early. Each room
// names what it misses, with somebody who can mend it and the place where.
func TestARefusalNamesEveryBlockerOfEveryRoom(t *testing.T) {
	h := newHouse(t)
	key, chen := h.create(false), h.as(identity.ChangeManager)
	for _, c := range []struct {
		state release.State
		gate  release.GateCode
		codes []string
	}{
		{release.Planning, release.A2, []string{"plan.agreed"}},
		{release.BuildTest, release.A3, []string{"items.decided", "package.verified", "package.documents", "builds.succeeded", "tests.passed", "criteria.met", "verifier.independent", "A3.notes"}},
		{release.Ready, release.A4, []string{"package.rechecked", "notice.sent", "backout.rehearsed", "transfer.confirmed", "els.roster", "A4.monitoring",
			"readiness.organisation", "readiness.people", "readiness.support", "readiness.infrastructure", "readiness.data", "readiness.security", "readiness.package",
			"readiness.licences", "readiness.monitoring", "readiness.communication", "readiness.back-out", "readiness.finance"}},
		{release.Review, release.A5, []string{"pir.agreed", "handover.accepted", "items.reconciled", "package.delivered"}},
	} {
		h.must(sample.Drive(ctx, h.App, key, c.state))
		sheet, err := h.Release.Gate(ctx, chen, key, c.gate)
		h.must(err)
		refused(t, h.Release.DecideGate(ctx, chen, key, c.gate, release.Say{Verdict: release.Approve, Version: sheet.Gate.Version, Outcome: release.OutcomeSucceeded}), c.codes...)
		overview, err := h.Release.Overview(ctx, chen, key)
		h.must(err)
		if len(sheet.Blockers) != len(c.codes) || len(overview.Blockers) != len(c.codes) {
			t.Errorf("the gate's page names %d blockers of %s, the first page %d, the refusal %d", len(sheet.Blockers), c.gate, len(overview.Blockers), len(c.codes))
		}
		for _, f := range sheet.Findings {
			if f.Code == "" || f.Title == "" || f.Owner == "" || f.Link == "" || f.Action == "" || f.CheckedAt.IsZero() {
				t.Errorf("%s: the criterion %+v lacks words", c.gate, f)
			}
		}
		h.still(key, c.state)
	}
	h.must(sample.Drive(ctx, h.App, key, release.Closed))
}

func (h *house) still(key string, state release.State) {
	h.t.Helper()
	r, err := h.Release.Find(ctx, h.as(identity.Auditor), key)
	h.must(err)
	if r.State != state {
		h.t.Errorf("%s is %s, want %s", key, r.State, state)
	}
}

func TestSearchAndStatusKeepQuietAboutWhatIsRestricted(t *testing.T) {
	h := newHouse(t)
	key := h.create(true)
	h.must(sample.Drive(ctx, h.App, key, release.Ready))
	maya, stefan := h.as(identity.ReleaseManager), h.as(identity.Stakeholder)
	r, err := h.Release.Find(ctx, maya, key)
	h.must(err)
	for _, query := range []string{key, "Points for bottles", "bottles", r.ChangeKey, r.PackageDigest, r.PackageDigest[7:19]} {
		for actor, sees := range map[*identity.Actor]bool{&maya: true, &stefan: false} {
			hits, err := h.Report.Search(ctx, *actor, query)
			h.must(err)
			if found := slices.ContainsFunc(hits, func(x report.Hit) bool { return x.Key == key || x.Key == r.ChangeKey }); found != sees {
				t.Errorf("%s, searching for %q: %+v", actor.Name, query, hits)
			}
		}
	}
	work, err := h.Report.MyWork(ctx, stefan)
	h.must(err)
	if text := fmt.Sprintf("%+v", work); strings.Contains(text, key) {
		t.Errorf("the home page names it: %s", text)
	}
	if pages, err := h.Status.List(ctx); err != nil || len(pages) != 0 {
		t.Errorf("public pages: %+v, %v", pages, err)
	}
	risks, err := h.Plan.Register(ctx, stefan, true)
	h.must(err)
	if len(risks) != 0 {
		t.Errorf("the register of risks names %d of its", len(risks))
	}
}
