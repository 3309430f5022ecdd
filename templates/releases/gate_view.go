package releases

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// GateView is one authorisation as its page shows it.
type GateView struct {
	*release.GateSheet
	Draft draft.Draft
	Zone  string // that the viewer types times in
	Now   bool   // the criteria as they are now, of a gate that is decided

	GivesRoles bool // the viewer administers accounts

	PlanDifferences map[int64][]plan.Difference // from plans that something was said of, by version
}

func (v GateView) at(parts ...string) string {
	return v.Link(append([]string{"gates", string(v.Gate.Code)}, parts...)...)
}

// open is the address that shows the page with one form open.
func (v GateView) open(form string, more ...string) string {
	query := url.Values{"do": {form}}
	for i := 0; i+1 < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return v.at() + "?" + query.Encode() + "#" + form
}

func (v GateView) form(name string) draft.Draft { return only(v.Draft, name) }

// asks is the heading: what the authorisation lets happen.
func (v GateView) asks() string {
	words := map[release.GateCode]string{release.A1: "authorise planning of", release.A2: "authorise the build of",
		release.A3: "authorise the check-in of", release.A4: "authorise deployment of", release.A5: "authorise the close of"}
	return fmt.Sprintf("%s: %s %s", v.Gate.Code, words[v.Gate.Code], v.Title)
}

// lets is what follows when the last word is an approval.
func (v GateView) lets() string {
	switch v.Gate.Code {
	case release.A1:
		return v.OwnerName + " may draw up the plan. Nothing is built by it."
	case release.A2:
		return "The build begins, on this plan. Another version of the plan voids this approval."
	case release.A3:
		return "What waits in quarantine is accepted into the library, licences are reserved, and the package is signed off under its digest. Another package voids this approval."
	case release.A4:
		return v.OwnerName + " may give go for the first wave within the window. Nothing starts by itself. Another plan, package or window voids this approval."
	}
	if v.Outcome == string(release.OutcomeRolledBack) {
		return "The release is closed as rolled back: its items keep the versions they have."
	}
	return "The release is closed: its items take their new versions, and what is to be becomes what is."
}

// decidedOn is the approval whose criteria the gate holds by.
func (v GateView) decidedOn() *release.Decision {
	if !v.Gate.State.Passed() {
		return nil
	}
	at := slices.IndexFunc(v.Decisions, func(d release.Decision) bool { return d.Verdict == release.Approve && d.Round == v.Gate.Round })
	if at < 0 {
		return nil
	}
	return &v.Decisions[at]
}

// live tells whether the criteria shown are today's.
func (v GateView) live() bool { return v.Now || v.decidedOn() == nil }

func (v GateView) criteriaTitle() string {
	switch {
	case !v.live():
		return "Criteria as they were decided on"
	case v.Now:
		return "Criteria as they are now"
	}
	return "Criteria"
}

// shown are the criteria, what stands in the way first.
func (v GateView) shown() []release.Finding {
	order := map[release.FindingState]int{release.Unmet: 0, release.Unknown: 1, release.Deferred: 2, release.Concern: 3, release.Waived: 4, release.Met: 5}
	list := slices.Clone(v.Findings)
	if !v.live() {
		list = v.decidedOn().Findings()
	}
	slices.SortStableFunc(list, func(a, b release.Finding) int { return order[a.State] - order[b.State] })
	return list
}

// findingTally counts the criteria by what is known of them.
func findingTally(list []release.Finding) (tally []ui.Segment) {
	for _, s := range []release.FindingState{release.Met, release.Unmet, release.Unknown, release.Concern, release.Waived, release.Deferred} {
		n := int64(0)
		for _, f := range list {
			if f.State == s {
				n++
			}
		}
		if n > 0 {
			tally = append(tally, ui.Segment{Family: findingFamily(s), Label: fmt.Sprintf("%d %s", n, strings.ToLower(findingWord(s))), Count: n})
		}
	}
	return tally
}

func findingFamily(s release.FindingState) string {
	switch s {
	case release.Met:
		return "good"
	case release.Unmet:
		return "bad"
	case release.Waived, release.Concern:
		return "warn"
	case release.Deferred:
		return "bad g-clock"
	}
	return "warn g-unknown"
}

func findingWord(s release.FindingState) string {
	switch s {
	case release.Unmet:
		return "Not met"
	case release.Unknown:
		return "Not known"
	case release.Deferred:
		return "Owed"
	case release.Concern:
		return "Amber"
	}
	return string(s)
}

