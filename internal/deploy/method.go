package deploy

import (
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Method carries a wave out. Start is called in the transaction that starts
// the wave; whatever talks to machines enqueues a job there.
type Method interface {
	Name() string
	Start(tx *db.Tx, actor identity.Actor, r *release.Release, w *Wave) error
}

// manual is people with a run sheet: starting it begins every target.
type manual struct{}

// Name is the method's name on the wave.
func (manual) Name() string { return "manual" }

func known(methods ...Method) map[string]Method {
	byName := map[string]Method{}
	for _, m := range methods {
		byName[m.Name()] = m
	}
	return byName
}

// methodOf gives the method that a wave names. A release that is automated but
// has no machine connected is carried out by hand, from the same run sheet.
func (s *Service) methodOf(w *Wave) Method {
	if m, ok := s.methods[w.Method]; ok {
		return m
	}
	return s.methods["manual"]
}
