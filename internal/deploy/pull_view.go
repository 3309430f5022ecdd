package deploy

import (
	"slipway/internal/db"
	"slipway/internal/identity"
)

// PullView is what a target's page shows of its device.
type PullView struct {
	Device  DeviceRecord
	Actions []ActionView // the newest first
}

// ActionView is an action with what was said of it, the newest first.
type ActionView struct {
	PullAction
	ReleaseKey string
	WaveNumber int64
	Statuses   []PullStatus
}

const (
	actionsShown  = 10
	statusesShown = 20
)

// device gives what a target's page shows of its device.
func (s *Service) device(tx *db.Tx, targetID int64, seen func(int64) (bool, error)) (v PullView, err error) {
	d, err := deviceOf(tx, targetID)
	if err != nil {
		return v, err
	}
	v.Device = *d
	if one, ok := s.pulls.lastSeen(targetID); ok {
		v.Device.SeenAt, v.Device.SeenFrom = one.at, one.from
	}
	list, err := actionsOf(tx, targetID, actionsShown)
	if err != nil {
		return v, err
	}
	for _, a := range list {
		waves, err := wavesByID(tx, []int64{a.WaveID})
		if err != nil {
			return v, err
		}
		one := ActionView{PullAction: a}
		if len(waves) == 1 {
			if shown, err := seen(waves[0].ReleaseID); err != nil || !shown {
				continue
			}
			one.ReleaseKey, one.WaveNumber = waves[0].ReleaseKey, waves[0].Number
		}
		if one.Statuses, err = statusesOf(tx, a.ID, statusesShown); err != nil {
			return v, err
		}
		v.Actions = append(v.Actions, one)
	}
	return v, nil
}

func pullByEnvironment(tx *db.Tx) (map[int64]PullSettings, error) {
	list, err := allPullSettings(tx)
	byID := map[int64]PullSettings{}
	for _, p := range list {
		byID[p.EnvironmentID] = p
	}
	return byID, err
}

// withActions adds to targets of a wave what their devices have open.
func (d *deed) withActions(list []TargetView) error {
	if d.w.Method != MethodDDI || len(list) == 0 {
		return nil
	}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	open, err := openActionsOf(d.tx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		t := &list[i]
		if t.Action = open[t.ID]; t.Action != nil {
			asked := t.Action.Consent == ConsentAsked || t.Action.Consent == ConsentDenied
			t.CanAgree = asked && !d.r.State.Over() && reports(d.w) && d.actor.Kind == identity.PersonKind && d.actor.Can(identity.WaveControl, d.r.ServiceID)
		}
	}
	return nil
}

// Awaited is what a wave waits for from its devices.
type Awaited struct {
	Installed int64   // they have installed it and not confirmed their start
	First     db.Time // when the first of these counts as failed
	Asked     int64   // their consent, which a person may give for them
}
