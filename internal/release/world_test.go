package release_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

var ctx = context.Background()

// world is a service with a policy in force, a model in use, four items and the
// people around it. The rooms to the right are not there: what they would say
// of a gate is what the test puts into evidence.
type world struct {
	t        *testing.T
	d        *db.DB
	svc      *release.Service
	catalog  *catalog.Service
	media    *dml.Service
	policy   *policy.Service
	change   *change.Service
	root     string // of the media store
	evidence evidence

	service *catalog.ServiceRecord
	model   int64
	unit    int64

	maya, bruno, tess, chen, carl, olga, cora, omar, sofia, elin, stefan, ada identity.Actor
}

// evidence is what the rooms to the right know of each gate.
type evidence map[release.GateCode][]release.Finding

func (e evidence) Findings(_ *db.Tx, _ *release.Release, gate release.GateCode) ([]release.Finding, error) {
	return slices.Clone(e[gate]), nil
}

func newWorld(t *testing.T, adjust ...func(*policy.Rules)) *world {
	t.Helper()
	t.Parallel()
	d := dbtest.New(t)
	w := &world{t: t, d: d, evidence: evidence{}, root: t.TempDir()}
	for _, p := range []struct {
		actor *identity.Actor
		name  string
		role  identity.Role
	}{{&w.maya, "maya", identity.ReleaseManager}, {&w.bruno, "bruno", identity.BuildManager}, {&w.tess, "tess", identity.TestManager},
		{&w.chen, "chen", identity.ChangeManager}, {&w.carl, "carl", identity.ChangeManager}, {&w.olga, "olga", identity.ChangeAuthority},
		{&w.cora, "cora", identity.DMLCustodian}, {&w.omar, "omar", identity.Operations}, {&w.sofia, "sofia", identity.ServiceOwner},
		{&w.elin, "elin", identity.EarlyLifeSupport}, {&w.stefan, "stefan", identity.Stakeholder}, {&w.ada, "ada", identity.Auditor}} {
		*p.actor = dbtest.User(t, d, p.name, p.role)
	}
	blobs, err := blob.OpenDisk(w.root)
	w.must(err)
	w.catalog, w.media, w.change = catalog.New(d), dml.New(d, blobs), change.New(d)
	w.policy = policy.New(d, w.catalog)
	w.svc = release.New(d, w.catalog, w.media, w.policy, w.change)
	w.media.UsePackages(w.svc)
	w.catalog.UseReleases(w.svc)
	w.svc.Use(release.Rooms{Evidence: []release.Evidence{w.evidence}})
	w.service = w.addService("PAY", "Payments")
	w.addItems()
	w.rule("payments", w.service.ID, adjust...)
	model, err := w.policy.CreateModel(ctx, w.maya, &policy.Model{Key: "rolling", Name: "Rolling"}, policy.Templates()[0].Body)
	w.must(err)
	w.must(w.policy.ApproveModel(ctx, w.chen, "rolling"))
	w.model = model.ID
	return w
}

func (w *world) addService(key, name string) *catalog.ServiceRecord {
	w.t.Helper()
	s := &catalog.ServiceRecord{Key: key, Name: name, OwnerID: w.sofia.UserID, Criticality: "high", Description: "For tests.", Contact: "extension 4"}
	w.must(w.catalog.SaveService(ctx, w.sofia, s))
	return s
}

// addItems adds a unit of server and guide; the gateway depends on the server,
// and the process stands alone.
func (w *world) addItems() {
	w.t.Helper()
	var ids []int64
	for _, i := range []struct{ key, kind string }{{"pay-server", "software"}, {"pay-guide", "documentation"}, {"pay-gateway", "software"}, {"pay-refunds", "process"}} {
		row := &catalog.Item{Key: i.key, Name: "The " + i.key, Kind: i.kind, ServiceID: w.service.ID, CurrentVersion: "1.0"}
		w.must(w.catalog.SaveItem(ctx, w.sofia, row))
		ids = append(ids, row.ID)
	}
	w.must(w.catalog.Relate(ctx, w.sofia, "pay-gateway", "pay-server", catalog.DependsOn))
	unit := &catalog.Unit{ServiceID: w.service.ID, Name: "Server", Description: "The server and its guide."}
	w.must(w.catalog.SaveUnit(ctx, w.maya, unit, ids[:2]))
	w.unit = unit.ID
}

