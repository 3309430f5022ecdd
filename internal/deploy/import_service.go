package deploy

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// PreviewImport tells what a list of targets would add and change in an
// environment, and changes nothing. A line has key, name, tags and attributes;
// with a heading, whose first column is "key", targets that are there already
// are changed. The refusal names each bad line.
func (s *Service) PreviewImport(ctx context.Context, actor identity.Actor, environmentKey, text string) (v *Import, err error) {
	return v, s.db.View(ctx, func(tx *db.Tx) error {
		v, err = s.plan(tx, actor, environmentKey, text, true)
		return err
	})
}

// ImportAsSeen carries an import out as its preview showed it, all of it or
// nothing. It is refused as stale when one of the targets changed meanwhile.
func (s *Service) ImportAsSeen(ctx context.Context, actor identity.Actor, environmentKey, text, mark string) (v *Import, err error) {
	return v, s.db.InTx(ctx, func(tx *db.Tx) error {
		if v, err = s.plan(tx, actor, environmentKey, text, true); err != nil {
			return err
		}
		if v.Mark != mark {
			return fault.New(fault.Conflict, "Somebody changed one of these targets since the preview was drawn. Look at the new one.")
		}
		return s.carryOut(tx, actor, v)
	})
}

// ImportTargets adds many targets to an environment. Either all are added or
// none; a target that is there already is refused.
func (s *Service) ImportTargets(ctx context.Context, actor identity.Actor, environmentKey, text string) (added int, err error) {
	return added, s.db.InTx(ctx, func(tx *db.Tx) error {
		v, err := s.plan(tx, actor, environmentKey, text, false)
		if err != nil {
			return err
		}
		added = len(v.Added)
		return s.carryOut(tx, actor, v)
	})
}

// plan sorts the lines into what they add, change and leave.
func (s *Service) plan(tx *db.Tx, actor identity.Actor, environmentKey, text string, changing bool) (*Import, error) {
	if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
		return nil, err
	}
	var c fault.Check
	environmentKey = strings.TrimSpace(environmentKey)
	e, err := environmentByKey(tx, environmentKey)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	c.Need(err == nil, "environment", "Choose the environment that they stand in.")
	lines := readLines(&c, text, environmentKey)
	there, err := targetsByKey(tx, lines)
	if err != nil {
		return nil, err
	}
	v := &Import{Environment: *e}
	for i := range lines {
		l := &lines[i]
		switch t := there[l.draft.Key]; {
		case t == nil:
			v.Added = append(v.Added, *l.draft.target(e))
		case !changing || l.columns == nil:
			l.wrong(&c, fmt.Sprintf("there is a target %s already. A list with a heading may change it.", t.Key))
		default:
			v.weigh(&c, l, t)
		}
	}
	v.Mark = mark(e, lines, there)
	return v, c.Err("Nothing was imported.")
}

// weigh sorts a line about a target that is there.
func (v *Import) weigh(c *fault.Check, l *importLine, t *Target) {
	digest, version := l.draft.InstalledDigest, l.draft.InstalledVersion
	switch {
	case t.EnvironmentID != v.Environment.ID:
		l.wrong(c, fmt.Sprintf("%s stands in %s; move it on its own page.", t.Key, t.EnvironmentKey))
	case t.Retired:
		l.wrong(c, fmt.Sprintf("%s is retired.", t.Key))
	case digest != "" && digest != t.InstalledDigest || version != "" && version != t.InstalledVersion:
		l.wrong(c, fmt.Sprintf("what runs on %s is told by deployments, not by a list.", t.Key))
	default:
		changed := l.change(*t)
		if d := Differences(t, &changed); len(d) > 0 {
			v.Changed = append(v.Changed, TargetChange{changed, d})
		} else {
			v.Same++
		}
	}
}

func (s *Service) carryOut(tx *db.Tx, actor identity.Actor, v *Import) error {
	if err := insertTargets(tx, v.Added); err != nil {
		return err
	}
	for i := range v.Changed {
		if err := save(tx, &v.Changed[i].Target); err != nil {
			return err
		}
	}
	sentence := fmt.Sprintf("added %d targets to %s", len(v.Added), v.Environment.Name)
	if len(v.Changed) > 0 {
		sentence += fmt.Sprintf(" and changed %d", len(v.Changed))
	}
	tx.AfterCommit(s.pulls.forgetAll)
	return audit.Record(tx, actor.By(), audit.Entry{Action: "environment.import", Kind: "environment", Key: v.Environment.Key, Sentence: sentence, Detail: v.told()})
}

// told is the differences as the record keeps them.
func (v *Import) told() string {
	var b strings.Builder
	for _, change := range v.Changed {
		for _, d := range change.Differences {
			fmt.Fprintf(&b, "%s, %s: %q, was %q\n", change.Target.Key, strings.ToLower(d.What), d.After, d.Before)
		}
	}
	return b.String()
}
