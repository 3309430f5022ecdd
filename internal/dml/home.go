package dml

import (
	"context"
	"errors"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

// Home is a place that may hold the library's media.
type Home struct {
	Name   string // of the bucket, without credentials; empty is the data folder
	Folder string // the data folder's media
}

// String names the place in a sentence.
func (h Home) String() string {
	if h.Name == "" {
		return "the data folder"
	}
	return "the bucket " + h.Name
}

// home is the place that the rows speak of.
type home struct {
	db.Row
	Name string
}

// TableName is the table of the media's place.
func (home) TableName() string { return "media_homes" }

const moved = "Copy the media there and start once with --media-moved."

// Settle refuses a place that does not hold the library's media, before the
// store there is opened, and remembers one that may. While the library holds
// nothing, any will do.
func Settle(ctx context.Context, d *db.DB, h Home) error {
	return d.InTx(ctx, func(tx *db.Tx) error {
		held, err := countHeld(tx)
		if err != nil {
			return err
		}
		known, err := homeOf(tx)
		if err != nil {
			return err
		}
		if held > 0 {
			if err := h.suits(known, held); err != nil {
				return err
			}
		}
		return remember(tx, known, h)
	})
}

// suits says why the media cannot be here. Of data from before places were
// remembered, only the folder's content tells.
func (h Home) suits(known *home, held int64) error {
	switch {
	case known != nil && known.Name == h.Name:
		return nil
	case known != nil && known.Name == "":
		return fault.New(fault.Conflict, "The %d media of this data lie in the data folder, and %s was named. Leave --blobs away. %s", held, h, moved)
	case known != nil:
		return fault.New(fault.Conflict, "The %d media of this data lie in %s, and %s was named. Give --blobs with that bucket. %s", held, Home{Name: known.Name}, h, moved)
	}
	inFolder, err := blob.Inhabited(h.Folder)
	switch {
	case err != nil:
		return fmt.Errorf("look for media in the data folder: %w", err)
	case h.Name != "" && inFolder:
		return fault.New(fault.Conflict, "The data folder holds media, and %s was named. Leave --blobs away. %s", h, moved)
	case h.Name == "" && !inFolder:
		return fault.New(fault.Conflict, "This data speaks of %d media, and none lies in the data folder. Name their bucket with --blobs.", held)
	}
	return nil
}

// MoveIn remembers another place for the media, if it holds all of them.
func (s *Service) MoveIn(ctx context.Context, h Home) error {
	list, err := s.Digests(ctx)
	if err != nil {
		return err
	}
	var missing []blob.Digest
	for _, d := range list {
		_, err := s.blobs.Stat(ctx, d)
		switch {
		case errors.Is(err, blob.ErrNotFound):
			missing = append(missing, d)
		case err != nil:
			return storeFault(err, nil)
		}
	}
	if len(missing) > 0 {
		return fault.New(fault.Conflict, "%d of the %d media are not in %s, among them %s. Nothing was changed: copy them there first.", len(missing), len(list), h, missing[0])
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		known, err := homeOf(tx)
		if err != nil {
			return err
		}
		return remember(tx, known, h)
	})
}

func remember(tx *db.Tx, known *home, h Home) error {
	switch {
	case known == nil:
		return tx.Create(&home{Name: h.Name})
	case known.Name == h.Name:
		return nil
	}
	known.Name = h.Name
	return tx.Save(known)
}
