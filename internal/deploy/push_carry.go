package deploy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"slipway/internal/db"
	"slipway/internal/deploy/ssh"
	"slipway/internal/noun"
	"slipway/internal/policy"
)

// describe says to the commands what they work with, and names the folder.
func (c *carrier) describe() {
	names := make([]string, len(c.files))
	for i, f := range c.files {
		names[i] = f.Name
	}
	c.env = map[string]string{
		"SLIPWAY_RELEASE": c.release.Key, "SLIPWAY_PACKAGE": fmt.Sprintf("v%d", c.wave.PackageVersion), "SLIPWAY_DIGEST": c.wave.PackageDigest,
		"SLIPWAY_FILES": strings.Join(names, " "), "SLIPWAY_TARGET": c.target.TargetKey, "SLIPWAY_ATTEMPT": strconv.FormatInt(c.run.Attempt, 10),
		"SLIPWAY_FORMER_DIGEST": c.target.FormerDigest, "SLIPWAY_FORMER_VERSION": c.target.FormerVersion,
	}
	if c.run.Folder != "" {
		return
	}
	c.run.Folder = fmt.Sprintf("%sa%d.%s", prefix(c.run, c.wave), c.run.Attempt, c.run.Once[:8])
	if c.run.Purpose == ForBackOut { // what it takes back lies where it was staged
		for i := range c.earlier {
			if c.earlier[i].Purpose == ForDeploy && c.earlier[i].Folder != "" {
				c.run.Folder = c.earlier[i].Folder
				return
			}
		}
	}
}

// deploy goes the whole way from the connection to the proof. Where the run was
// taken up again, what is done already is passed over.
func (c *carrier) deploy(ctx context.Context) error {
	if err := c.connect(ctx); err != nil {
		return err
	}
	if !c.run.Touched {
		if err := c.stage(ctx); err != nil {
			return err
		}
		if err := c.touch(ctx); err != nil {
			return err
		}
	}
	unknown, err := c.install(ctx)
	if err != nil {
		return err
	}
	return c.verify(ctx, unknown)
}

// connect reaches the host and opens the folder. A key that nobody accepted is
// kept for a person to compare.
func (c *carrier) connect(ctx context.Context) error {
	if c.run.Stage == "" {
		if err := c.enter(ctx, StageConnect); err != nil {
			return err
		}
	}
	if c.host.Address == "" {
		return failed("%s has no address.", c.target.TargetKey)
	}
	if c.sealed != nil {
		return &trouble{cause: c.sealed}
	}
	if len(c.keys) == 0 {
		return failed("%s has no SSH key.", c.wave.EnvironmentName)
	}
	var err error
	c.conn, err = ssh.Dial(ctx, c.host.dialled(), c.keys, c.s.tools.Patience)
	var another *ssh.KeyError
	if errors.As(err, &another) {
		return c.another(ctx, another)
	}
	if err != nil {
		return dropped(ctx, err)
	}
	c.folder, err = c.conn.Open(ctx, c.run.Folder)
	return hosts(ctx, err)
}

// hosts sorts what went wrong on a host: a full disk stays full, a connection
// may come back.
func hosts(ctx context.Context, err error) error {
	var full *ssh.Full
	if errors.As(err, &full) {
		return &trouble{cause: err}
	}
	return dropped(ctx, err)
}

func (c *carrier) another(ctx context.Context, e *ssh.KeyError) error {
	err := c.s.db.InTx(ctx, func(tx *db.Tx) error {
		h, err := hostOf(tx, c.run.TargetID)
		if err != nil || h.ID == 0 || h.Where() != c.host.Where() {
			return err
		}
		h.show(e.Key, nil, tx.Now)
		return save(tx, h)
	})
	if err != nil {
		return err
	}
	return &trouble{cause: e}
}

// install runs the install commands. Unknown is the command whose end nobody
// knows; it was the last one, so the checks may settle it.
func (c *carrier) install(ctx context.Context) (unknown *Command, err error) {
	if err := c.enter(ctx, StageInstall); err != nil {
		return nil, err
	}
	list := commands(c.steps, Install)
	for i := range list {
		if err := c.stillOurs(ctx); err != nil {
			return nil, err
		}
		done, err := c.command(ctx, &list[i], 0)
		if err != nil {
			return nil, err
		}
		switch {
		case done.Outcome == CommandUnknown && i == len(list)-1:
			return done, nil
		case done.Outcome == CommandUnknown:
			return nil, unknowable(done, errors.New("others were to follow it"))
		case !done.Good():
			return nil, failedAs(policy.FailInstall, "%s.", done.ending())
		}
	}
	return nil, nil
}

// stillOurs stops before the next command where the wave is being backed out.
func (c *carrier) stillOurs(ctx context.Context) error {
	return c.s.db.View(ctx, func(tx *db.Tx) error {
		waves, err := wavesByID(tx, []int64{c.run.WaveID})
		if err == nil && len(waves) == 1 && waves[0].State == WaveRemediating {
			return failed("The wave is being remediated, so it was stopped here.")
		}
		return err
	})
}

func (c *Command) ending() string {
	if c.Outcome == CommandEnded {
		return fmt.Sprintf("The %s ended with %d", c.Label(), c.Code)
	}
	return fmt.Sprintf("The %s: %s", c.Label(), c.Outcome)
}

// unknowable is the known state of what cannot be known.
func unknowable(command *Command, why error) error {
	return failedAs(policy.FailUnknown, "The outcome is unknown: the %s was begun, and nobody knows how it ended (%w). It was not run again. Look at the host, then verify or retry by a person.", command.Label(), why)
}

// verify proves that the host runs what was signed: the staged bytes still match
// and every check succeeds. It also settles an installation whose end is unknown.
func (c *carrier) verify(ctx context.Context, unknown *Command) error {
	if err := c.enter(ctx, StageVerify); err != nil {
		return err
	}
	err := c.tell(ctx, func(_ *deed, t *WaveTarget) error {
		if t.State != TargetDeploying {
			return nil
		}
		return t.move(TargetInstall)
	})
	if err != nil {
		return err
	}
	if err := c.check(ctx); err != nil {
		return err
	}
	var said []string
	for _, step := range commands(c.steps, Verify) {
		done, err := c.command(ctx, &step, 0)
		if err == nil && done.Outcome == CommandUnknown { // a check changes nothing, so it may run again
			done, err = c.command(ctx, &step, 1)
		}
		if err != nil {
			return err
		}
		if !done.Good() && unknown != nil {
			return unknowable(unknown, errors.New(done.ending()))
		}
		if !done.Good() {
			return failedAs(policy.FailVerify, "%s.", done.ending())
		}
		said = append(said, fmt.Sprintf("the %s ended with 0", done.Label()))
	}
	return c.verified(ctx, fmt.Sprintf("%s match the signed digests on the host; %s.", noun.Count(len(c.files), "file"), strings.Join(said, ", ")))
}

func (c *carrier) verified(ctx context.Context, evidence string) error {
	return c.tell(ctx, func(d *deed, t *WaveTarget) error {
		if err := c.over(d.tx, RunEnd, ""); err != nil {
			return err
		}
		if !hears(d.w) {
			return nil // it is being put back; the back-out says what becomes of it
		}
		return told(d.verified(t, c.wave.PackageDigest, evidence))
	})
}