// findingAnchor is where the page shows a criterion; refusals lead to it.
func findingAnchor(code string) string { return "criterion-" + strings.ReplaceAll(code, ".", "-") }

func attestForm(code string) string { return "attest-" + strings.ReplaceAll(code, ".", "-") }

// confirmed is what was attached to a criterion by who confirmed it.
func (v GateView) confirmed(code string) []dml.Attachment {
	return slices.DeleteFunc(slices.Clone(v.Confirmed[code]), func(a dml.Attachment) bool { return a.VouchedAt.IsZero() })
}

func (v GateView) attests(f release.Finding) bool { return slices.Contains(v.Attests, f.Code) }

// waits says why there is nothing to decide, "" while somebody may.
func (v GateView) waits() string {
	code := v.Gate.Code
	switch {
	case v.State.Over():
		return fmt.Sprintf("%s is %s. %s is not decided any more.", v.Key, strings.ToLower(ui.StateWord(string(v.State))), code)
	case v.Gate.State == release.GateOpen:
		return ""
	case v.Gate.State != release.GatePending && code == release.A1 && v.State == release.Draft:
		return fmt.Sprintf("%s is a draft again. A1 opens when %s submits it.", v.Key, v.OwnerName)
	case v.Gate.State != release.GatePending:
		return fmt.Sprintf("%s is %s. It is decided once %s submits it anew.", code, strings.ToLower(ui.StateWord(string(v.Gate.State))), v.OwnerName)
	case code == release.A1:
		return fmt.Sprintf("A1 opens when %s submits the release.", v.OwnerName)
	case code == release.A5:
		return "A5 opens when the release comes into review."
	}
	codes := release.GateCodes()
	return fmt.Sprintf("%s opens once %s is passed.", code, codes[slices.Index(codes, code)-1])
}

func (v GateView) deciders() string {
	var words []string
	for _, s := range v.Seats {
		words = append(words, fmt.Sprintf("%s %s", countWord(s.Rule.Quorum), roleWord(s.Rule.Role)))
	}
	return joined(words)
}

func countWord(n int) string {
	if n == 1 {
		return "one"
	}
	return fmt.Sprint(n)
}

// roleWord is a role inside a sentence.
func roleWord(role identity.Role) string {
	label := role.Label()
	if strings.HasPrefix(label, "DML") {
		return label
	}
	return strings.ToLower(label[:1]) + label[1:]
}

func joined(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// ordered tells whether somebody decides before somebody else.
func (v GateView) ordered() bool {
	return slices.ContainsFunc(v.Seats, func(s release.Seat) bool { return s.Rule.Order != v.Seats[0].Rule.Order })
}

func (v GateView) seatLine() string {
	if v.underAuthority() != nil {
		return ""
	}
	filled := 0
	for _, s := range v.Seats {
		filled += min(len(s.Given), s.Rule.Quorum)
	}
	order := "any order"
	if v.ordered() {
		order = "in this order"
	}
	return fmt.Sprintf("%d of %d, %s", filled, v.quorum(), order)
}

func (v GateView) quorum() (n int) {
	for _, s := range v.Seats {
		n += s.Rule.Quorum
	}
	return n
}

// underAuthority is the emergency authority's word, where it passed the gate.
func (v GateView) underAuthority() *release.Decision {
	if d := v.decidedOn(); d != nil && d.Authority != "" {
		return d
	}
	return nil
}

// asked are the seats of those who decide, those who decide first first; none
// where an emergency authority spoke for them.
func (v GateView) asked() []release.Seat {
	if v.underAuthority() != nil {
		return nil
	}
	list := slices.Clone(v.Seats)
	slices.SortStableFunc(list, func(a, b release.Seat) int { return a.Rule.Order - b.Rule.Order })
	return list
}

// awaited are those who could still speak for a seat.
func awaited(s release.Seat) []string {
	if s.Filled() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Eligible), func(name string) bool {
		return slices.ContainsFunc(s.Given, func(d release.Decision) bool { return d.ByName == name })
	})
}

// awaitedWord is how a person of a seat stands.
func (v GateView) awaitedWord(f ui.Frame, s release.Seat, name string) (family, word string) {
	switch {
	case v.Gate.State != release.GateOpen:
		return "neutral", "May decide"
	case s.Waits:
		return "neutral g-clock", "After the others"
	case name == f.Actor.Name && len(v.Against) == 0 && slices.Contains(v.Roles, s.Rule.Role):
		return "active", "You, awaited"
	}
	return "neutral g-clock", "May decide"
}

