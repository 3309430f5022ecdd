package deploy

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// ahead are the states of releases that are planned and not yet deployed.
var ahead = []release.State{release.Planning, release.BuildTest, release.Ready, release.OnHold}

// ComingWave is a wave of a release whose deployment has not begun.
type ComingWave struct {
	Wave
	Release *release.Release
}

// Late tells whether the wave's window is over although it has not begun.
func (w *ComingWave) Late(now db.Time) bool { return !w.WindowEnd.IsZero() && w.WindowEnd.Before(now) }

// Ahead is what is deployed next.
type Ahead struct {
	Waves []ComingWave // at most as many as a page holds, by their window
	More  bool
	Now   db.Time
}

// Coming gives the waves of releases that are planned and not yet deployed, as
// far as the actor sees them, in the order of their windows.
func (s *Service) Coming(ctx context.Context, actor identity.Actor) (*Ahead, error) {
	v := &Ahead{}
	return v, s.db.View(ctx, func(tx *db.Tx) error {
		v.Now = tx.Now
		list, err := wavesAhead(tx, ahead, maxPage)
		if err != nil {
			return err
		}
		known := map[int64]*release.Release{}
		for _, w := range list {
			r, looked := known[w.ReleaseID]
			if !looked {
				if r, err = s.release.ByID(tx, actor, w.ReleaseID); fault.KindOf(err) == fault.NotFound && err != nil {
					r = nil
				} else if err != nil {
					return err
				}
				known[w.ReleaseID] = r
			}
			if r == nil {
				continue
			}
			if v.More = len(v.Waves) == pageSize; v.More {
				break
			}
			v.Waves = append(v.Waves, ComingWave{w, r})
		}
		return nil
	})
}

// Under gives how many of the deployments' waves somebody works on now.
func Under(list []Running) (n int) {
	for i := range list {
		for _, w := range list[i].Waves {
			if slices.Contains(goingOn, w.State) {
				n++
			}
		}
	}
	return n
}
