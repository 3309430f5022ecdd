package deploy

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// PullSettings say how the devices of an environment fetch.
type PullSettings struct {
	db.Row
	EnvironmentID  int64
	PollSeconds    int64 // between two polls of a device, give or take a tenth
	ConfirmMinutes int64 // from written to confirmed, unless the wave says otherwise
	StuckMinutes   int64 // from offered to written
	GatewayHash    string
	GatewayAt      db.Time
	GatewayBy      string
}

// TableName is the table of these settings.
func (PullSettings) TableName() string { return "pull_settings" }

// usualPull is how devices fetch where nobody said anything else.
func usualPull(environmentID int64) *PullSettings {
	return &PullSettings{EnvironmentID: environmentID, PollSeconds: 300, ConfirmMinutes: 60, StuckMinutes: 24 * 60}
}

// PullDraft is what a person enters of it.
type PullDraft struct{ PollSeconds, ConfirmMinutes, StuckMinutes int64 }

const week = policy.MaxConfirmMinutes

func (d *PullDraft) validate() error {
	var c fault.Check
	c.Need(d.PollSeconds >= 1 && d.PollSeconds < 24*60*60, "poll_seconds", "Enter 1 to 86,399 seconds.")
	c.Need(d.ConfirmMinutes >= 1 && d.ConfirmMinutes <= week, "confirm_minutes", "Enter 1 to 10,080 minutes.")
	c.Need(d.StuckMinutes >= 1 && d.StuckMinutes <= 5*week, "stuck_minutes", "Enter 1 to 50,400 minutes.")
	return c.Err("The times were not saved.")
}

// pullSettings gives the settings of an environment, the usual ones where none
// were saved.
func pullSettings(tx *db.Tx, environmentID int64) (*PullSettings, error) {
	p, err := pullSettingsOf(tx, environmentID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return usualPull(environmentID), nil
	}
	return p, err
}

// EditPull changes how the devices of an environment fetch.
func (s *Service) EditPull(ctx context.Context, actor identity.Actor, environment string, version int64, d PullDraft) error {
	return s.writePull(ctx, actor, environment, func(tx *db.Tx, e *Environment, p *PullSettings) error {
		if err := d.validate(); err != nil {
			return err
		}
		if err := db.CheckVersion(p, version); err != nil {
			return err
		}
		p.PollSeconds, p.ConfirmMinutes, p.StuckMinutes = d.PollSeconds, d.ConfirmMinutes, d.StuckMinutes
		return recordPlace(tx, actor, "environment", e.Key, "pull", "", "had the devices of %s poll every %s, start anew within %s and fetch within %s", e.Name,
			time.Duration(d.PollSeconds)*time.Second, time.Duration(d.ConfirmMinutes)*time.Minute, time.Duration(d.StuckMinutes)*time.Minute)
	})
}

// RotateGateway makes a gateway token for an environment, in place of the one it
// had, and gives it in full. Whoever holds it acts for every device of the
// environment, and adds devices to it by polling for them.
func (s *Service) RotateGateway(ctx context.Context, actor identity.Actor, environment string) (token string, err error) {
	token = newDeviceToken()
	return token, s.writePull(ctx, actor, environment, func(tx *db.Tx, e *Environment, p *PullSettings) error {
		p.GatewayHash, p.GatewayAt, p.GatewayBy = hashOf(token).String(), tx.Now, actor.Name
		return recordPlace(tx, actor, "environment", e.Key, "gateway", "", "made a gateway token for %s; the one before ended", e.Name)
	})
}

// EndGateway ends an environment's gateway token.
func (s *Service) EndGateway(ctx context.Context, actor identity.Actor, environment string) error {
	return s.writePull(ctx, actor, environment, func(tx *db.Tx, e *Environment, p *PullSettings) error {
		if p.GatewayHash == "" {
			return fault.New(fault.Refused, "%s has no gateway token.", e.Name)
		}
		p.GatewayHash, p.GatewayAt, p.GatewayBy = "", 0, ""
		return recordPlace(tx, actor, "environment", e.Key, "gateway", "", "ended the gateway token of %s", e.Name)
	})
}

func (s *Service) writePull(ctx context.Context, actor identity.Actor, environment string, fn func(*db.Tx, *Environment, *PullSettings) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		e, err := environmentByKey(tx, environment)
		if err != nil {
			return err
		}
		p, err := pullSettings(tx, e.ID)
		if err != nil {
			return err
		}
		if err := fn(tx, e, p); err != nil {
			return err
		}
		tx.AfterCommit(s.pulls.forgetAll)
		if p.ID == 0 {
			return insert(tx, p)
		}
		return save(tx, p)
	})
}

// sleepWords is a time between polls as the protocol writes it.
func sleepWords(d time.Duration) string {
	seconds := min(max(int64(d/time.Second), 1), 24*60*60-1)
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}
