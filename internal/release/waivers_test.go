package release_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// exception asks to be let off the notice before A4, for ten days.
func (w *world) exception() release.WaiverRequest {
	return release.WaiverRequest{Gate: release.A4, Finding: "notice.sent", Exception: "Nobody outside the team uses it yet.", RiskOwnerID: w.sofia.UserID, ExpiresAt: w.d.Now().Add(10 * 24 * time.Hour)}
}

// unnotified is a release ready for A4 but for a notice.
func (w *world) unnotified() string {
	w.t.Helper()
	w.evidence[release.A4] = []release.Finding{
		{Code: "notice.sent", Title: "Those concerned have been notified", State: release.Unmet, Detail: "Not sent.", Owner: "Maya", Link: "/notices", Action: "Send it", Waivable: true},
		{Code: "risks.appetite", Title: "No risk above the appetite is unaccepted", State: release.Met, Owner: "Maya", Link: "/risks", Action: "Open"}}
	key := w.created(release.Ready)
	w.prepare(key)
	return key
}

func (w *world) waivers(key string) []release.Waiver {
	w.t.Helper()
	sheet, err := w.svc.Gate(ctx, w.ada, key, release.A4)
	w.must(err)
	return sheet.Waivers
}

func (w *world) decideWaiver(actor identity.Actor, key string, verdict release.Verdict, comment string) error {
	w.t.Helper()
	list := w.waivers(key)
	last := list[len(list)-1]
	return w.svc.DecideWaiver(ctx, actor, key, last.ID, last.Version, verdict, comment)
}

func TestWhatIsFirmIsNotWaivedAndSaysWhy(t *testing.T) {
	w := newWorld(t)
	key := w.unnotified()
	list := w.evidence[release.A4]
	list[0] = list[0].NotWaived("Those concerned would read it in the paper.")
	err := w.svc.AskWaiver(ctx, w.bruno, key, w.exception())
	wrong(t, err, "finding")
	if err == nil || !strings.Contains(err.Error(), "would read it in the paper") || len(w.waivers(key)) > 0 {
		t.Errorf("%v", err)
	}
}

func TestTheLifeOfAWaiver(t *testing.T) {
	w := newWorld(t)
	key := w.unnotified()
	refused(t, w.approves(w.chen, key, release.A4), "notice.sent")
	w.must(w.svc.AskWaiver(ctx, w.bruno, key, w.exception()))
	refused(t, w.approves(w.chen, key, release.A4), "notice.sent") // asked for is not allowed
	w.must(w.decideWaiver(w.olga, key, release.Approve, " Fine until the fair. "))
	v := w.waivers(key)[0]
	if v.State != release.WaiverApproved || v.AskedBy != w.bruno.Name || v.RiskOwner != w.sofia.Name || v.DecidedBy != w.olga.Name || v.Comment != "Fine until the fair." || v.DecidedAt != w.d.Now() {
		t.Errorf("%+v", v)
	}
	if f := w.finding(key, release.A4, "notice.sent"); f.State != release.Waived || !strings.Contains(f.Detail, w.sofia.Name) {
		t.Errorf("%+v", f)
	}
	kindIs(t, w.decideWaiver(w.olga, key, release.Reject, "After all not."), fault.Refused)
	w.approve(key, release.A4, w.chen)
	w.gateIs(key, release.A4, release.GateWaived)
	if r := w.read(key); r.Gates != "Approved Approved Approved Waived Pending" {
		t.Errorf("lists show %q", r.Gates)
	}
}

func TestAWaiverEndsOnItsDay(t *testing.T) {
	w := newWorld(t)
	key := w.unnotified()
	w.must(w.svc.AskWaiver(ctx, w.bruno, key, w.exception()))
	w.later(10 * 24 * time.Hour)
	refused(t, w.decideWaiver(w.olga, key, release.Approve, "Late."), "waiver.expired")
	w.must(w.svc.AskWaiver(ctx, w.bruno, key, w.exception())) // the former one waits for nobody any more
	w.must(w.decideWaiver(w.olga, key, release.Approve, "In time."))
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	r := w.read(key)
	w.must(w.svc.Reschedule(ctx, w.maya, key, r.Version, release.Window{Start: w.d.Now().Add(9 * 24 * time.Hour), End: w.d.Now().Add(11 * 24 * time.Hour), Zone: r.Zone}, "After the fair."))
	w.approve(key, release.A4, w.chen)
	w.later(9*24*time.Hour + time.Hour)
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.leave(key) // within the window and while the waiver lives
	w.later(24 * time.Hour)
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.leave(key, "gate.a4")
	if f := w.finding(key, release.A4, "notice.sent"); f.State != release.Unmet {
		t.Errorf("after its day the criterion is %s", f.State)
	}
	w.must(w.svc.AskWaiver(ctx, w.bruno, key, w.exception()))
	w.leave(key, "gate.a4")
	w.must(w.decideWaiver(w.olga, key, release.Approve, "A little longer."))
	w.leave(key)
}

