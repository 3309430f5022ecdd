package plan

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// RiskState is where a risk stands.
type RiskState string

// The states of a risk.
const (
	RiskOpen         RiskState = "Open"
	RiskTreating     RiskState = "Treating"
	RiskAccepted     RiskState = "Accepted"
	RiskClosed       RiskState = "Closed"
	RiskMaterialised RiskState = "Materialised"
)

// RiskStates lists every state of a risk.
func RiskStates() []RiskState {
	return []RiskState{RiskOpen, RiskTreating, RiskAccepted, RiskClosed, RiskMaterialised}
}

// Scan refuses a stored word that is no state.
func (s *RiskState) Scan(src any) error { return state.ScanWord(s, src, RiskStates()) }

// RiskVerb is a command to a risk.
type RiskVerb string

// The verbs of a risk.
const (
	RiskTreat       RiskVerb = "treat"
	RiskAccept      RiskVerb = "accept"
	RiskClose       RiskVerb = "close"
	RiskMaterialise RiskVerb = "materialise"
)

// RiskVerbs lists every verb of a risk.
func RiskVerbs() []RiskVerb { return []RiskVerb{RiskTreat, RiskAccept, RiskClose, RiskMaterialise} }

var riskTransitions = state.Table[RiskState, RiskVerb]{
	{RiskOpen, RiskTreat, RiskTreating},
	{RiskTreating, RiskAccept, RiskAccepted},
	{RiskTreating, RiskClose, RiskClosed},
	{RiskTreating, RiskMaterialise, RiskMaterialised},
}

// Risk is a cause, an event and its impact. Appetite is the policy's when the
// risk was last weighed: a score above it is the service owner's to accept.
type Risk struct {
	db.Row
	ReleaseID           int64
	ReleaseKey          string
	ServiceID           int64
	ServiceName         string
	Restricted          bool
	Number              int64
	Cause, Event        string
	Effect              string
	Probability, Impact int64
	Response            string // avoid, reduce, transfer, accept
	Treatment           string
	OwnerID             int64
	OwnerName           string
	Due                 db.Time
	ResidualProbability int64 // 0: not estimated
	ResidualImpact      int64
	State               RiskState
	Appetite            int64
	DecidedByID         int64
	DecidedBy           string
	DecidedAt           db.Time
	Reason              string
}

// Key is what people call the risk.
func (r *Risk) Key() string { return fmt.Sprintf("R%d", r.Number) }

// Link is the risk's place on its release's page.
func (r *Risk) Link() string {
	return fmt.Sprintf("/releases/%s/risks#risk-%d", r.ReleaseKey, r.Number)
}

// Score is probability times impact.
func (r *Risk) Score() int64 { return r.Probability * r.Impact }

// Residual is the score after treatment; the score itself until estimated.
func (r *Risk) Residual() int64 {
	if r.ResidualProbability == 0 || r.ResidualImpact == 0 {
		return r.Score()
	}
	return r.ResidualProbability * r.ResidualImpact
}

// Place is the cell of the map in which the risk stands now.
func (r *Risk) Place() (probability, impact int64) {
	if r.ResidualProbability == 0 || r.ResidualImpact == 0 {
		return r.Probability, r.Impact
	}
	return r.ResidualProbability, r.ResidualImpact
}

// Live tells whether the risk can still come about unaccepted.
func (r *Risk) Live() bool { return r.State == RiskOpen || r.State == RiskTreating }

// Above tells whether what remains is more than the appetite.
func (r *Risk) Above() bool { return r.Residual() > r.Appetite }

// Allowed lists the verbs of the risk's state.
func (r *Risk) Allowed() []RiskVerb { return riskTransitions.Verbs(r.State) }

// ProbabilityWords explains the five steps of probability.
func ProbabilityWords() []string {
	return []string{"Rare: under 5 %", "Unlikely: 5 to 20 %", "Possible: 20 to 50 %", "Likely: 50 to 80 %", "Almost certain: over 80 %"}
}

// ImpactWords explains the five steps of impact.
func ImpactWords() []string {
	return []string{"Negligible: nobody notices", "Minor: a few people, a workaround", "Moderate: a team cannot work for hours",
		"Major: the service is away for a day", "Severe: data, money or safety is lost"}
}

