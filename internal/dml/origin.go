package dml

import (
	"slipway/internal/db"
	"slipway/internal/identity"
)

// Making is a record of how a version was made.
type Making struct {
	MediaVersionID int64
	ReleaseKey     string
	Number         int64
	Name           string
	Inputs         string
	Environment    string
	BuilderName    string
	BuilderKind    string
	EndedAt        db.Time
}

// Link is the page that shows the record.
func (m Making) Link() string { return "/releases/" + m.ReleaseKey + "/tests" }

// Makers knows how versions were made.
type Makers interface {
	// Makings gives the records that name the versions as what came of them, of
	// the releases that the actor sees.
	Makings(tx *db.Tx, actor identity.Actor, versionIDs []int64) ([]Making, error)
}

// UseMakers connects the room that builds.
func (s *Service) UseMakers(m Makers) { s.makers = m }

// made says of each version how it was made.
func (s *Service) made(tx *db.Tx, actor identity.Actor, d *Detail) error {
	if s.makers == nil || len(d.Versions) == 0 {
		return nil
	}
	ids := make([]int64, len(d.Versions))
	at := map[int64]*VersionDetail{}
	for i := range d.Versions {
		v := &d.Versions[i]
		ids[i], at[v.ID] = v.ID, v
	}
	list, err := s.makers.Makings(tx, actor, ids)
	for _, m := range list {
		at[m.MediaVersionID].Makings = append(at[m.MediaVersionID].Makings, m)
	}
	return err
}