func TestAnExceptionOfAnEarlierGateEndsToo(t *testing.T) {
	w := newWorld(t)
	w.evidence[release.A2] = []release.Finding{{Code: "risks.assessed", Title: "The risks are assessed", State: release.Unmet, Detail: "Nobody has.", Owner: "Maya", Link: "/risks", Action: "Open", Waivable: true}}
	key := w.created(release.Planning)
	q := w.exception()
	q.Gate, q.Finding = release.A2, "risks.assessed"
	w.must(w.svc.AskWaiver(ctx, w.bruno, key, q))
	sheet, err := w.svc.Gate(ctx, w.ada, key, release.A2)
	w.must(err)
	w.must(w.svc.DecideWaiver(ctx, w.olga, key, sheet.Waivers[0].ID, sheet.Waivers[0].Version, release.Approve, "For ten days."))
	w.approve(key, release.A2, w.chen)
	w.gateIs(key, release.A2, release.GateWaived)
	if f := w.finding(key, release.A3, "gate.a2"); f.State != release.Met {
		t.Errorf("while it lives: %+v", f)
	}
	w.later(10 * 24 * time.Hour)
	for _, code := range []release.GateCode{release.A3, release.A4} {
		if f := w.finding(key, code, "gate.a2"); f.State != release.Unmet || !strings.Contains(f.Detail, "has expired") {
			t.Errorf("after its day %s reads %+v", code, f)
		}
	}
	w.evidence[release.A2][0].State = release.Met // what it excepted is made good
	if f := w.finding(key, release.A3, "gate.a2"); f.State != release.Met {
		t.Errorf("made good: %+v", f)
	}
}

// leave demands that exactly these codes forbid the start now.
func (w *world) leave(key string, codes ...string) {
	w.t.Helper()
	now := w.d.Now()
	w.leaveAt(key, now, now, codes...)
}

func (w *world) leaveAt(key string, from, until db.Time, codes ...string) {
	w.t.Helper()
	r := w.read(key)
	w.view(func(tx *db.Tx) error {
		list, err := w.svc.LeaveToStart(tx, r, from, until)
		if len(codes) == 0 && len(list) == 0 {
			return err
		}
		refused(w.t, fault.Refuse("No leave.", list...), codes...)
		return err
	})
}

func TestNobodyWaivesForThemselves(t *testing.T) {
	w := newWorld(t)
	w.chen.Grants = append(w.chen.Grants, identity.Grant{Role: identity.ReleaseManager})
	key := w.unnotified()
	w.must(w.svc.AskWaiver(ctx, w.chen, key, w.exception()))
	refused(t, w.decideWaiver(w.chen, key, release.Approve, "Mine."), "waiver.independent")
	refused(t, w.decideWaiver(w.sofia, key, release.Approve, "My risk."), "waiver.independent")
	w.maya.Grants = append(w.maya.Grants, identity.Grant{Role: identity.ServiceOwner})
	refused(t, w.decideWaiver(w.maya, key, release.Approve, "My release."), "waiver.independent")
	for name, actor := range map[string]identity.Actor{"bruno": w.bruno, "cora": w.cora, "stefan": w.stefan} {
		t.Run(name, func(t *testing.T) {
			kindIs(t, w.decideWaiver(actor, key, release.Approve, "Sure."), fault.Forbidden)
		})
	}
	machine := w.olga
	machine.Kind, machine.Scopes = identity.Machine, []string{"api:write"}
	kindIs(t, w.decideWaiver(machine, key, release.Approve, "Green."), fault.Forbidden)
	wrong(t, w.decideWaiver(w.olga, key, release.Reject, "  "), "comment")
	w.must(w.decideWaiver(w.olga, key, release.Reject, "Send the notice; it takes a minute."))
	refused(t, w.approves(w.chen, key, release.A4), "notice.sent")
}

func TestWhatMayBeAskedToBeWaived(t *testing.T) {
	w := newWorld(t)
	key := w.unnotified()
	kindIs(t, w.svc.AskWaiver(ctx, w.olga, key, w.exception()), fault.Forbidden)
	ask := func(change func(*release.WaiverRequest)) error {
		q := w.exception()
		change(&q)
		return w.svc.AskWaiver(ctx, w.maya, key, q)
	}
	wrong(t, ask(func(q *release.WaiverRequest) { q.Finding = "plan.nothing" }), "finding")
	wrong(t, ask(func(q *release.WaiverRequest) { q.Finding = "package.signed" }), "finding", "finding") // met, and nobody waives it
	wrong(t, ask(func(q *release.WaiverRequest) { q.Finding = "risks.appetite" }), "finding", "finding")
	wrong(t, ask(func(q *release.WaiverRequest) { q.Exception, q.RiskOwnerID, q.ExpiresAt = " ", 99_999, w.d.Now() }), "exception", "risk_owner", "expires")
	w.must(ask(func(*release.WaiverRequest) {}))
	wrong(t, ask(func(*release.WaiverRequest) {}), "finding") // a second click asks once
	if n := len(w.waivers(key)); n != 1 {
		t.Errorf("%d are asked for", n)
	}
	w.do(key, release.VerbCancel)
	kindIs(t, w.decideWaiver(w.olga, key, release.Approve, "Too late."), fault.Refused)
	kindIs(t, ask(func(*release.WaiverRequest) {}), fault.Refused)
}
