package release_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func (w *world) authorise(actor identity.Actor, key string, kind release.AuthorityKind) error {
	return w.svc.AuthoriseEmergency(ctx, actor, key, kind, "Refunds are paid twice.")
}

// owed is a criterion that an emergency may owe, at the gates that ask for it.
func (w *world) owed(codes ...release.GateCode) {
	for _, code := range codes {
		w.evidence[code] = []release.Finding{{Code: "plan.agreed", Title: "The plan is agreed", State: release.Unmet, Owner: "Maya", Link: "/plan", Action: "Open the plan", Waivable: true}}
	}
}

func (w *world) sheet(actor identity.Actor, key string) *release.EmergencySheet {
	w.t.Helper()
	v, err := w.svc.Emergency(ctx, actor, key)
	w.must(err)
	return v
}

func TestTheEmergencyBoardSpeaksForPlanBuildAndDeployment(t *testing.T) {
	w := newWorld(t)
	w.owed(release.A2, release.A4)
	key := w.create(emergency)
	w.must(w.authorise(w.olga, key, release.ECAB))
	w.stands(key, release.BuildTest) // through A1 and A2 at once
	w.changeIs(key, change.ECABAuthorised)
	v := w.sheet(w.ada, key)
	if v.Authority.ByName != w.olga.Name || v.Authority.Role != identity.ChangeAuthority || len(v.Deferred) != 1 || v.Deferred[0].State != release.Deferred {
		t.Errorf("authority %+v, owed %+v", v.Authority, v.Deferred)
	}
	refused(t, w.svc.Proceed(ctx, w.maya, key), "emergency.authority") // check-in is never covered
	w.pack(key)
	w.verify(key)
	refused(t, w.approves(w.cora, key, release.A3), "A3.notes") // nor is anything owed there
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	refused(t, w.approves(w.chen, key, release.A3), "gate.role") // the board has spoken for change management
	w.approve(key, release.A3, w.cora)
	w.stands(key, release.Ready)
	w.gateIs(key, release.A4, release.GateOpen)
	refused(t, w.svc.Proceed(ctx, w.maya, key), "package.rechecked") // what never relaxes
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	kindIs(t, w.svc.Proceed(ctx, w.chen, key), fault.Forbidden)
	w.must(w.svc.Proceed(ctx, w.maya, key))
	w.gateIs(key, release.A4, release.GateApproved)
	kindIs(t, w.svc.Proceed(ctx, w.maya, key), fault.Refused)
	w.later(7*24*time.Hour + time.Hour)
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.leave(key)
	w.deployed(key)
	w.changeIs(key, change.Implementing)
	w.advance(key, release.VerbExitEarlyLife)
	w.owed(release.A5)
	refused(t, w.approves(w.chen, key, release.A5), "plan.agreed") // closing pays every debt
	delete(w.evidence, release.A5)
	w.approve(key, release.A5, w.chen)
	w.changeIs(key, change.Closed)
}

func TestNobodyAuthorisesTheirOwnEmergency(t *testing.T) {
	w := newWorld(t)
	w.chen.Grants = append(w.chen.Grants, identity.Grant{Role: identity.ReleaseManager})
	r, err := w.svc.Create(ctx, w.chen, func() release.Request { q := w.request(); emergency(&q); q.OwnerID = w.olga.UserID; return q }())
	w.must(err)
	for _, kind := range []release.AuthorityKind{release.ECAB, release.Glass} {
		refused(t, w.authorise(w.chen, r.Key, kind), "emergency.alone")
	}
	refused(t, w.authorise(w.olga, r.Key, release.ECAB), "emergency.alone")
	for name, actor := range map[string]identity.Actor{"maya": w.maya, "omar": w.omar, "elin": w.elin, "sofia": w.sofia, "stefan": w.stefan} {
		t.Run(name+" is not of the board", func(t *testing.T) { kindIs(t, w.authorise(actor, r.Key, release.ECAB), fault.Forbidden) })
	}
	for name, actor := range map[string]identity.Actor{"bruno": w.bruno, "olga": w.olga, "stefan": w.stefan} {
		t.Run(name+" does not break the glass", func(t *testing.T) { kindIs(t, w.authorise(actor, r.Key, release.Glass), fault.Forbidden) })
	}
	machine := w.carl
	machine.Kind, machine.Scopes = identity.Machine, []string{"api:write"}
	kindIs(t, w.authorise(machine, r.Key, release.ECAB), fault.Forbidden)
	wrong(t, w.svc.AuthoriseEmergency(ctx, w.carl, r.Key, "coffee", " "), "kind", "comment")
	w.must(w.authorise(w.carl, r.Key, release.ECAB))
	refused(t, w.authorise(w.carl, r.Key, release.ECAB), "emergency.once")
}

