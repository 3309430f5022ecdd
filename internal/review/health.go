package review

import (
	"fmt"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/release"
)

// disturbed are the states in which incidents of a release are recorded: while
// it goes out as well as in early life.
var disturbed = []release.State{release.Deploying, release.Paused, release.Remediating, release.EarlyLife}

// Unhealthy tells deployment which severity-1 incidents of the service are open,
// whichever of its releases they were recorded with.
func (s *Service) Unhealthy(tx *db.Tx, r *release.Release) ([]fault.Blocker, error) {
	open, err := openSevere(tx, r.ServiceID)
	if err != nil {
		return nil, err
	}
	var list []fault.Blocker
	for _, one := range open {
		of := &release.Release{Key: one.ReleaseKey}
		b := blocker(of, "wave.health", fmt.Sprintf("The severity-1 incident “%s” of %s is open.", one.Title, one.ReleaseKey), one.OpenedBy, "#incidents", "Resolve the incident")
		if one.Restricted && one.ReleaseKey != r.Key { // its name is not for everybody who sees this one
			b.Sentence, b.Link = "A severity-1 incident of the service is open.", "/releases"
		}
		list = append(list, b)
	}
	return list, nil
}
