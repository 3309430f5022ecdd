package release

import (
	"context"
	"maps"
	"slices"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// GateSheet is what a gate's page shows: what is decided on, what differs from
// the last approval, the evidence, who decides, and what the viewer may do.
type GateSheet struct {
	Head
	Gate      Gate
	Findings  []Finding
	Seats     []Seat
	Decisions []Decision // every round, the newest first
	Waivers   []Waiver
	Package   *Package
	Lines     []Component

	FormerPlan   int64        // plan version of the last approval that fell, 0 for none
	FormerDigest string       // package digest of the same
	Difference   []Difference // of the packages

	Roles      []identity.Role // under which the viewer could speak now
	Against    []fault.Blocker // why the viewer has no say
	Blockers   []fault.Blocker // why nobody can approve
	Resubmits  bool
	AsksWaiver bool
	Waives     bool
	NotWaives  map[int64][]fault.Blocker // why the viewer does not decide on a waiver, by its number
	Decides    bool                      // the viewer holds a deciding role at all
	Attests    []string
	Outcomes   []Outcome
	Authority  *Authority
	Proceeds   bool
	People     []identity.Person
	Viewer     int64

	Files     []dml.Attachment            // the viewer's, that they have not decided with yet
	Confirmed map[string][]dml.Attachment // what is attached to the policy's own criteria, by code
	Lapsed    map[string]int64            // the plan version that a criterion was last confirmed for, where it is another by now
}

// FormerPlans gives the plan versions that something on the page was said of
// and that are not the release's any more.
func (v *GateSheet) FormerPlans() []int64 {
	list := slices.Collect(maps.Values(v.Lapsed))
	if v.FormerPlan != 0 {
		list = append(list, v.FormerPlan)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Gate gives the page of one gate.
func (s *Service) Gate(ctx context.Context, actor identity.Actor, key string, code GateCode) (v *GateSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		v, err = s.gateSheet(tx, actor, key, code)
		return err
	})
	return v, err
}

func (s *Service) gateSheet(tx *db.Tx, actor identity.Actor, key string, code GateCode) (*GateSheet, error) {
	head, err := s.HeadIn(tx, actor, key)
	if err != nil {
		return nil, err
	}
	r := head.Release
	at := slices.IndexFunc(head.Gates, func(g Gate) bool { return g.Code == code })
	if at < 0 {
		return nil, fault.New(fault.NotFound, "There is no authorisation %s.", code)
	}
	v := &GateSheet{Head: *head, Gate: head.Gates[at], Viewer: actor.UserID}
	t, err := s.table(tx, r, &v.Gate)
	if err != nil {
		return nil, err
	}
	if v.Gate.State == GateVoided {
		t.given = nil // what was said no longer counts
	}
	v.Seats, v.Roles, v.Package = seats(t.rules, t.given), t.rolesFor(actor), t.pack
	for i := range v.Seats {
		people, err := identity.People(tx, r.ServiceID, v.Seats[i].Rule.Role)
		if err != nil {
			return nil, err
		}
		for _, person := range people {
			if len(t.involved(person.ID)) == 0 {
				v.Seats[i].Eligible = append(v.Seats[i].Eligible, person.Name)
			}
		}
	}
	if v.Findings, err = s.Findings(tx, r, code); err != nil {
		return nil, err
	}
	v.Blockers = blockersOf(v.Findings)
	if v.Decisions, err = allDecisions(tx, v.Gate.ID); err != nil {
		return nil, err
	}
	files, err := dml.AttachmentsTo(tx, gateSubject, v.Gate.ID)
	if err != nil {
		return nil, err
	}
	withFiles(v.Decisions, files)
	v.Files = dml.Said(files, actor.UserID, 0)
	if err := s.former(tx, r, v); err != nil {
		return nil, err
	}
	if err := s.exceptions(tx, actor, r, v); err != nil {
		return nil, err
	}
	v.Decides = actor.Can(identity.GateDecide, r.ServiceID)
	if v.Decides {
		v.Against = t.against(actor, tx.Now)
	}
	v.Resubmits = head.Edits && slices.Contains([]GateState{GateVoided, GateRejected, GateExpired}, v.Gate.State) && (code != A1 || r.State != Draft)
	if code == A5 && r.Outcome == "" {
		v.Outcomes = slices.DeleteFunc(Outcomes(), func(o Outcome) bool { return o == OutcomeRolledBack })
	}
	return v, nil
}

// withFiles gives each decision what was attached to it.
func withFiles(list []Decision, files []dml.Attachment) {
	for i := range list {
		d := &list[i]
		d.Files = dml.Said(dml.To(files, gateSubject, d.GateID), d.ByID, d.CreatedAt)
	}
}

// former finds what the last approval was given for, where that is another
// plan or package than today's.
func (s *Service) former(tx *db.Tx, r *Release, v *GateSheet) error {
	at := slices.IndexFunc(v.Decisions, func(d Decision) bool { return d.Verdict == Approve && d.Round < v.Gate.Round })
	if v.Gate.State == GateVoided {
		at = slices.IndexFunc(v.Decisions, func(d Decision) bool { return d.Verdict == Approve })
	}
	if at < 0 {
		if v.Package != nil {
			var err error
			v.Lines, err = componentsOf(tx, v.Package.ID)
			return err
		}
		return nil
	}
	d := v.Decisions[at]
	if d.PlanVersion != r.PlanVersion {
		v.FormerPlan = d.PlanVersion
	}
	if v.Package == nil {
		return nil
	}
	lines, err := componentsOf(tx, v.Package.ID)
	if err != nil {
		return err
	}
	v.Lines = lines
	if d.PackageDigest == "" || d.PackageDigest == r.PackageDigest {
		return nil
	}
	v.FormerDigest = d.PackageDigest
	was, err := packageByDigest(tx, r.ID, d.PackageDigest)
	if err != nil {
		return err
	}
	before, err := componentsOf(tx, was.ID)
	v.Difference = CompareComponents(before, lines)
	return err
}

// exceptions fills in waivers, attestations and the emergency authority.
func (s *Service) exceptions(tx *db.Tx, actor identity.Actor, r *Release, v *GateSheet) error {
	waivers, err := waiversOf(tx, r.ID)
	if err != nil {
		return err
	}
	for _, w := range waivers {
		if w.Gate == v.Gate.Code {
			v.Waivers = append(v.Waivers, w)
		}
	}
	v.AsksWaiver = actor.Can(identity.WaiverRequest, r.ServiceID) && v.Gate.State == GateOpen
	v.Waives, v.NotWaives = actor.Can(identity.WaiverApprove, r.ServiceID), map[int64][]fault.Blocker{}
	for i := range v.Waivers {
		if reasons := v.Waivers[i].against(r, actor.UserID); len(reasons) > 0 {
			v.NotWaives[v.Waivers[i].ID] = reasons
		}
	}
	if v.AsksWaiver {
		if v.People, err = identity.People(tx, r.ServiceID); err != nil {
			return err
		}
	}
	rules, err := s.rules(tx, r)
	if err != nil {
		return err
	}
	v.Confirmed = map[string][]dml.Attachment{}
	for _, criterion := range rules.CriteriaFor(string(v.Gate.Code)) {
		if v.Confirmed[criterion.Code], err = dml.AttachmentsTo(tx, attestSubject(criterion.Code), r.ID); err != nil {
			return err
		}
		at := slices.IndexFunc(v.Findings, func(f Finding) bool { return f.Code == criterion.Code })
		if at >= 0 && v.Findings[at].State != Met && actor.Has(criterion.Role, r.ServiceID) && !r.State.Over() {
			v.Attests = append(v.Attests, criterion.Code)
		}
	}
	if v.Lapsed, err = s.lapsed(tx, r, v); err != nil {
		return err
	}
	if r.Type == Emergency {
		if v.Authority, err = authorityOf(tx, r.ID); err != nil {
			return err
		}
		v.Proceeds = v.Authority.covers(v.Gate.Code) && !v.Gate.State.Passed() && gateBefore[r.State] == v.Gate.Code && v.Edits
	}
	return nil
}
