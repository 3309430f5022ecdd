package sample

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// What becomes of a device that fetches.
type ending int

const (
	installed ending = iota // it has not started anew yet
	confirmed               // it runs what it was given
	fellBack                // it started with the former image
)

// fetched has so many devices of a wave fetch what they are offered, by the same
// doors as over the network, and says what became of them.
func (j *journey) fetched(ctx context.Context, number int64, count int, end ending) error {
	page, err := j.app.Deploy.WaveTargets(ctx, j.as("maya"), j.key, number, deploy.TargetQuery{State: deploy.TargetOffered, Limit: count})
	if err != nil {
		return err
	}
	for _, t := range page.Targets {
		if err := j.fetch(ctx, t.TargetKey, end); err != nil {
			return explain("device "+t.TargetKey, err)
		}
	}
	return nil
}

func (j *journey) fetch(ctx context.Context, key string, end ending) error {
	token, err := j.app.Deploy.RotateToken(ctx, j.as("omar"), key)
	if err != nil {
		return err
	}
	seen := func() (*deploy.Device, deploy.Polled, error) {
		dev, err := j.app.Deploy.Device(ctx, key, "TargetToken "+token, "10.40.0.17")
		if err != nil {
			return nil, deploy.Polled{}, err
		}
		p, err := j.app.Deploy.Poll(ctx, dev)
		return dev, p, err
	}
	dev, p, err := seen()
	if err != nil {
		return err
	}
	if p.Deployment == 0 {
		return fmt.Errorf("%s is offered nothing", key)
	}
	told := map[string]string{"hwVersion": "C", "bootloader": "2021.07", "uptime": "63 d"}
	if err := j.app.Deploy.Attributes(ctx, dev, "merge", told); err != nil {
		return err
	}
	if _, err := j.app.Deploy.Fetch(ctx, dev, p.Deployment, 0); err != nil {
		return err
	}
	says := []deploy.PullFeedback{
		{Execution: "proceeding", Finished: "none", Of: 1, Details: []string{"Installing Update Chunk Artifacts."}},
		{Execution: "proceeding", Finished: "none", Count: 1, Of: 1, Details: []string{"All Chunks Installed."}},
	}
	switch end {
	case confirmed:
		says = append(says, deploy.PullFeedback{Execution: "closed", Finished: "success", Details: []string{"Update Installed."}})
	case fellBack:
		says = append(says, deploy.PullFeedback{Execution: "closed", Finished: "failure", Details: []string{"Not back ten minutes after its restart;", "the bootloader started the former image."}})
	}
	for _, f := range says {
		if dev, _, err = seen(); err != nil {
			return err
		}
		if err := j.app.Deploy.Feedback(ctx, dev, p.Deployment, f); err != nil {
			return err
		}
	}
	return nil
}
