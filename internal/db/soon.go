package db

import "context"

// InTxSoon is InTx for what may be lost in a power cut, though not when the
// process dies: its commit does not wait for the disk. It is for notes about
// work under way that begins again if they are gone, never for what somebody is
// told is done.
func (d *DB) InTxSoon(ctx context.Context, fn func(*Tx) error) error {
	return d.inTx(ctx, true, fn)
}