// rule puts a policy into force for a service: the standard one, adjusted.
func (w *world) rule(key string, service int64, adjust ...func(*policy.Rules)) {
	w.t.Helper()
	rules := policy.Standard()
	for _, a := range adjust {
		a(&rules)
	}
	_, err := w.policy.Create(ctx, w.maya, &policy.Policy{Key: key, Name: key, Services: []int64{service}}, rules)
	w.must(err)
	w.must(w.policy.Approve(ctx, w.sofia, key))
	w.must(w.policy.Activate(ctx, w.maya, key))
}

// asks is an adjustment: who decides a gate.
func asks(code release.GateCode, approvals ...policy.ApprovalRule) func(*policy.Rules) {
	return func(r *policy.Rules) {
		stage := r.Stages[string(code)]
		stage.Approvals = approvals
		r.Stages[string(code)] = stage
	}
}

// request is a minor release that changes the unit, with a window of a week's
// time.
func (w *world) request() release.Request {
	return release.Request{ServiceKey: "PAY", Title: "Faster refunds", Summary: "Refunds are paid the same day.", Type: release.Minor, ModelVersionID: w.model, Zone: "Europe/Oslo",
		WindowStart: db.At(dbtest.Start.AddDate(0, 0, 7)), WindowEnd: db.At(dbtest.Start.AddDate(0, 0, 8)), UnitIDs: []int64{w.unit}}
}

// create makes a release as maya and gives its key.
func (w *world) create(adjust ...func(*release.Request)) string {
	w.t.Helper()
	q := w.request()
	for _, a := range adjust {
		a(&q)
	}
	r, err := w.svc.Create(ctx, w.maya, q)
	w.must(err)
	return r.Key
}

func emergency(q *release.Request) {
	q.Type, q.Incident = release.Emergency, "INC-1: refunds are paid twice"
}

func restricted(q *release.Request) { q.Restricted = true }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) in(fn func(*db.Tx) error) {
	w.t.Helper()
	w.must(w.d.InTx(ctx, fn))
}

func (w *world) view(fn func(*db.Tx) error) {
	w.t.Helper()
	w.must(w.d.View(ctx, fn))
}

func (w *world) read(key string) *release.Release {
	w.t.Helper()
	r, err := w.svc.Find(ctx, w.ada, key)
	w.must(err)
	return r
}

func (w *world) stands(key string, state release.State) {
	w.t.Helper()
	if r := w.read(key); r.State != state {
		w.t.Fatalf("%s is %s, want %s", key, r.State, state)
	}
}

func (w *world) gate(key string, code release.GateCode) release.Gate {
	w.t.Helper()
	head, err := w.svc.Head(ctx, w.ada, key)
	w.must(err)
	at := slices.IndexFunc(head.Gates, func(g release.Gate) bool { return g.Code == code })
	return head.Gates[at]
}

func (w *world) gateIs(key string, code release.GateCode, state release.GateState) {
	w.t.Helper()
	if g := w.gate(key, code); g.State != state {
		w.t.Fatalf("%s of %s is %s, want %s", code, key, g.State, state)
	}
}

// finding gives one criterion of a gate as it is now.
func (w *world) finding(key string, code release.GateCode, of string) release.Finding {
	w.t.Helper()
	sheet, err := w.svc.Gate(ctx, w.ada, key, code)
	w.must(err)
	for _, f := range sheet.Findings {
		if f.Code == of {
			return f
		}
	}
	w.t.Fatalf("%s has no criterion %s", code, of)
	return release.Finding{}
}

func (w *world) later(by time.Duration) { dbtest.Advance(w.d, by) }

// rot changes every stored byte behind the library's back.
func (w *world) rot() {
	w.t.Helper()
	w.must(filepath.WalkDir(w.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
		return os.WriteFile(path, []byte("rotten"), 0o600)
	}))
}

// receive submits media as bruno.
func (w *world) receive(item, label string, kind dml.Kind, provenance dml.Provenance) *dml.Version {
	w.t.Helper()
	sub := dml.Submission{ItemKey: "pay/" + item, Label: label, FileName: item + "-" + label + ".bin", ItemName: "The " + item, Kind: kind,
		Provenance: provenance, ServiceID: w.service.ID, Source: "build of a test"}
	if provenance == dml.Procured {
		sub.Supplier, sub.Licence = "Kvarn", "MIT"
	}
	v, err := w.media.Receive(ctx, w.bruno, sub, bytes.NewReader([]byte(item+" "+label)))
	w.must(err)
	return v
}
