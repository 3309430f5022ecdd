package deploy

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Parcel is what a device is to install, in the order of the package.
type Parcel struct {
	Action  PullAction
	Files   []ParcelFile
	History []PullStatus // the newest first
}

// ParcelFile is one software component of a package as devices fetch it.
type ParcelFile struct {
	Module   int64 // row of the media version
	Name     string
	Label    string
	FileName string
	Size     int64
	SHA256   string // hex
	SHA1     string
	MD5      string
}

// errNothing is what there is to say of an action that is not there, is another
// device's, or offers nothing now.
var errNothing = fault.New(fault.NotFound, "There is no such action for this device now.")

// find gives one of the device's open actions.
func (k *knownDevice) find(action int64) *openAction {
	for i := range k.open {
		if k.open[i].ID == action {
			return &k.open[i]
		}
	}
	return nil
}

// Fetch gives what an action installs. The first time, the device has taken it;
// whether it may is asked in the same transaction.
func (s *Service) Fetch(ctx context.Context, dev *Device, action int64, history int) (*Parcel, error) {
	a := dev.known.find(action)
	if a == nil {
		return nil, errNothing
	}
	o, err := s.offer(ctx, dev.known, a)
	if err != nil {
		return nil, err
	}
	if o != offersDeployment {
		return nil, errNothing
	}
	if err := s.take(ctx, dev, a); err != nil {
		return nil, err
	}
	return s.parcel(ctx, &a.PullAction, history)
}

// take notes once that a device has fetched an action.
func (s *Service) take(ctx context.Context, dev *Device, known *openAction) error {
	if !known.TakenAt.IsZero() {
		return nil
	}
	return s.onTarget(ctx, dev.actor(), known.WaveTargetID, func(d *deed, t *WaveTarget) error {
		a, err := pullAction(d.tx, known.TargetID, known.ID)
		if err != nil || !a.TakenAt.IsZero() {
			return err // another request of the device was first
		}
		if a.Purpose == ForBackOut {
			return d.takesBack(t, a)
		}
		open, err := d.handsOut()
		if err != nil {
			return err
		}
		if decideOffer(&openAction{*a, t.State}, d.w.State, open, d.replaced()) != offersDeployment || !a.Open() {
			return errNothing
		}
		p, err := pullWave(d.tx, a.WaveID)
		if err != nil {
			return err
		}
		if t.State == TargetOverdue { // it is awaited again
			if err := watchPulls(d.tx); err != nil {
				return err
			}
		}
		if err := t.move(TargetTake); err != nil {
			return err
		}
		t.Touched, t.Reason, t.SettledAt = true, "", 0
		a.TakenAt, a.DueAt = d.tx.Now, p.due(d.tx.Now)
		if err := saveAction(d.tx, a); err != nil {
			return err
		}
		return d.note(t, "fetched it")
	})
}

// parcel gives the files of an action's package.
func (s *Service) parcel(ctx context.Context, a *PullAction, history int) (*Parcel, error) {
	files, err := s.parcelFiles(ctx, a.PackageID)
	if err != nil {
		return nil, err
	}
	p := &Parcel{Action: *a, Files: files}
	if history <= 0 {
		return p, nil
	}
	return p, s.db.View(ctx, func(tx *db.Tx) error {
		p.History, err = statusesOf(tx, a.ID, min(history, 50))
		return err
	})
}

// librarian reads the library for devices.
var librarian = identity.System("device downloads")
