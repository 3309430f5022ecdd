// Package report reads across all rooms and writes to none: what waits for a
// person, what is under way, what a search finds, and the figures.
package report

import (
	"context"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/plan"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/review"
)

// Rooms are those that know best what waits for whom.
type Rooms struct {
	Release *release.Service
	Plan    *plan.Service
	Deploy  *deploy.Service
	Review  *review.Service
	DML     *dml.Service
	Policy  *policy.Service
	Change  *change.Service
}

// Service answers questions across the rooms.
type Service struct {
	db      *db.DB
	rooms   Rooms
	weighed weighings
	counted countings
}

// New gives the service.
func New(d *db.DB, rooms Rooms) *Service { return &Service{db: d, rooms: rooms} }

// desk is one person's question in one reading transaction.
type desk struct {
	s     *Service
	ctx   context.Context
	tx    *db.Tx
	actor identity.Actor

	weighed weighing // see gates
	glance  bool     // the gates may be as they were weighed last
}