func TestPlannedWorkIsNoEmergency(t *testing.T) {
	w := newWorld(t)
	key := w.create()
	refused(t, w.authorise(w.olga, key, release.ECAB), "emergency.planned")
	refused(t, w.authorise(w.omar, key, release.Glass), "emergency.planned")
	refused(t, w.svc.Proceed(ctx, w.maya, key), "emergency.authority")
	w.stands(key, release.Draft)
	q := w.request()
	q.Type = release.Emergency
	_, err := w.svc.Create(ctx, w.maya, q)
	wrong(t, err, "incident")
	q.Type, q.Incident = release.Minor, "INC-1"
	_, err = w.svc.Create(ctx, w.maya, q)
	wrong(t, err, "type")
}

// TestAnEmergencyNamesAReferenceThatThePolicyKnows holds when it is made, when it
// is edited, and at A1 for one that was written before the policy asked.
func TestAnEmergencyNamesAReferenceThatThePolicyKnows(t *testing.T) {
	w := newWorld(t, func(r *policy.Rules) { r.Incidents = "INC-{N} https://desk/" })
	q := w.request()
	q.Type = release.Emergency
	for _, text := range []string{"broken", "the system is down", "OPS-12", "INC", "https://elsewhere/1"} {
		q.Incident = text
		_, err := w.svc.Create(ctx, w.maya, q)
		wrong(t, err, "incident")
		if err == nil || !strings.Contains(err.Error(), "such as INC-4711 or https://desk/…") {
			t.Errorf("%q: %v", text, err)
		}
	}
	key := w.create(emergency) // INC-1: …
	edit := func(text string) error {
		r := w.read(key)
		return w.svc.Rename(ctx, w.maya, key, release.Edit{Version: r.Version, Title: r.Title, Summary: r.Summary, OwnerID: r.OwnerID, Incident: text})
	}
	wrong(t, edit("still broken"), "incident")
	w.must(edit("https://desk/4711"))
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", key).Update("incident", "it burns").Error
	})
	if f := w.finding(key, release.A1, "emergency.named"); !f.Blocks() || !strings.Contains(f.Detail, "it burns") || !strings.Contains(f.Detail, "such as INC-4711") || f.Link == "" {
		t.Errorf("%+v", f)
	}
	w.must(edit("it burns")) // other words of an older one are edited without it
}

