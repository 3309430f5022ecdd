package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// The outcomes that are reported of targets.
const (
	OutcomeVerified   = "verified"
	OutcomeFailed     = "failed"
	OutcomeRolledBack = "rolled-back"
)

// Result is what another deployer says of one target.
type Result struct {
	Target   string `json:"target"`
	Outcome  string `json:"outcome"`
	Digest   string `json:"digest,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Evidence string `json:"evidence,omitempty"`
}

// Taken is what became of a result.
type Taken struct {
	Target string      `json:"target"`
	State  TargetState `json:"state,omitempty"` // the target's now
	Taken  bool        `json:"taken"`           // or it was so already
	Why    string      `json:"why,omitempty"`   // it was not taken
}

// TakenResults is the answer to a report.
type TakenResults struct {
	Wave    WaveState `json:"wave"`
	Results []Taken   `json:"results"`
}

const (
	maxResults = 1000
	// receiptsKept is how long a report that is sent again gets the same answer.
	receiptsKept = 30 * 24 * time.Hour
)

// TakeResults takes what another deployer reports of targets of a wave. Each
// result counts by itself; what is refused says why. Once is the caller's own
// word for the report: sent again under it, the same report gets the same
// answer and changes nothing, and another one is refused.
func (s *Service) TakeResults(ctx context.Context, actor identity.Actor, key string, wave int64, once string, results []Result) (answer *TakenResults, err error) {
	asked, err := digestOf(key, wave, results)
	if err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, wave)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.TargetReport, d.r.ServiceID); err != nil {
			return err
		}
		var c fault.Check
		c.Need(once != "" && len(once) <= 200, "Idempotency-Key", "Send a word of your own for this report, the same whenever it is sent again.")
		c.Need(len(results) > 0 && len(results) <= maxResults, "results", fmt.Sprintf("Report 1 to %d targets at once.", maxResults))
		if err := c.Err("Nothing was reported."); err != nil {
			return err
		}
		before, err := receiptOf(tx, actor.UserID, once)
		if err != nil {
			return err
		}
		if before != nil {
			if before.Asked != asked {
				return wrong("Nothing was reported.", "Idempotency-Key", "Another report was sent under this word before.", nil)
			}
			answer = &TakenResults{}
			return json.Unmarshal([]byte(before.Answer), answer)
		}
		if answer, err = d.take(results); err != nil {
			return err
		}
		text, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if err := forgetReceipts(tx, tx.Now.Add(-receiptsKept)); err != nil {
			return err
		}
		return insert(tx, &receipt{UserID: actor.UserID, Once: once, Asked: asked, Answer: string(text), CreatedAt: tx.Now})
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

func digestOf(key string, wave int64, results []Result) (string, error) {
	text, err := json.Marshal(struct {
		Key     string
		Wave    int64
		Results []Result
	}{key, wave, results})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// take takes the results one after the other. A refusal is found before anything
// of its target is changed, so the others stand.
func (d *deed) take(results []Result) (*TakenResults, error) {
	answer := &TakenResults{Results: make([]Taken, len(results))}
	for i, one := range results {
		taken := Taken{Target: one.Target}
		t, err := findWaveTarget(d.tx, d.w.ID, one.Target)
		if err == nil {
			err = d.takeOne(t, one)
			taken.State = t.State
		} else if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.NotFound, "%s has no target %s.", d.w.Label(), one.Target)
		}
		f, refused := fault.As(err)
		switch {
		case err == nil:
			taken.Taken = true
		case refused && (f.Kind == fault.Refused || f.Kind == fault.Invalid || f.Kind == fault.NotFound):
			taken.Why = sentence(f)
		default:
			return nil, err
		}
		answer.Results[i] = taken
	}
	answer.Wave = d.w.State
	return answer, nil
}

// sentence is a fault with all its reasons in one line.
func sentence(f *fault.Fault) string {
	text := f.Message
	for _, field := range f.Fields {
		text += " " + field.Message
	}
	for _, b := range f.Blockers {
		text += " " + b.Sentence
	}
	return text
}

// takeOne takes one result. One that says what is so already changes nothing.
func (d *deed) takeOne(t *WaveTarget, one Result) error {
	digest, _ := tidyDigest(one.Digest)
	switch {
	case one.Outcome == OutcomeVerified && t.State == TargetVerified && t.InstalledDigest == digest,
		one.Outcome == OutcomeFailed && t.State == TargetFailed,
		one.Outcome == OutcomeRolledBack && t.State == TargetRolledBack:
		return nil
	}
	states := reportable
	if one.Outcome == OutcomeRolledBack {
		states = []WaveState{WaveRemediating}
	}
	if err := d.inState(states); err != nil {
		return err
	}
	switch one.Outcome {
	case OutcomeVerified:
		return d.said(t, func(d *deed, t *WaveTarget) error { return d.verified(t, one.Digest, one.Evidence) })
	case OutcomeFailed:
		return d.said(t, func(d *deed, t *WaveTarget) error { return d.failedBy(t, policy.FailInstall, one.Reason) })
	case OutcomeRolledBack:
		if err := d.workable(BackOut); err != nil {
			return err
		}
		return d.said(t, func(d *deed, t *WaveTarget) error {
			return d.rolledBack(t, Report{Digest: one.Digest, Evidence: one.Evidence})
		})
	}
	return wrong("The result was not taken.", "outcome", fmt.Sprintf("The outcome is %s, %s or %s.", OutcomeVerified, OutcomeFailed, OutcomeRolledBack), nil)
}

// said is change for one result of many: what is refused of the target is told,
// and what its consequences run into undoes the whole report.
func (d *deed) said(t *WaveTarget, fn func(*deed, *WaveTarget) error) error {
	var refusal error
	err := d.change(t, func(d *deed, t *WaveTarget) error {
		refusal = fn(d, t)
		return refusal
	})
	if err != nil && refusal == nil {
		return fault.Wrap(fault.Conflict, err, "The wave could not go on from this report, so nothing of it was taken.")
	}
	return err
}
