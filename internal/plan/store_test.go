package plan

import (
	"context"
	"errors"
	"testing"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/release"
)

func TestWhatIsKeptComesBack(t *testing.T) {
	d := dbtest.New(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.InTx(context.Background(), func(tx *db.Tx) error {
		_, err := newestPlan(tx, 1)
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("a plan before one is drawn: %v", err)
		}
		content := Content{Scope: "tills", Milestones: []Milestone{{"Pilot", now}}}
		for number := int64(1); number <= 2; number++ {
			must(insertPlan(tx, &Plan{ReleaseID: 1, ReleaseKey: "PAY-1", Number: number, State: InAgreement, Content: content, ByName: "Maya",
				Difference: []Difference{{"Scope", "", "tills"}}}))
		}
		p, err := newestPlan(tx, 1)
		must(err)
		if p.Number != 2 || p.Content.Scope != "tills" || len(p.Content.Milestones) != 1 || len(p.Difference) != 1 {
			t.Errorf("%+v", p)
		}
		must(p.supersede())
		must(save(tx, p))
		stale := *p
		stale.Version--
		if err := save(tx, &stale); !errors.Is(err, fault.Conflict) {
			t.Errorf("a stale save: %v", err)
		}
		must(insertStakeholders(tx, []Stakeholder{{ServiceID: 7, ReleaseID: 1, PersonID: 5, Name: "Sofia", RACI: "A", Required: true},
			{ServiceID: 7, ReleaseID: 1, PersonID: 6, Name: "Omar", RACI: "C"}, {ServiceID: 7, Name: "Shops", RACI: "I"}}))
		people, err := stakeholdersOf(tx, 1)
		must(err)
		kept, err := registerOf(tx, 7)
		must(err)
		if len(people) != 2 || len(kept) != 1 || !people[0].Required {
			t.Errorf("%v, %v", people, kept)
		}
		waits := func(person int64) int {
			list, err := waitingFor(tx, person)
			must(err)
			return len(list)
		}
		if waits(5) != 1 || waits(6) != 0 {
			t.Errorf("plans wait for %d and %d", waits(5), waits(6))
		}
		first, err := planByNumber(tx, 1, 1)
		must(err)
		must(insertAgreement(tx, &Agreement{PlanID: first.ID, StakeholderID: people[0].ID, PersonID: 5, PersonName: "Sofia", Verdict: Agrees, GivenAt: now}))
		if waits(5) != 0 {
			t.Error("the plan still waits for who has agreed")
		}
		return nil
	}))
}

func TestNoticesAndRisks(t *testing.T) {
	d := dbtest.New(t)
	err := d.InTx(context.Background(), func(tx *db.Tx) error {
		n := &Notice{ReleaseID: 1, ReleaseKey: "PAY-1", Number: 1, Audience: "Shops", Text: "Away from 23:30", SendBy: now}
		if err := insertNotice(tx, n); err != nil {
			return err
		}
		if err := insertAcknowledgement(tx, &Acknowledgement{NoticeID: n.ID, PersonID: 5, PersonName: "Sofia", GivenAt: now}); err != nil {
			return err
		}
		if list, err := noticesOf(tx, 1); err != nil || len(list) != 1 || len(list[0].Acks) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		for i, state := range RiskStates() {
			risk := &Risk{ReleaseID: 1, ReleaseKey: "PAY-1", ServiceID: 7, Number: int64(i + 1), Cause: "a", Event: "b", Effect: "c", Probability: int64(i + 1), Impact: 2, State: state}
			if err := insertRisk(tx, risk); err != nil {
				return err
			}
		}
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		r := &release.Release{Key: "PAY-1", ServiceID: service.ID, State: release.Planning}
		if err := tx.Create(r); err != nil {
			return err
		}
		live, err := register(tx, false, 10)
		if err != nil || len(live) != 2 || live[0].Probability != 2 {
			t.Errorf("the register holds %+v, %v", live, err)
		}
		for _, over := range []release.State{release.Closed, release.Cancelled} {
			r.State = over
			if err := tx.Save(r); err != nil {
				return err
			}
			if live, err := register(tx, false, 10); err != nil || len(live) != 0 {
				t.Errorf("of a release that is %s the register holds %+v, %v", over, live, err)
			}
		}
		if all, err := register(tx, true, 10); err != nil || len(all) != len(RiskStates()) {
			t.Errorf("of all the register holds %+v, %v", all, err)
		}
		if next, err := nextNumber(tx, "risks", 1); err != nil || next != 6 {
			t.Errorf("the next risk is %d, %v", next, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestANoticeThatNobodySentIsNone(t *testing.T) {
	d := dbtest.New(t)
	err := d.InTx(context.Background(), func(tx *db.Tx) error {
		r := &release.Release{Row: db.Row{ID: 1}, Key: "PAY-1", OwnerName: "Maya", WindowStart: now}
		finding := func(want release.FindingState) {
			t.Helper()
			if f, err := (&Service{}).noticeFinding(tx, r); err != nil || f.State != want {
				t.Errorf("%+v, %v, want %s", f, err, want)
			}
		}
		finding(release.Unmet)
		after := &Notice{ReleaseID: 1, ReleaseKey: "PAY-1", Number: 1, Audience: "Shops", Text: "It is live.", SendBy: now + 1}
		if err := insertNotice(tx, after); err != nil {
			return err
		}
		finding(release.Unmet) // it is planned for after the window, and nobody was told
		before := &Notice{ReleaseID: 1, ReleaseKey: "PAY-1", Number: 2, Audience: "Clerks", Text: "Away at night.", SendBy: now - 1}
		if err := insertNotice(tx, before); err != nil {
			return err
		}
		finding(release.Unmet)
		before.SentAt = now - 2
		if err := save(tx, before); err != nil {
			return err
		}
		finding(release.Met)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
