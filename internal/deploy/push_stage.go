package deploy

import (
	"context"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/deploy/ssh"
	"slipway/internal/fault"
	"slipway/internal/policy"
)

// stage puts the files there and has the host hash them. Nothing runs before
// every digest matches the signed one.
func (c *carrier) stage(ctx context.Context) error {
	if c.wave.PackageDigest != c.release.PackageDigest {
		return failed("%s was staged with another package than the release's present one.", c.wave.Label())
	}
	if err := c.alone(ctx); err != nil {
		return err
	}
	if err := c.enter(ctx, StageFiles); err != nil {
		return err
	}
	var total int64
	for _, f := range c.files {
		total += f.Size
	}
	if err := hosts(ctx, c.folder.Room(ctx, total)); err != nil {
		return err
	}
	for _, f := range c.files {
		if err := c.put(ctx, f); err != nil {
			return err
		}
	}
	if err := c.enter(ctx, StageCheck); err != nil {
		return err
	}
	return c.check(ctx)
}

// alone refuses a host on which a command of an earlier attempt may still run,
// and clears away what earlier attempts staged.
func (c *carrier) alone(ctx context.Context) error {
	for i := range c.earlier {
		before := &c.earlier[i]
		if before.ID == c.run.ID || before.Folder == "" || before.Folder == c.run.Folder {
			continue
		}
		var list []Command
		err := c.s.db.View(ctx, func(tx *db.Tx) (err error) {
			list, err = commandsOf(tx, before.ID)
			return err
		})
		if err != nil {
			return err
		}
		for j := range list {
			if list[j].Outcome != CommandUnknown {
				continue
			}
			if err := c.ended(ctx, before, &list[j]); err != nil {
				return err
			}
		}
	}
	return dropped(ctx, c.folder.Clear(ctx, prefix(c.run, c.wave)))
}

func (c *carrier) ended(ctx context.Context, before *Run, command *Command) error {
	folder, err := c.conn.Open(ctx, before.Folder)
	if err != nil {
		return hosts(ctx, err)
	}
	defer folder.Close()
	begun, err := folder.Ask(ctx, command.id())
	if err != nil || begun.Ended || !begun.Begun {
		return dropped(ctx, err)
	}
	lives, err := folder.Lives(ctx, begun)
	if err == nil && lives {
		return failed("%s of attempt %d still runs there; wait for its end, or stop it on the host.", command.Label(), before.Attempt)
	}
	return dropped(ctx, err)
}

func (c *carrier) put(ctx context.Context, f staged) error {
	body, err := c.s.tools.Media.Open(ctx, pusher, f.VersionID)
	if err != nil {
		if known, ok := fault.As(err); ok && known.Kind != fault.Internal {
			return &trouble{cause: err}
		}
		return err
	}
	defer body.Close()
	return hosts(ctx, c.folder.Put(ctx, ssh.File{Name: f.Name, Size: f.Size, Body: body}))
}

// check compares what the host hashed with what was signed.
func (c *carrier) check(ctx context.Context) error {
	for _, f := range c.files {
		got, err := c.folder.Digest(ctx, f.Name, f.Size)
		if err != nil {
			return dropped(ctx, err)
		}
		if got != f.Digest {
			return failedAs(policy.FailTransfer, "On %s, %s has the digest %s, and the signed one is %s.", c.target.TargetKey, f.Name, got, f.Digest)
		}
	}
	return nil
}

// touch is the step from which on the host is changed. It is the last moment at
// which a pause, a failed wave, or leave that ended, withholds it.
func (c *carrier) touch(ctx context.Context) error {
	return c.tell(ctx, func(d *deed, t *WaveTarget) error {
		list, err := d.withheld()
		if err != nil {
			return err
		}
		if len(list) > 0 || !d.w.goesOn() {
			return errWithheld
		}
		if err := t.move(TargetDeploy); err != nil {
			return &trouble{cause: err}
		}
		t.Touched = true
		if err := d.note(t, fmt.Sprintf("attempt %d over SSH", c.run.Attempt)); err != nil {
			return err
		}
		c.run.Touched, c.run.Stage = true, StageInstall
		return save(d.tx, c.run)
	})
}
