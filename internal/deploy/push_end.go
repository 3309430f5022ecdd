package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/policy"
)

// hears tells whether what becomes of a target still counts for the wave.
func hears(w *Wave) bool {
	return slices.Contains(reportable, w.State) || w.State == WaveRemediating && w.BackOutAt.IsZero()
}

// told turns a refusal of what was reported into a failure of the run.
func told(err error) error {
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal && f.Kind != fault.Conflict {
		return &trouble{cause: err}
	}
	return err
}

func (c *carrier) over(tx *db.Tx, verb RunVerb, reason string) error {
	if err := c.run.move(verb); err != nil {
		return err
	}
	c.run.Reason, c.run.EndedAt, c.run.Holder = reason, tx.Now, ""
	return save(tx, c.run)
}

// fail ends the run, and says so of its target as far as the wave still hears
// of it.
func (c *carrier) fail(ctx context.Context, cause error) error {
	reason, class := cause.Error(), policy.FailOther
	var t *trouble
	if errors.As(cause, &t) && t.class != "" {
		class = t.class
	}
	if errors.As(cause, &t) && t.again {
		class = policy.FailUnreachable
		if command, err := c.inHand(ctx); err != nil {
			return err
		} else if command != nil {
			reason, class = unknowable(command, cause).Error(), policy.FailUnknown
		}
	}
	return c.tell(ctx, func(d *deed, t *WaveTarget) error {
		if err := c.over(d.tx, RunFail, reason); err != nil {
			return err
		}
		if c.run.Purpose == ForBackOut {
			return d.record("target.backout", reason, "could not put %s of %s back", t.TargetKey, d.w.Label())
		}
		if !hears(d.w) && d.w.State != WaveRemediating || !t.canBe(TargetFail) {
			return nil
		}
		return d.failedBy(t, class, reason)
	})
}

// inHand gives a command that was begun and never heard of again, and notes
// that its end is unknown.
func (c *carrier) inHand(ctx context.Context) (found *Command, err error) {
	return found, c.s.db.InTx(ctx, func(tx *db.Tx) error {
		list, err := commandsOf(tx, c.run.ID)
		for i := range list {
			if list[i].Outcome == "" {
				found = &list[i]
				found.Outcome, found.EndedAt = CommandUnknown, tx.Now
				return save(tx, found)
			}
		}
		return err
	})
}

// putBack runs the back-out commands where the deployment was staged, and
// reports that the host runs again what it ran before.
func (c *carrier) putBack(ctx context.Context) error {
	if err := c.connect(ctx); err != nil {
		return err
	}
	if err := c.enter(ctx, StageBackOut); err != nil {
		return err
	}
	env := maps.Clone(c.env)
	env["SLIPWAY_BACK_OUT"] = strconv.FormatInt(c.run.Attempt, 10)
	c.env = env
	var said []string
	for _, step := range commands(c.steps, BackOut) {
		done, err := c.command(ctx, &step, 0)
		if err != nil {
			return err
		}
		if done.Outcome == CommandUnknown {
			return unknowable(done, errors.New("it puts the host back"))
		}
		if !done.Good() {
			return failed("%s.", done.ending())
		}
		said = append(said, fmt.Sprintf("the %s ended with 0", done.Label()))
	}
	evidence := strings.ToUpper(said[0][:1]) + strings.Join(said, ", ")[1:] + "."
	return c.tell(ctx, func(d *deed, t *WaveTarget) error {
		if err := c.over(d.tx, RunEnd, ""); err != nil {
			return err
		}
		if err := told(d.workable(BackOut)); err != nil {
			return err
		}
		if t.FormerDigest == "" {
			c.run.Reason = "The back-out commands are done. Nobody recorded what it ran before, so a person reads its digest and reports it."
			return save(d.tx, c.run)
		}
		return told(d.rolledBack(t, Report{Digest: t.FormerDigest, Evidence: evidence}))
	})
}
