package release_test

import (
	"slices"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func TestOnlyWhomThePolicyAsksDecides(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Proposed)
	for name, actor := range map[string]identity.Actor{"maya": w.maya, "bruno": w.bruno, "elin": w.elin, "stefan": w.stefan, "ada": w.ada} {
		t.Run(name+" has no deciding role", func(t *testing.T) { kindIs(t, w.approves(actor, key, release.A1), fault.Forbidden) })
	}
	for name, actor := range map[string]identity.Actor{"olga": w.olga, "sofia": w.sofia, "cora": w.cora, "omar": w.omar, "tess": w.tess} {
		t.Run(name+" is not asked", func(t *testing.T) { refused(t, w.approves(actor, key, release.A1), "gate.role") })
	}
	machine, elsewhere := w.chen, w.chen
	machine.Kind, machine.Scopes = identity.Machine, []string{"api:write", "build:report", "deploy:report", "dml:write"}
	kindIs(t, w.approves(machine, key, release.A1), fault.Forbidden)
	kindIs(t, w.approves(identity.System("scheduler"), key, release.A1), fault.Forbidden)
	elsewhere.Grants = []identity.Grant{{Role: identity.ChangeManager, ServiceID: w.service.ID + 1}}
	kindIs(t, w.approves(elsewhere, key, release.A1), fault.Forbidden)
	w.gateIs(key, release.A1, release.GateOpen)
	w.approve(key, release.A1, w.carl)
	w.stands(key, release.Planning)
}

func TestNobodyDecidesOnWhatIsTheirs(t *testing.T) {
	w := newWorld(t)
	var mine identity.Actor
	both := func(name string, roles ...identity.Role) identity.Actor {
		return dbtest.User(t, w.d, name, append(roles, identity.ChangeManager, identity.DMLCustodian)...)
	}
	author, owner, builder, submitter := both("author", identity.ReleaseManager), both("owner"), both("builder", identity.BuildManager), both("submitter", identity.BuildManager)
	q := w.request()
	q.OwnerID = owner.UserID
	r, err := w.svc.Create(ctx, author, q)
	w.must(err)
	w.to(r.Key, release.Proposed)
	for _, mine = range []identity.Actor{author, owner} {
		refused(t, w.approves(mine, r.Key, release.A1), "gate.independent")
		refused(t, w.say(mine, r.Key, release.A1, release.Say{Verdict: release.Reject, Comment: "no"}), "gate.independent")
	}
	w.to(r.Key, release.BuildTest)
	w.decideItems(r.Key)
	bruno := w.bruno
	w.bruno = submitter
	w.add(r.Key, w.receive("pay-server", "2.0", "software", "built"))
	w.bruno = bruno
	w.add(r.Key, w.receive("pay-guide", "2", "documentation", "built"))
	w.must(w.svc.Baseline(ctx, builder, r.Key))
	w.verify(r.Key)
	w.must(w.svc.Attest(ctx, w.tess, r.Key, release.A3, "A3.notes", "Read them."))
	for _, mine = range []identity.Actor{author, owner, builder, submitter} {
		refused(t, w.approves(mine, r.Key, release.A3), "gate.independent")
	}
	w.approve(r.Key, release.A3, w.chen, w.cora)
	w.prepare(r.Key)
	for _, mine = range []identity.Actor{author, owner, builder, submitter} {
		refused(t, w.approves(mine, r.Key, release.A4), "gate.independent")
	}
	w.approve(r.Key, release.A4, w.chen)
}