// Grade is a score in a word.
func Grade(score int64) string {
	switch {
	case score >= 15:
		return "high"
	case score >= 8:
		return "medium"
	}
	return "low"
}

// Explain says how the score came about.
func Explain(probability, impact int64) string {
	if probability < 1 || probability > 5 || impact < 1 || impact > 5 {
		return "Not weighed."
	}
	p, _, _ := strings.Cut(ProbabilityWords()[probability-1], ":")
	i, _, _ := strings.Cut(ImpactWords()[impact-1], ":")
	return fmt.Sprintf("%s (%d) × %s (%d) = %d, %s", p, probability, strings.ToLower(i), impact, probability*impact, Grade(probability*impact))
}

// Responses are the ways to meet a risk.
func Responses() []string { return []string{"avoid", "reduce", "transfer", "accept"} }

func (r *Risk) validate() error {
	for _, text := range []*string{&r.Cause, &r.Event, &r.Effect, &r.Treatment} {
		*text = strings.TrimSpace(*text)
	}
	var check fault.Check
	check.Need(r.Cause != "", "cause", "Say what could bring it about.")
	check.Need(r.Event != "", "event", "Say what could happen.")
	check.Need(r.Effect != "", "effect", "Say what it would do to whom.")
	check.Need(r.Probability >= 1 && r.Probability <= 5, "probability", "Choose how probable it is, 1 to 5.")
	check.Need(r.Impact >= 1 && r.Impact <= 5, "impact", "Choose how great the impact is, 1 to 5.")
	both := (r.ResidualProbability == 0) == (r.ResidualImpact == 0)
	check.Need(both && r.ResidualProbability >= 0 && r.ResidualProbability <= 5, "residual_probability", "Estimate both parts of what remains, 1 to 5, or neither.")
	check.Need(both && r.ResidualImpact >= 0 && r.ResidualImpact <= 5, "residual_impact", "Estimate both parts of what remains, 1 to 5, or neither.")
	check.Need(r.Response == "" || slices.Contains(Responses(), r.Response), "response", "Choose a response.")
	return check.Err("The risk cannot be saved.")
}

// do moves the risk. Who accepts more than the appetite has to own the service,
// and so has whoever closes it.
func (r *Risk) do(actor identity.Actor, verb RiskVerb, reason string, now db.Time) error {
	to, err := riskTransitions.Next("Risk "+r.Key(), r.State, verb)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	var check fault.Check
	check.Need(verb == RiskTreat || reason != "", "reason", "Say why.")
	switch verb {
	case RiskTreat:
		for _, missing := range []struct {
			ok   bool
			what string
		}{{r.Response != "", "response"}, {r.OwnerName != "", "owner"}, {r.Due != 0, "due date"}} {
			if !missing.ok {
				check.Block(fault.Blocker{Code: "risk.treat", Sentence: fmt.Sprintf("Risk %s has no %s.", r.Key(), missing.what), Owner: identity.ReleaseManager.Label(), Link: r.Link(), Action: "Edit the risk"})
			}
		}
	case RiskClose:
		if r.Above() && !actor.Can(identity.RiskAccept, r.ServiceID) {
			check.Block(fault.Blocker{Code: "risk.above", Sentence: fmt.Sprintf("Risk %s still scores %d, above the appetite of %d. Estimate what remains, or have the service owner decide.", r.Key(), r.Residual(), r.Appetite),
				Owner: identity.ServiceOwner.Label(), Link: r.Link(), Action: "Open the risk"})
		}
	case RiskAccept:
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		permission := identity.RiskEdit
		if r.Above() {
			permission = identity.RiskAccept
		}
		if err := identity.Authorize(actor, permission, r.ServiceID); err != nil {
			return err
		}
	}
	if err := check.Err(fmt.Sprintf("Risk %s cannot be moved on.", r.Key())); err != nil {
		return err
	}
	if verb != RiskTreat {
		r.DecidedByID, r.DecidedBy, r.DecidedAt, r.Reason = actor.UserID, actor.Name, now, reason
	}
	r.State = to
	return nil
}
