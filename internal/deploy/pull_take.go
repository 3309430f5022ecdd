package deploy

import (
	"context"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
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
		open, err := d.handsOut()
		if err != nil {
			return err
		}
		if decideOffer(&openAction{*a, t.State}, d.w.State, open) != offersDeployment || !a.Open() {
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

// parcelFiles gives the files of a package. A baselined package never changes,
// so that they are read once.
func (s *Service) parcelFiles(ctx context.Context, packageID int64) ([]ParcelFile, error) {
	s.pulls.mu.RLock()
	files, known := s.pulls.parcels[packageID]
	s.pulls.mu.RUnlock()
	if known {
		return files, nil
	}
	var lines []release.Component
	versions := map[int64]*dml.Version{}
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		if lines, err = s.release.Components(tx, &release.Package{Row: db.Row{ID: packageID}}); err != nil {
			return err
		}
		for _, line := range lines {
			if line.Kind != release.Software {
				continue
			}
			if versions[line.MediaVersionID], err = s.tools.Media.VersionByID(tx, line.MediaVersionID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		v := versions[line.MediaVersionID]
		if v == nil || !fetchable(v) {
			continue
		}
		sums, err := s.tools.Media.Sums(ctx, librarian, v.ID)
		if err != nil {
			return nil, err
		}
		files = append(files, ParcelFile{Module: v.ID, Name: line.Name, Label: line.Label, FileName: v.FileName, Size: v.Size, SHA256: v.Digest.Hex(), SHA1: sums.SHA1, MD5: sums.MD5})
	}
	s.pulls.mu.Lock()
	s.pulls.parcels[packageID] = files
	s.pulls.mu.Unlock()
	return files, nil
}

// prepare has the other digests of a package computed before its first device
// asks for them.
func (s *Service) prepare(ctx context.Context, actor identity.Actor, key string) error {
	var packageID int64
	err := s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil || !fits(MethodDDI, r.Approach) || s.tools.Media == nil {
			return err
		}
		p, _, err := s.release.CurrentPackage(tx, r)
		if p != nil && p.Digest != "" {
			packageID = p.ID
		}
		return err
	})
	if err != nil || packageID == 0 {
		return err
	}
	_, err = s.parcelFiles(ctx, packageID)
	if fault.KindOf(err) == fault.Refused || fault.KindOf(err) == fault.NotFound {
		return nil // the blockers name what is missing or damaged
	}
	return err
}

// InstalledParcel gives what an action installed that the device closed with
// success.
func (s *Service) InstalledParcel(ctx context.Context, dev *Device, action int64, history int) (*Parcel, error) {
	var a *PullAction
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		a, err = pullAction(tx, dev.known.targetID, action)
		return err
	})
	if err != nil {
		return nil, err
	}
	if a.State != PullDone {
		return nil, errNothing
	}
	return s.parcel(ctx, a, history)
}

// Module lists the files of a module for a device that has an action with it.
func (s *Service) Module(ctx context.Context, dev *Device, module int64) (*ParcelFile, error) {
	_, f, err := s.moduleOf(ctx, dev, module)
	return f, err
}

// moduleOf finds the module in the device's open actions and in the last one
// that it closed with success.
func (s *Service) moduleOf(ctx context.Context, dev *Device, module int64) (*openAction, *ParcelFile, error) {
	for i := range dev.known.open {
		a := &dev.known.open[i]
		o, err := s.offer(ctx, dev.known, a)
		if err != nil {
			return nil, nil, err
		}
		if o != offersDeployment {
			continue
		}
		if f, err := s.fileIn(ctx, a.PackageID, module); err != nil || f != nil {
			return a, f, err
		}
	}
	if dev.known.done != 0 {
		p, err := s.InstalledParcel(ctx, dev, dev.known.done, 0)
		if err != nil {
			return nil, nil, err
		}
		for i := range p.Files {
			if p.Files[i].Module == module {
				return nil, &p.Files[i], nil
			}
		}
	}
	return nil, nil, fault.New(fault.NotFound, "This device is assigned no such module.")
}

func (s *Service) fileIn(ctx context.Context, packageID, module int64) (*ParcelFile, error) {
	files, err := s.parcelFiles(ctx, packageID)
	for i := range files {
		if files[i].Module == module {
			return &files[i], err
		}
	}
	return nil, err
}

// File opens a file of a module for a device that is assigned it, by the name
// that it has in the library. Whoever gets the bytes has taken the action.
func (s *Service) File(ctx context.Context, dev *Device, module int64, name string) (*ParcelFile, error) {
	a, f, err := s.moduleOf(ctx, dev, module)
	if err != nil {
		return nil, err
	}
	if f.FileName != name {
		return nil, fault.New(fault.NotFound, "The module has no such file.")
	}
	if a != nil {
		err = s.take(ctx, dev, a)
	}
	return f, err
}

// Bytes opens the bytes of a file that a device was found to be assigned.
func (s *Service) Bytes(ctx context.Context, f *ParcelFile) (*dml.Version, io.ReadSeekCloser, error) {
	return s.tools.Media.OpenParts(ctx, librarian, f.Module)
}