func TestWhoSubmitsAGateDoesNotDecideIt(t *testing.T) {
	w := newWorld(t)
	both := dbtest.User(t, w.d, "both", identity.ReleaseManager, identity.ChangeManager)
	key := w.create()
	token := both
	token.Kind, token.Scopes = identity.Machine, []string{"api:write"}
	w.must(w.svc.Do(ctx, token, key, release.VerbSubmit, "", 0)) // a token submits for its owner
	refused(t, w.approves(both, key, release.A1), "gate.independent")
	refused(t, w.say(both, key, release.A1, release.Say{Verdict: release.Reject, Comment: "no"}), "gate.independent")
	sheet, err := w.svc.Gate(ctx, both, key, release.A1)
	w.must(err)
	if len(sheet.Against) != 1 || strings.Contains(strings.Join(sheet.Seats[0].Eligible, " "), both.Name) {
		t.Errorf("the page says %+v, and that %v may", sheet.Against, sheet.Seats[0].Eligible)
	}
	w.approve(key, release.A1, w.chen)
	w.approve(key, release.A2, both) // which A1 opened
	w.stands(key, release.BuildTest)
	w.to(key, release.Ready)
	w.must(w.say(w.chen, key, release.A4, release.Say{Verdict: release.Reject, Comment: "Monitoring."}))
	w.must(w.svc.Resubmit(ctx, both, key, release.A4, w.gate(key, release.A4).Version))
	w.prepare(key)
	refused(t, w.approves(both, key, release.A4), "gate.independent")
	w.approve(key, release.A4, w.chen)
}

func TestAQuorumTakesSoManyPeople(t *testing.T) {
	w := newWorld(t, asks(release.A1, policy.ApprovalRule{Role: identity.ChangeManager, Quorum: 2}))
	key := w.created(release.Proposed)
	w.approve(key, release.A1, w.chen)
	w.gateIs(key, release.A1, release.GateOpen)
	w.stands(key, release.Proposed)
	refused(t, w.approves(w.chen, key, release.A1), "gate.twice")
	refused(t, w.say(w.chen, key, release.A1, release.Say{Verdict: release.Reject, Comment: "after all"}), "gate.twice")
	w.approve(key, release.A1, w.carl)
	w.stands(key, release.Planning)
}

func TestTheWordOfWhoComesToOwnItIsAskedAnew(t *testing.T) {
	w := newWorld(t, asks(release.A1, policy.ApprovalRule{Role: identity.ChangeManager, Quorum: 2}))
	key := w.created(release.Proposed)
	w.approve(key, release.A1, w.chen)
	r := w.read(key)
	w.must(w.svc.Rename(ctx, w.maya, key, release.Edit{Version: r.Version, Title: r.Title, Summary: r.Summary, OwnerID: w.chen.UserID}))
	w.approve(key, release.A1, w.carl)
	w.stands(key, release.Proposed) // one of two
	refused(t, w.approves(w.chen, key, release.A1), "gate.independent")
}

func TestOnePersonCountsOnceUnderWhateverRole(t *testing.T) {
	w := newWorld(t, asks(release.A1, policy.ApprovalRule{Role: identity.ChangeManager, Quorum: 1}, policy.ApprovalRule{Role: identity.ChangeAuthority, Quorum: 1}))
	both := dbtest.User(t, w.d, "both", identity.ChangeManager, identity.ChangeAuthority)
	key := w.created(release.Proposed)
	wrong(t, w.say(both, key, release.A1, release.Say{Verdict: release.Approve, Role: identity.ServiceOwner}), "role")
	w.must(w.say(both, key, release.A1, release.Say{Verdict: release.Approve, Role: identity.ChangeAuthority}))
	refused(t, w.say(both, key, release.A1, release.Say{Verdict: release.Approve, Role: identity.ChangeManager}), "gate.twice")
	refused(t, w.approves(w.olga, key, release.A1), "gate.role") // the place is taken
	sheet, err := w.svc.Gate(ctx, both, key, release.A1)
	w.must(err)
	if len(sheet.Against) != 1 || sheet.Against[0].Code != "gate.twice" || sheet.Seats[0].Filled() || !sheet.Seats[1].Filled() {
		t.Errorf("the page says %+v of %+v", sheet.Against, sheet.Seats)
	}
	w.approve(key, release.A1, w.chen)
	w.stands(key, release.Planning)
}

func TestDecisionsFollowTheirOrder(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	w.pack(key)
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	refused(t, w.approves(w.cora, key, release.A3), "gate.role")
	w.approve(key, release.A3, w.chen)
	refused(t, w.approves(w.carl, key, release.A3), "gate.role")
	w.approve(key, release.A3, w.cora)
	w.stands(key, release.Ready)
}

