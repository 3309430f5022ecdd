package deploy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy/ssh"
)

// saveEvery is how often what a command says is saved while it says it.
const saveEvery = time.Second

// lookEvery is how often a host is asked for the end of a command whose
// connection was lost.
const lookEvery = 2 * time.Second

// command runs the command of a step, or finds out what became of it where it
// was begun before. It is never run a second time.
func (c *carrier) command(ctx context.Context, step *Step, again int64) (*Command, error) {
	row, err := c.written(ctx, step, again)
	if err != nil || row.Outcome != "" {
		return row, err
	}
	id := c.commandID(row)
	limit := step.limit(c.s.tools.Least)
	begun, err := c.folder.Ask(ctx, id)
	if err != nil {
		return nil, dropped(ctx, err)
	}
	if !begun.Begun {
		err := c.listen(ctx, row, func(out *ssh.Output) (code int, err error) {
			return c.folder.Run(ctx, ssh.Command{ID: id, Once: c.run.Once, Line: step.Command, Env: c.env, Limit: limit}, out)
		})
		if !errors.Is(err, ssh.ErrBegun) {
			return row, hosts(ctx, err)
		}
	}
	return row, c.await(ctx, row, id, limit)
}

// commandID names a command in its folder. Back-outs share the folder of what
// they take back, and each attempt is one of its own.
func (c *carrier) commandID(row *Command) string {
	if c.run.Purpose == ForBackOut {
		return fmt.Sprintf("%s.%d", row.id(), c.run.Attempt)
	}
	return row.id()
}

// written gives the row of a command, before it is begun.
func (c *carrier) written(ctx context.Context, step *Step, again int64) (row *Command, err error) {
	return row, c.s.db.InTx(ctx, func(tx *db.Tx) error {
		if row, err = commandOf(tx, c.run.ID, step.Kind, step.Number, again); err != nil || row != nil {
			return err
		}
		row = &Command{RunID: c.run.ID, Kind: step.Kind, Number: step.Number, Again: again, Title: step.Title, Line: step.Command, BeganAt: tx.Now}
		c.s.news.stir(c.run.ReleaseID)
		return insert(tx, row)
	})
}

// listen saves what a command says while it runs, and how it ended.
func (c *carrier) listen(ctx context.Context, row *Command, run func(*ssh.Output) (int, error)) error {
	var out ssh.Output
	var saving sync.WaitGroup
	ended := make(chan struct{})
	saving.Go(func() { c.keep(ctx, row, &out, ended) })
	code, err := run(&out)
	close(ended)
	saving.Wait()
	switch {
	case errors.Is(err, ssh.ErrTime):
		return c.close(ctx, row, &out, 0, CommandLate)
	case errors.Is(err, ssh.ErrLost):
		return c.close(ctx, row, &out, 0, CommandUnknown)
	case errors.Is(err, ssh.ErrFlood):
		return c.close(ctx, row, &out, 0, CommandFlooded)
	case err != nil:
		if text, said := out.Text(); said > 0 && ctx.Err() == nil { // the last that was heard
			row.Output, row.Said = text, said
			return errors.Join(err, c.save(ctx, row))
		}
		return err
	}
	return c.close(ctx, row, &out, int64(code), CommandEnded)
}

// keep saves output as it comes.
func (c *carrier) keep(ctx context.Context, row *Command, out *ssh.Output, ended <-chan struct{}) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if text, said := out.Text(); said != row.Said {
			row.Output, row.Said = text, said
			_ = c.save(ctx, row) // it is saved again, and at the end
		}
	}
}

func (c *carrier) save(ctx context.Context, row *Command) error {
	return c.s.db.InTx(ctx, func(tx *db.Tx) error { return save(tx, row) })
}

func (c *carrier) close(ctx context.Context, row *Command, out *ssh.Output, code int64, outcome string) error {
	if text, said := out.Text(); said > 0 {
		row.Output, row.Said = text, said
	}
	return c.s.db.InTx(ctx, func(tx *db.Tx) error {
		row.Code, row.Outcome, row.EndedAt = code, outcome, tx.Now
		c.s.news.stir(c.run.ReleaseID)
		return save(tx, row)
	})
}

// await waits for the end of a command that was begun over a connection that is
// gone. Where it neither runs nor left its end, the end is unknown.
func (c *carrier) await(ctx context.Context, row *Command, id string, limit time.Duration) error {
	var none ssh.Output
	for gone := false; ; {
		begun, err := c.folder.Ask(ctx, id)
		if err != nil {
			return dropped(ctx, err)
		}
		if begun.Ended {
			return c.close(ctx, row, &none, int64(begun.Code), CommandEnded)
		}
		if gone {
			return c.close(ctx, row, &none, 0, CommandUnknown)
		}
		lives, err := c.folder.Lives(ctx, begun)
		if err != nil {
			return dropped(ctx, err)
		}
		if gone = !lives; gone {
			continue // it may have ended between the two questions
		}
		if c.s.db.Now().Sub(row.BeganAt) > limit {
			if err := c.folder.Stop(ctx, id); err != nil {
				return dropped(ctx, err)
			}
			return c.close(ctx, row, &none, 0, CommandLate)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(lookEvery):
		}
	}
}
