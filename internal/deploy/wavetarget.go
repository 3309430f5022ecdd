package deploy

import (
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/state"
)

// TargetState is where one target of a wave stands.
type TargetState string

// The states of a target. Push goes by Staged and Deploying, pull by Offered
// and Taken; the rest is shared.
const (
	TargetPending    TargetState = "Pending"
	TargetStaged     TargetState = "Staged"
	TargetDeploying  TargetState = "Deploying"
	TargetVerifying  TargetState = "Verifying"
	TargetOffered    TargetState = "Offered"
	TargetTaken      TargetState = "Taken"
	TargetInstalled  TargetState = "Installed"
	TargetVerified   TargetState = "Verified"
	TargetFailed     TargetState = "Failed"
	TargetOverdue    TargetState = "Overdue"
	TargetExcluded   TargetState = "Excluded"
	TargetRolledBack TargetState = "RolledBack"
)

// TargetStates lists every state.
func TargetStates() []TargetState {
	return []TargetState{TargetPending, TargetStaged, TargetDeploying, TargetVerifying, TargetOffered, TargetTaken, TargetInstalled,
		TargetVerified, TargetFailed, TargetOverdue, TargetExcluded, TargetRolledBack}
}

// Scan refuses a stored word that is no state.
func (s *TargetState) Scan(src any) error { return state.ScanWord(s, src, TargetStates()) }

// waits tells whether the target waits for its method to begin it.
func (s TargetState) waits() bool {
	return s == TargetPending || s == TargetStaged || s == TargetOffered
}

// troubled tells whether somebody has to look at the target.
func (s TargetState) troubled() bool { return s == TargetFailed || s == TargetOverdue }

// TargetVerb moves a target of a wave.
type TargetVerb string

// The verbs of a target.
const (
	TargetStage    TargetVerb = "be staged"
	TargetDeploy   TargetVerb = "be deployed to"
	TargetOffer    TargetVerb = "be offered the package"
	TargetTake     TargetVerb = "take the package"
	TargetInstall  TargetVerb = "be installed"
	TargetVerify   TargetVerb = "be verified"
	TargetFail     TargetVerb = "fail"
	TargetLate     TargetVerb = "be overdue"
	TargetRetry    TargetVerb = "be retried"
	TargetExclude  TargetVerb = "be excluded"
	TargetRollBack TargetVerb = "be rolled back"
)

// TargetVerbs lists every verb.
func TargetVerbs() []TargetVerb {
	return []TargetVerb{TargetStage, TargetDeploy, TargetOffer, TargetTake, TargetInstall, TargetVerify, TargetFail, TargetLate, TargetRetry, TargetExclude, TargetRollBack}
}

type targetTable = state.Table[TargetState, TargetVerb]

// pushMoves is the life of a target that is deployed to.
var pushMoves = targetTable{
	{TargetPending, TargetStage, TargetStaged},
	{TargetStaged, TargetDeploy, TargetDeploying},
	{TargetDeploying, TargetInstall, TargetVerifying},
	{TargetVerifying, TargetVerify, TargetVerified},
	{TargetStaged, TargetFail, TargetFailed},
	{TargetDeploying, TargetFail, TargetFailed},
	{TargetVerifying, TargetFail, TargetFailed},
	{TargetFailed, TargetRetry, TargetStaged},
	{TargetPending, TargetExclude, TargetExcluded},
	{TargetStaged, TargetExclude, TargetExcluded},
	{TargetDeploying, TargetExclude, TargetExcluded},
	{TargetVerifying, TargetExclude, TargetExcluded},
	{TargetFailed, TargetExclude, TargetExcluded},
	{TargetPending, TargetRollBack, TargetRolledBack},
	{TargetStaged, TargetRollBack, TargetRolledBack},
	{TargetDeploying, TargetRollBack, TargetRolledBack},
	{TargetVerifying, TargetRollBack, TargetRolledBack},
	{TargetVerified, TargetRollBack, TargetRolledBack},
	{TargetFailed, TargetRollBack, TargetRolledBack},
}