// TestWhoRecordedABuildDoesNotDecideOnIt holds at A3 and A4, though somebody
// else submitted the release and packaged it; a word from before falls.
func TestWhoRecordedABuildDoesNotDecideOnIt(t *testing.T) {
	w := newWorld(t)
	var built []int64
	w.svc.Use(release.Rooms{Evidence: []release.Evidence{w.evidence}, Builders: func(*db.Tx, int64) ([]int64, error) { return built, nil }})
	key := w.created(release.BuildTest)
	w.pack(key)
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	w.approve(key, release.A3, w.chen)
	built = []int64{w.chen.UserID, w.cora.UserID}
	refused(t, w.approves(w.chen, key, release.A3), "gate.independent")
	refused(t, w.approves(w.cora, key, release.A3), "gate.independent", "gate.role") // chen's word is gone, so it is not her turn either
	refused(t, w.say(w.chen, key, release.A3, release.Say{Verdict: release.Reject, Comment: "no"}), "gate.independent")
	sheet, err := w.svc.Gate(ctx, w.carl, key, release.A3)
	w.must(err)
	for _, seat := range sheet.Seats {
		if seat.Filled() || slices.Contains(seat.Eligible, w.chen.Name) || slices.Contains(seat.Eligible, w.cora.Name) {
			t.Errorf("the page says of %s: %+v", seat.Rule.Role, seat)
		}
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		waiting, err := w.svc.WaitingGates(tx, w.chen, 10)
		if len(waiting) > 0 {
			t.Errorf("chen's work holds %+v", waiting)
		}
		return err
	}))
	w.approve(key, release.A3, w.carl)
	built = built[:1]
	w.approve(key, release.A3, w.cora)
	w.stands(key, release.Ready)
	w.prepare(key)
	refused(t, w.approves(w.chen, key, release.A4), "gate.independent")
	w.approve(key, release.A4, w.carl)
}

func TestAnApprovalRuleHoldsForItsTypes(t *testing.T) {
	w := newWorld(t)
	for kind, second := range map[release.Type]bool{release.Minor: false, release.Major: true} {
		key := w.create(func(q *release.Request) { q.Type = kind })
		sheet, err := w.svc.Gate(ctx, w.chen, key, release.A4)
		w.must(err)
		if got := len(sheet.Seats) == 2; got != second {
			t.Errorf("A4 of a %s release has %d seats", kind, len(sheet.Seats))
		}
		for _, seat := range sheet.Seats {
			if len(seat.Eligible) == 0 || strings.Contains(strings.Join(seat.Eligible, " "), w.maya.Name) {
				t.Errorf("%s may be filled by %v", seat.Rule.Role, seat.Eligible)
			}
		}
	}
}

func TestADecisionKeepsWhatItWasMadeOn(t *testing.T) {
	w := newWorld(t)
	w.evidence[release.A4] = []release.Finding{{Code: "plan.agreed", Title: "The plan is agreed", State: release.Met, Detail: "By Omar."}}
	key := w.created(release.Ready)
	w.in(func(tx *db.Tx) error {
		r, err := w.svc.FindIn(tx, w.maya, key)
		if err != nil {
			return err
		}
		return w.svc.Revise(tx, w.maya, r, release.Revision{PlanVersion: 0, PlanAgreed: true})
	})
	w.prepare(key)
	w.must(w.say(w.chen, key, release.A4, release.Say{Verdict: release.Approve, Comment: "  Ready. "}))
	sheet, err := w.svc.Gate(ctx, w.ada, key, release.A4)
	w.must(err)
	r, d := w.read(key), sheet.Decisions[0]
	if d.ByName != w.chen.Name || d.Role != identity.ChangeManager || d.Comment != "Ready." || d.PackageDigest != r.PackageDigest || d.PackageDigest == "" || d.PlanVersion != r.PlanVersion {
		t.Errorf("kept: %+v", d)
	}
	w.evidence[release.A4][0].Detail = "By nobody any more."
	kept := d.Findings()
	if len(kept) != len(sheet.Findings) || !strings.Contains(d.Snapshot, "By Omar.") {
		t.Errorf("the snapshot holds %d criteria of %d: %s", len(kept), len(sheet.Findings), d.Snapshot)
	}
	if sheet.Gate.State != release.GateApproved || sheet.Gate.DecidedBy != w.chen.Name || sheet.Gate.PackageDigest != r.SignedDigest {
		t.Errorf("the gate: %+v", sheet.Gate)
	}
}
