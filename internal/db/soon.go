package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"gorm.io/gorm"
)

// InTxSoon is InTx for what may be lost in a power cut, though not when the
// process dies: its commit does not wait for the disk. It is for notes about
// work under way that begins again if they are gone, never for what somebody is
// told is done.
func (d *DB) InTxSoon(ctx context.Context, fn func(*Tx) error) error {
	if _, nested := ctx.Value(txKey{}).(*Tx); nested {
		return errNested
	}
	write := d.write.WithContext(ctx)
	if d.postgres {
		return d.inTx(ctx, write, func(tx *Tx) error {
			if err := tx.g.Exec("SET LOCAL synchronous_commit TO OFF").Error; err != nil {
				return err
			}
			return fn(tx)
		})
	}
	// The setting belongs to a connection, and this is the only one that writes:
	// whoever waits for it finds it as it was, or finds another.
	return translate(write.Connection(func(g *gorm.DB) (err error) {
		conn := g.Statement.ConnPool.(*sql.Conn)
		if _, err := conn.ExecContext(ctx, "PRAGMA synchronous=NORMAL"); err != nil {
			return err
		}
		defer func() {
			if _, failed := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous=FULL"); failed != nil {
				_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // so that it is not used again
			}
		}()
		return d.inTx(ctx, g, fn)
	}))
}

var errNested = errors.New("db: transactions do not nest")