func (v GateView) roleOptions() []ui.Option {
	list := make([]ui.Option, len(v.Roles))
	for i, role := range v.Roles {
		list[i] = ui.Option{Value: string(role), Label: role.Label()}
	}
	return list
}

func (v GateView) outcomeOptions() []ui.Option {
	list := make([]ui.Option, len(v.Outcomes))
	for i, o := range v.Outcomes {
		list[i] = ui.Option{Value: string(o), Label: ui.StateWord(string(o))}
	}
	return list
}

// approveNote says what approving brings, or why it would be refused.
func (v GateView) approveNote() string {
	switch len(v.Blockers) {
	case 0:
		return v.lets()
	case 1:
		return "Refused while this is not met and not waived: " + v.Blockers[0].Sentence
	}
	return fmt.Sprintf("Refused while %d criteria are not met and not waived; they stand at the top of the list.", len(v.Blockers))
}

func (v GateView) rejectNote() string {
	if v.Gate.Code == release.A1 {
		return "The release is a draft again; it goes back to " + v.OwnerName + "."
	}
	return fmt.Sprintf("The release stays in %s; it is not a failed deployment.", ui.StateWord(string(v.State)))
}

func (v GateView) commentInput(d draft.Draft) ui.Input {
	return d.OptionalArea("comment", "Comment, or what must be mended", "", fmt.Sprintf("A rejection needs it. Kept with the package digest, the plan version and a copy of all %d criteria.", len(v.Findings)), 4)
}

// moved tells whether the window is another than the one decided on.
func (v GateView) moved() bool {
	return v.Gate.Code == release.A4 && v.Gate.State == release.GateVoided && (v.Gate.WindowStart != v.WindowStart || v.Gate.WindowEnd != v.WindowEnd)
}

// differs tells whether anything differs from the last approval that fell.
func (v GateView) differs() bool {
	if v.Gate.State.Passed() {
		return false
	}
	return v.FormerPlan != 0 || v.FormerDigest != "" || v.moved() || len(v.evidenceChanges()) > 0
}

// evidenceChange is a criterion that is not as it was.
type evidenceChange struct{ Was, Is release.Finding }

// evidenceChanges are the criteria that say something else than at the last
// approval: its copy of them against today's.
func (v GateView) evidenceChanges() (list []evidenceChange) {
	d := v.lastApproval()
	if d == nil {
		return nil
	}
	for _, was := range d.Findings() {
		at := slices.IndexFunc(v.Findings, func(f release.Finding) bool { return f.Code == was.Code })
		if at < 0 || was.Code == "window.set" && v.moved() {
			continue
		}
		if is := v.Findings[at]; is.State != was.State || is.Detail != was.Detail {
			list = append(list, evidenceChange{was, is})
		}
	}
	return list
}

// lastApproval is the approval that fell.
func (v GateView) lastApproval() *release.Decision {
	for i := range v.Decisions {
		d := &v.Decisions[i]
		if d.Verdict == release.Approve && (d.Round < v.Gate.Round || v.Gate.State == release.GateVoided) {
			return d
		}
	}
	return nil
}

// rejection is the word that ended the last round.
func (v GateView) rejection() *release.Decision {
	if v.Gate.State != release.GateRejected {
		return nil
	}
	for i := range v.Decisions {
		if v.Decisions[i].Verdict == release.Reject && v.Decisions[i].Round == v.Gate.Round {
			return &v.Decisions[i]
		}
	}
	return nil
}

// counts tells whether a word of an earlier round still counts.
func (v GateView) counts(d release.Decision) bool {
	return d.Round == v.Gate.Round && v.Gate.State != release.GateVoided
}

func verdictWord(d release.Decision) string {
	if d.Verdict == release.Approve {
		return "Approved"
	}
	return "Rejected"
}

func decisionFamily(d release.Decision, counts bool) string {
	switch {
	case !counts:
		return "void"
	case d.Verdict == release.Approve:
		return "good"
	}
	return "bad"
}

// decisionRole is the role and, for an emergency, the authority spoken under.
func decisionRole(d release.Decision) string {
	if d.Authority != "" {
		return "on " + d.Authority + " authority, as " + roleWord(d.Role)
	}
	return "as " + roleWord(d.Role)
}
