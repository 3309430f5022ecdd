// Package deploy carries releases to their targets: environments, waves, run
// sheets and what became of every target. It asks release for leave; it never
// approves itself.
package deploy

import (
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// Service is the room's one door.
type Service struct {
	db      *db.DB
	release *release.Service
	policy  *policy.Service
	change  *change.Service
	methods map[string]Method
	news    *newsroom
	tools   Tools
}

// New gives the service.
func New(d *db.DB, rel *release.Service, pol *policy.Service, chg *change.Service) *Service {
	return &Service{db: d, release: rel, policy: pol, change: chg, methods: known(manual{}), news: newNewsroom()}
}

// Progress counts the targets of a release.
type Progress struct{ Done, Active, Failed, Total int64 }

func knownZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}