func TestABrokenGlassIsOwedUntilItIsDecided(t *testing.T) {
	w := newWorld(t)
	key := w.create(emergency)
	wrong(t, w.svc.AuthoriseEmergency(ctx, w.omar, key, release.Glass, " "), "comment")
	w.must(w.authorise(w.omar, key, release.Glass))
	w.stands(key, release.BuildTest)
	w.changeIs(key, change.RetroDue)
	v := w.sheet(w.olga, key)
	if !v.MayRetro || len(v.NotRetro) != 0 || v.Change.RetroDue != w.d.Now().Add(24*time.Hour) || v.Authority.Role != identity.Operations {
		t.Errorf("%+v", v)
	}
	w.emergencyLives(key)
	w.advance(key, release.VerbExitEarlyLife)
	refused(t, w.approves(w.chen, key, release.A5), "emergency.retro")
	retro := func(actor identity.Actor, verdict release.Verdict, reason string) error {
		return w.svc.DecideRetro(ctx, actor, key, verdict, reason)
	}
	wrong(t, retro(w.olga, "perhaps", " "), "verdict", "comment")
	kindIs(t, retro(w.omar, release.Approve, "I was right."), fault.Forbidden)
	opener := w.omar
	opener.Grants = append(opener.Grants, identity.Grant{Role: identity.ChangeManager})
	kindIs(t, retro(opener, release.Approve, "I was right."), fault.Refused)
	owner := w.maya
	owner.Grants = append(owner.Grants, identity.Grant{Role: identity.ChangeManager})
	if err := retro(owner, release.Approve, "Mine."); fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "You own this release") {
		t.Errorf("the owner decides: %v", err)
	}
	machine := w.olga
	machine.Kind = identity.Machine
	kindIs(t, retro(machine, release.Approve, "Green."), fault.Forbidden)
	w.must(retro(w.olga, release.Reject, "It could have waited until morning."))
	w.changeIs(key, change.RetroRefused)
	kindIs(t, retro(w.olga, release.Approve, "On second thoughts."), fault.Refused)
	w.approve(key, release.A5, w.chen)
	w.stands(key, release.Closed)
}

func TestNothingStartsOnAnAuthorityRefusedInRetrospect(t *testing.T) {
	w := newWorld(t)
	w.owed(release.A4)
	key := w.create(emergency)
	w.must(w.authorise(w.omar, key, release.Glass))
	w.pack(key)
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	w.approve(key, release.A3, w.cora)
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.must(w.svc.Proceed(ctx, w.maya, key))
	w.gateIs(key, release.A4, release.GateApproved)
	w.must(w.svc.DecideRetro(ctx, w.olga, key, release.Reject, "It can wait until morning."))
	w.gateIs(key, release.A4, release.GateVoided)
	w.leave(key, "gate.a4", "window.outside")
	refused(t, w.svc.Proceed(ctx, w.maya, key), "emergency.authority")
	w.must(w.svc.Resubmit(ctx, w.maya, key, release.A4, w.gate(key, release.A4).Version))
	w.gateIs(key, release.A4, release.GateOpen) // not passed by itself
	if err := w.approves(w.chen, key, release.A4); fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "The plan is agreed: not met.") || !strings.Contains(err.Error(), "Readiness: people") {
		t.Errorf("what the emergency owed is owed no more: %v", err)
	}
	w.do(key, release.VerbRework) // nor does the custodian alone check in again
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	w.verify(key)
	refused(t, w.approves(w.cora, key, release.A3), "gate.role")
}

// emergencyLives brings an authorised emergency into early life.
func (w *world) emergencyLives(key string) {
	w.t.Helper()
	w.pack(key)
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	w.approve(key, release.A3, w.cora)
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.must(w.svc.Proceed(ctx, w.maya, key))
	w.deployed(key)
	w.stands(key, release.EarlyLife)
}

func TestAnOverdueDebtStopsPlannedWork(t *testing.T) {
	w := newWorld(t)
	w.must(w.authorise(w.omar, w.create(emergency), release.Glass))
	key := w.created(release.Proposed)
	if f := w.finding(key, release.A1, "emergency.debts"); f.State != release.Met {
		t.Errorf("not yet due: %+v", f)
	}
	w.later(24*time.Hour + time.Second)
	refused(t, w.approves(w.chen, key, release.A1), "emergency.debts")
	next := w.create(emergency)
	w.must(w.authorise(w.olga, next, release.ECAB)) // another emergency is not kept waiting
	w.stands(next, release.BuildTest)
	other := w.addService("SHOP", "Shop")
	w.rule("shop", other.ID)
	elsewhere := w.create(func(q *release.Request) { q.ServiceKey, q.UnitIDs = "SHOP", nil })
	w.do(elsewhere, release.VerbSubmit)
	refused(t, w.approves(w.chen, elsewhere, release.A1), "scope.named") // no debt of its own
}