// pullMoves is the life of a target that fetches what it is offered.
var pullMoves = targetTable{
	{TargetPending, TargetOffer, TargetOffered},
	{TargetOffered, TargetTake, TargetTaken},
	{TargetTaken, TargetInstall, TargetInstalled},
	{TargetInstalled, TargetVerify, TargetVerified},
	{TargetOffered, TargetFail, TargetFailed},
	{TargetTaken, TargetFail, TargetFailed},
	{TargetInstalled, TargetFail, TargetFailed},
	{TargetOffered, TargetLate, TargetOverdue},
	{TargetTaken, TargetLate, TargetOverdue},
	{TargetInstalled, TargetLate, TargetOverdue},
	{TargetOverdue, TargetTake, TargetTaken},
	{TargetFailed, TargetRetry, TargetOffered},
	{TargetOverdue, TargetRetry, TargetOffered},
	{TargetPending, TargetExclude, TargetExcluded},
	{TargetOffered, TargetExclude, TargetExcluded},
	{TargetTaken, TargetExclude, TargetExcluded},
	{TargetInstalled, TargetExclude, TargetExcluded},
	{TargetFailed, TargetExclude, TargetExcluded},
	{TargetOverdue, TargetExclude, TargetExcluded},
	{TargetPending, TargetRollBack, TargetRolledBack},
	{TargetOffered, TargetRollBack, TargetRolledBack},
	{TargetTaken, TargetRollBack, TargetRolledBack},
	{TargetInstalled, TargetRollBack, TargetRolledBack},
	{TargetVerified, TargetRollBack, TargetRolledBack},
	{TargetFailed, TargetRollBack, TargetRolledBack},
	{TargetOverdue, TargetRollBack, TargetRolledBack},
}

// movesFor gives the table of a delivery: "push" or "pull".
func movesFor(delivery string) targetTable {
	if delivery == "pull" {
		return pullMoves
	}
	return pushMoves
}

// WaveTarget is one target of one wave, and what became of it.
type WaveTarget struct {
	db.Row
	WaveID           int64
	ReleaseID        int64
	TargetID         int64
	TargetKey        string
	TargetName       string
	Delivery         string // push or pull
	State            TargetState
	Touched          bool  // somebody may have changed it
	Attempts         int64 // how often it was begun
	Batch            int64 // marks those that one deed moved together
	InstalledDigest  string
	InstalledVersion string
	FormerDigest     string // before the wave
	FormerVersion    string
	FormerRelease    string
	Evidence         string
	Reason           string  // why it failed, or is excluded
	FailClass        string  // which kind of failure; see policy.Failures
	RetryAt          db.Time // when it is tried again by itself; 0 is never
	ByID             int64   // who reported last
	ByName           string
	SettledAt        db.Time
	ExcludeReason    string // asked for, and not yet confirmed
	ExcludeAskedByID int64
	ExcludeAskedBy   string
	ExcludeAskedAs   string // the role it was asked under
}

// ExclusionAsked tells whether an exclusion waits for its second person.
func (t *WaveTarget) ExclusionAsked() bool {
	return t.ExcludeAskedByID != 0 && t.State != TargetExcluded
}

// Verbs lists what the target's state allows.
func (t *WaveTarget) Verbs() []TargetVerb { return movesFor(t.Delivery).Verbs(t.State) }

// move moves the target by its table.
func (t *WaveTarget) move(verb TargetVerb) error {
	to, err := movesFor(t.Delivery).Next(t.TargetKey, t.State, verb)
	if err == nil {
		t.State, t.RetryAt = to, 0
	}
	return err
}

// walk says every verb in turn that the state allows, and gives the refusal of
// the last where it is not reached.
func (t *WaveTarget) walk(verbs ...TargetVerb) error {
	to, err := route(t.Delivery, t.TargetKey, t.State, verbs)
	if err == nil {
		t.State, t.RetryAt = to, 0
	}
	return err
}

// toVerified are the verbs on the way from started to verified.
var toVerified = []TargetVerb{TargetDeploy, TargetTake, TargetInstall, TargetVerify}

func route(delivery, noun string, from TargetState, verbs []TargetVerb) (TargetState, error) {
	table := movesFor(delivery)
	for _, verb := range verbs[:len(verbs)-1] {
		if table.Allows(from, verb) {
			from, _ = table.Next(noun, from, verb)
		}
	}
	return table.Next(noun, from, verbs[len(verbs)-1])
}

// reaching lists the states from which the verbs lead to the end.
func reaching(delivery string, verbs ...TargetVerb) []TargetState {
	return slices.DeleteFunc(TargetStates(), func(s TargetState) bool {
		_, err := route(delivery, "", s, verbs)
		return err != nil
	})
}

// Event is one thing that became of a target, kept for good.
type Event struct {
	ID         int64
	TargetID   int64
	TargetKey  string
	ReleaseID  int64
	ReleaseKey string
	WaveNumber int64
	State      TargetState
	Digest     string
	Label      string // version in words
	Note       string
	ByID       int64 // 0 for machines and clocks
	ByName     string
	HappenedAt db.Time
}

// TableName is the table of events.
func (Event) TableName() string { return "target_events" }

// SignedDigest is a digest that a target of the release may run.
type SignedDigest struct {
	Name   string // "package v3" or the component's name
	Label  string // version in words
	Digest string
}

// tidyDigest accepts a digest with or without its algorithm, in any case.
func tidyDigest(text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	hex := strings.TrimPrefix(text, "sha256:")
	return "sha256:" + hex, len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}
