package deploy

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// OverrideWindow lets a release start outside its window until a moment: all of
// it, or the waves whose targets a filter chooses. Who may do so is release's to
// say; freezes still hold.
func (s *Service) OverrideWindow(ctx context.Context, actor identity.Actor, key string, until db.Time, targets, reason string) error {
	targets = strings.TrimSpace(targets)
	if _, err := ParseFilter(targets); err != nil {
		return wrong("The window was not overridden.", "targets", err.Error(), nil)
	}
	return s.release.OverrideWindowFor(ctx, actor, key, until, targets, reason)
}

// overridden tells whether somebody lets the wave start outside its window at a
// moment: the whole release, or a set of targets that holds all of the wave's.
func (d *deed) overridden(at db.Time) (bool, error) {
	whole, err := d.s.release.WindowOverrideAt(d.tx, d.r, at)
	if err != nil || whole != nil {
		return whole != nil, err
	}
	sets, err := d.s.release.WindowOverridesOfSets(d.tx, d.r, at)
	if err != nil {
		return false, err
	}
	for _, one := range sets {
		filter, err := ParseFilter(one.Targets)
		if err != nil {
			continue // of an older language; it opens nothing
		}
		outside, err := frozenOutside(d.tx, d.w, filter)
		if err != nil || outside == 0 && d.w.Counted() > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// inWindow leaves out that it is outside the release's window, where the wave's
// own targets may start there.
func (d *deed) inWindow(list []fault.Blocker, at db.Time) ([]fault.Blocker, error) {
	outside := func(b fault.Blocker) bool { return b.Code == "window.outside" }
	if !slices.ContainsFunc(list, outside) {
		return list, nil
	}
	open, err := d.overridden(at)
	if err != nil || !open {
		return list, err
	}
	return slices.DeleteFunc(list, outside), nil
}

// overrides gives those of sets of targets that live now.
func (d *deed) overrides() ([]release.WindowOverride, error) {
	return d.s.release.WindowOverridesOfSets(d.tx, d.r, d.tx.Now)
}
