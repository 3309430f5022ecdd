package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"slipway/internal/db"
	"slipway/internal/jobs"
	"slipway/internal/policy"
)

// silenceJob is the kind of the jobs that look whether a deployer has reported.
const silenceJob = "deploy.hook.silence"

// expectReports has it looked for reports on a message once their time is over.
func (d *deed) expectReports(m *Message) error {
	hook, err := hookOf(d.tx, m.EnvironmentID)
	if err != nil {
		return err
	}
	return jobs.Enqueue(d.tx, silenceJob, m.ID, jobs.RunAt(m.SentAt.Add(hook.reply())), jobs.UniqueKey(fmt.Sprintf("%s/%d", silenceJob, m.ID)))
}

// breakSilence calls the targets failed that another deployer took and did not
// report on in time. What became of them is not known, so no plan tries them
// again by itself; a late report is still taken once a person has.
func (s *Service) breakSilence(ctx context.Context, args []byte) error {
	var id int64
	if err := json.Unmarshal(args, &id); err != nil {
		return err
	}
	var m *Message
	if err := s.db.View(ctx, func(tx *db.Tx) (err error) { m, err = messageByID(tx, id); return err }); err != nil {
		return err
	}
	return s.onWave(ctx, m, func(d *deed) error {
		if m.State != MessageSent || m.Purpose != ForDeploy || !slices.Contains(reportable, d.w.State) {
			return nil
		}
		list, err := addressed(d.tx, m.ID, TargetDeploying)
		if err != nil || len(list) == 0 {
			return err
		}
		waited := d.tx.Now.Sub(m.SentAt).Round(time.Minute)
		return d.failAll(list, policy.FailUnknown, fmt.Sprintf("The other deployer took it and did not report within %s; nobody knows what it runs.", waited))
	})
}

// failAll calls several targets failed for the same reason.
func (d *deed) failAll(list []WaveTarget, class, reason string) error {
	for i := range list {
		if err := d.failedBy(&list[i], class, reason); err != nil {
			return err
		}
		if err := save(d.tx, &list[i]); err != nil {
			return err
		}
	}
	if err := d.recount(); err != nil {
		return err
	}
	return d.settle()
}
