// Package deploy carries releases to their targets: environments, waves, run
// sheets and what became of every target. It asks release for leave; it never
// approves itself.
package deploy

import (
	"context"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/jobs"
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
	health  Health
	tools   Tools
	pulls   *pulls
}

// New gives the service.
func New(d *db.DB, rel *release.Service, pol *policy.Service, chg *change.Service) *Service {
	s := &Service{db: d, release: rel, policy: pol, change: chg, news: newNewsroom()}
	s.pulls = newPulls(s)
	s.methods = known(manual{}, ddi{s}, push{s}, handover{s})
	return s
}

// Jobs gives the room's background work to the runner.
func (s *Service) Jobs(r *jobs.Runner) {
	r.Handle(jobClock, s.tick)
	r.HandleLong(jobMove, 1, s.moveItself) // it hashes the package
	r.Handle(jobRetry, s.retryDue)
	r.Handle(jobBack, s.backDue)
	r.Handle(jobJoin, s.joinDue)
	r.Handle(jobGoOn, s.goOn)
	r.Handle(jobPulls, func(ctx context.Context, _ []byte) error { return s.watchAgain(ctx) })
	r.HandleLong(pushJob, pushWorkers, s.takeTurn)
	r.HandleLong(hookJob, hookWorkers, s.sendMessage)
	r.Handle(silenceJob, s.breakSilence)
	r.HandleLong(lookJob, lookWorkers, s.lookAgain)
}

// Progress counts the targets of a release.
type Progress struct{ Done, Active, Failed, Total int64 }
