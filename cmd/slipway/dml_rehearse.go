package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"slipway/internal/dml/blob"
)

// rehearse reads a version back from the store, or from a restored copy of it,
// and records the result. The exit status is 1 when not all of it matched.
func (c dmlVerifyCmd) rehearse(ctx context.Context) error {
	if c.Version == "" || c.Rehearse == "" {
		return errors.New("a rehearsal needs a version and --rehearse USER")
	}
	a, actor, err := openAs(ctx, c.dataFlags, c.Rehearse)
	if err != nil {
		return err
	}
	defer a.Close()
	var copied blob.Store
	if c.From != "" {
		if _, err := os.Stat(filepath.Join(c.From, "sha256")); err != nil {
			return fmt.Errorf("%s is no media folder: it has no sha256 in it", c.From)
		}
		if copied, err = blob.OpenDisk(c.From); err != nil {
			return err
		}
	}
	v, err := a.DML.Lookup(ctx, actor, c.Version)
	if err != nil {
		return err
	}
	r, err := a.DML.Rehearse(ctx, actor, v.ID, copied, c.Note)
	if err != nil {
		return err
	}
	fmt.Printf("%s\t%d bytes\t%s\n", v.Ref(), r.Bytes, r.Detail)
	if !r.Verified {
		return fmt.Errorf("%s could not be restored", v.Ref())
	}
	return nil
}
