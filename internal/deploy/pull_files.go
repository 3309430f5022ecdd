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
