package deploy

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// goingOn are the states of waves that count as running now.
var goingOn = []WaveState{WaveGo, WaveRunning, WavePaused, WaveVerifying, WaveFailed, WaveRemediating}

// liveWaves gives the waves that go on now in releases that the actor sees.
func (s *Service) liveWaves(tx *db.Tx, actor identity.Actor) ([]Wave, error) {
	list, err := wavesIn(tx, goingOn)
	if err != nil {
		return nil, err
	}
	seen, err := s.release.Visible(tx, actor, releasesOf(list))
	return slices.DeleteFunc(list, func(w Wave) bool { return seen[w.ReleaseID] == nil }), err
}

// releasesOf gives the rows of the releases that waves belong to.
func releasesOf(waves []Wave) []int64 {
	ids := make([]int64, len(waves))
	for i, w := range waves {
		ids[i] = w.ReleaseID
	}
	return ids
}

// Deployments gives everything that runs now, as far as the actor sees it:
// releases that deploy, are paused or remediate, with all their waves.
func (s *Service) Deployments(ctx context.Context, actor identity.Actor) (list []Running, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		var ids []int64
		for _, state := range []release.State{release.Remediating, release.Paused, release.Deploying} {
			more, err := releasesIn(tx, state, maxPage)
			if err != nil {
				return err
			}
			ids = append(ids, more...)
		}
		seen, err := s.release.Visible(tx, actor, ids)
		if err != nil {
			return err
		}
		waves, err := wavesByRelease(tx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			r := seen[id]
			if r == nil {
				continue
			}
			one := Running{Release: r, Waves: waves[id]}
			for i := range one.Waves {
				one.Progress.add(&one.Waves[i])
			}
			list = append(list, one)
		}
		return nil
	})
	return list, err
}

func (p *Progress) add(w *Wave) {
	p.Done, p.Active, p.Failed, p.Total = p.Done+w.Verified, p.Active+w.Active, p.Failed+w.Failed, p.Total+w.Counted()
}

// MySteps gives the steps that the actor holds, may witness or may claim, in
// that order.
func (s *Service) MySteps(ctx context.Context, actor identity.Actor) ([]MyStep, error) {
	var list []MyStep
	if actor.Kind != identity.PersonKind {
		return nil, nil
	}
	return list, s.db.View(ctx, func(tx *db.Tx) (err error) {
		list, err = s.mySteps(tx, actor)
		return err
	})
}

func (s *Service) mySteps(tx *db.Tx, actor identity.Actor) ([]MyStep, error) {
	steps, err := openSteps(tx, actor.UserID)
	if err != nil || len(steps) == 0 {
		return nil, err
	}
	ids := make([]int64, len(steps))
	for i, step := range steps {
		ids[i] = step.WaveID
	}
	waves, err := wavesByID(tx, ids)
	if err != nil {
		return nil, err
	}
	seen, err := s.release.Visible(tx, actor, releasesOf(waves))
	if err != nil {
		return nil, err
	}
	deeds := map[int64]*deed{}
	for i := range waves {
		if r := seen[waves[i].ReleaseID]; r != nil {
			deeds[waves[i].ID] = &deed{s: s, tx: tx, actor: actor, r: r, w: &waves[i]}
		}
	}
	var list []MyStep
	for _, what := range []string{"sign", "witness", "claim"} {
		for i := range steps {
			if d := deeds[steps[i].WaveID]; d != nil && d.forMe(&steps[i]) == what {
				list = append(list, MyStep{Step: steps[i], ReleaseKey: d.r.Key, ReleaseTitle: d.r.Title, WaveNumber: d.w.Number, WaveName: d.w.Name, What: what})
			}
		}
	}
	return list, nil
}

func (d *deed) forMe(step *Step) string {
	v := d.stepView(step, nil)
	switch {
	case v.CanSign:
		return "sign"
	case v.CanWitness:
		return "witness"
	case v.CanClaim:
		return "claim"
	}
	return ""
}