func TestADebtOutlivesItsRelease(t *testing.T) {
	w := newWorld(t)
	glass, board := w.create(emergency), w.create(emergency)
	w.must(w.authorise(w.omar, glass, release.Glass))
	w.must(w.authorise(w.olga, board, release.ECAB))
	w.do(glass, release.VerbCancel)
	w.do(board, release.VerbCancel)
	w.changeIs(glass, change.RetroDue)
	w.changeIs(board, change.Cancelled)
	w.must(w.svc.DecideRetro(ctx, w.olga, glass, release.Approve, "Rightly begun, rightly stopped."))
	refused(t, w.authorise(w.carl, board, release.ECAB), "release.state", "emergency.once")
}

func TestAnEmergencyMayGoTheOrdinaryWay(t *testing.T) {
	w := newWorld(t)
	key := w.create(emergency)
	w.to(key, release.Ready)
	w.changeIs(key, change.Draft)
	w.prepare(key)
	w.approve(key, release.A4, w.chen, w.olga)
	w.changeIs(key, change.ECABAuthorised)
	w.deployed(key)
	w.advance(key, release.VerbExitEarlyLife)
	w.approve(key, release.A5, w.chen)
	w.stands(key, release.Closed)
	w.changeIs(key, change.Closed)
}

func TestAnAuthorityWaitsForWhatNeverRelaxes(t *testing.T) {
	w := newWorld(t)
	key := w.create(emergency, func(q *release.Request) { q.UnitIDs = nil })
	w.must(w.authorise(w.olga, key, release.ECAB))
	w.stands(key, release.Proposed) // nobody has said what it affects
	w.gateIs(key, release.A1, release.GateOpen)
	refused(t, w.svc.Proceed(ctx, w.maya, key), "scope.named")
	w.must(w.svc.AddItem(ctx, w.bruno, key, "pay-server"))
	w.later(15 * 24 * time.Hour)
	w.must(w.svc.ExpireGates(ctx))
	w.gateIs(key, release.A1, release.GateExpired)
	w.must(w.svc.Proceed(ctx, w.maya, key)) // opens it anew, and passes
	w.stands(key, release.BuildTest)
	if second := dbtest.User(t, w.d, "second", identity.ChangeAuthority); w.sheet(second, key).MayECAB {
		t.Error("it is authorised twice")
	}
}

// What was refused before authorities remembered it speaks for nothing either.
func TestOlderAuthoritiesThatWereRefused(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 300); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		for i, key := range []string{"CHG-1", "CHG-2"} {
			c := &change.Change{Number: int64(i + 1), Key: key, Title: "a", ServiceID: service.ID, ServiceName: "Payments", State: change.RetroRefused, Unauthorised: i == 0}
			if err := tx.Create(c); err != nil {
				return err
			}
			r := &release.Release{Key: fmt.Sprintf("PAY-%d", i), Title: "a", State: release.Ready, ServiceID: service.ID, ChangeKey: key}
			if err := tx.Create(r); err != nil {
				return err
			}
			for _, sql := range []string{
				"INSERT INTO emergency_authorities (release_id, kind, by_id, by_name, role, comment) VALUES (?, 'glass', 1, 'Omar', 'operations', 'now')",
				"INSERT INTO gates (release_id, code, state) VALUES (?, 'A4', 'Open')",
			} {
				if err := tx.Gorm().Exec(sql, r.ID).Error; err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		var list []release.Authority
		if err := tx.Gorm().Order("release_id").Find(&list).Error; err != nil {
			return err
		}
		if len(list) != 2 || !list[0].Refused || list[1].Refused {
			t.Errorf("%+v", list)
		}
		var gates []release.Gate
		err := tx.Gorm().Find(&gates).Error
		if len(gates) != 2 || gates[0].SubmitterID != 0 {
			t.Errorf("%+v", gates)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
