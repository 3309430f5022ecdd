package release

import (
	"fmt"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/state"
)

// table is everything that decides who may say what of a gate now.
type table struct {
	r         *Release
	gate      *Gate
	pack      *Package
	rules     []policy.ApprovalRule
	given     []Decision
	submitted []int64 // who submitted media of the package
	built     []int64 // who recorded builds of the release
}

func (s *Service) table(tx *db.Tx, r *Release, g *Gate) (*table, error) {
	rules, err := s.rules(tx, r)
	if err != nil {
		return nil, err
	}
	t := &table{r: r, gate: g, rules: rules.ApprovalsFor(string(g.Code), string(r.Type))}
	if r.Type == Emergency && g.Code == A3 {
		authority, err := authorityOf(tx, r.ID)
		if err != nil {
			return nil, err
		}
		if authority.lives() {
			t.rules = custodianOnly(t.rules)
		}
	}
	if t.given, err = decisionsOf(tx, g.ID, g.Round); err != nil {
		return nil, err
	}
	p, lines, err := s.CurrentPackage(tx, r)
	if err != nil {
		return nil, err
	}
	t.pack = p
	if !g.Code.onPackage() {
		return t, nil
	}
	if s.builders != nil {
		if t.built, err = s.builders(tx, r.ID); err != nil {
			return nil, err
		}
		t.given = slices.DeleteFunc(t.given, func(d Decision) bool { return slices.Contains(t.built, d.ByID) }) // they built since
	}
	for _, line := range lines {
		if line.MediaVersionID == 0 {
			continue
		}
		v, err := s.media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return nil, err
		}
		t.submitted = append(t.submitted, v.SubmitterID)
	}
	return t, nil
}

// custodianOnly leaves the custodian's word, where an emergency authority has
// given change management's.
func custodianOnly(rules []policy.ApprovalRule) []policy.ApprovalRule {
	var left []policy.ApprovalRule
	for _, rule := range rules {
		if rule.Role == identity.DMLCustodian {
			left = append(left, rule)
		}
	}
	if len(left) == 0 {
		return rules
	}
	return left
}

// rolesFor are the roles under which the actor could speak now.
func (t *table) rolesFor(actor identity.Actor) (roles []identity.Role) {
	for _, role := range openRoles(seats(t.rules, t.given)) {
		if actor.Has(role, t.r.ServiceID) {
			roles = append(roles, role)
		}
	}
	return roles
}

// involved lists what a person did that takes their say on the gate from them.
func (t *table) involved(userID int64) []fault.Blocker {
	list := independence(t.r, t.pack, t.gate.Code, userID)
	add := func(format string, args ...any) {
		list = append(list, fault.Blocker{Code: "gate.independent", Sentence: fmt.Sprintf(format, args...), Owner: "Another approver", Link: t.r.Link("gates", string(t.gate.Code)), Action: "Open " + string(t.gate.Code)})
	}
	if id := t.gate.SubmitterID; id != 0 && id == userID && id != t.r.AuthorID && id != t.r.OwnerID {
		add("You submitted %s of %s, so somebody else decides it.", t.gate.Code, t.r.Key)
	}
	if slices.Contains(t.submitted, userID) {
		add("You submitted media of this package, so somebody else decides %s.", t.gate.Code)
	}
	if slices.Contains(t.built, userID) {
		add("You recorded a build of %s, so somebody else decides %s.", t.r.Key, t.gate.Code)
	}
	return list
}

// against lists why the actor has no say on the gate now, whatever the verdict.
func (t *table) against(actor identity.Actor, now db.Time) []fault.Blocker {
	list := t.involved(actor.UserID)
	block := func(code, sentence, owner string) {
		list = append(list, fault.Blocker{Code: code, Sentence: sentence, Owner: owner, Link: t.r.Link("gates", string(t.gate.Code)), Action: "Open " + string(t.gate.Code)})
	}
	if t.gate.State != GateOpen {
		block("gate.state", fmt.Sprintf("%s is %s; it is decided while it is Open.", t.gate.Code, state.Word(t.gate.State)), t.r.OwnerName)
	} else if t.gate.expired(now) {
		block("gate.expired", fmt.Sprintf("The time to decide %s has run out; it is submitted anew.", t.gate.Code), t.r.OwnerName)
	}
	if t.r.State.Over() {
		block("release.over", fmt.Sprintf("%s is %s; nothing is decided on it any more.", t.r.Key, state.Word(t.r.State)), t.r.OwnerName)
	}
	if t.r.State == OnHold {
		block("release.held", t.r.Key+" is on hold.", t.r.OwnerName)
	}
	if slices.ContainsFunc(t.given, func(d Decision) bool { return d.ByID == actor.UserID }) {
		block("gate.twice", fmt.Sprintf("You have decided %s in this round; nobody counts twice, under whatever role.", t.gate.Code), "Another approver")
	} else if len(t.rolesFor(actor)) == 0 && t.gate.State == GateOpen {
		block("gate.role", "The policy does not ask for a role of yours now.", waitsFor(seats(t.rules, t.given)))
	}
	return list
}

func waitsFor(list []Seat) string {
	text := ""
	for _, role := range openRoles(list) {
		if text != "" {
			text += ", "
		}
		text += role.Label()
	}
	return text
}

// judge gives the role that the word is taken under, or everything against it:
// an approval needs every criterion, a rejection a list of what to mend.
func (t *table) judge(actor identity.Actor, say Say, findings []Finding, now db.Time) (identity.Role, error) {
	var c fault.Check
	c.Need(say.Verdict == Approve || say.Verdict == Reject, "verdict", "Approve or reject.")
	c.Need(say.Verdict != Reject || say.Comment != "", "comment", "List what has to be mended; it goes back to the owner.")
	c.Need(len(say.Comment) <= 4000, "comment", "Keep it to 4,000 characters.")
	roles := t.rolesFor(actor)
	role := say.Role
	if role == "" && len(roles) > 0 {
		role = roles[0]
	}
	c.Need(len(roles) == 0 || slices.Contains(roles, role), "role", "Choose a role of yours that is asked for.")
	c.Block(t.against(actor, now)...)
	if say.Verdict == Approve {
		c.Block(blockersOf(findings)...)
		if t.gate.Code == A5 && t.r.Outcome == "" {
			c.Need(slices.Contains(Outcomes(), say.Outcome) && say.Outcome != OutcomeRolledBack, "outcome", "Say how the release ended.")
		}
	}
	return role, c.Err(fmt.Sprintf("%s was not decided.", t.gate.Code))
}

func blockersOf(findings []Finding) (list []fault.Blocker) {
	for _, f := range findings {
		if f.Blocks() {
			list = append(list, f.Blocker())
		}
	}
	return list
}
