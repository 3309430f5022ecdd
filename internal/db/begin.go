package db

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"gorm.io/gorm"
)

// writerLock is the advisory lock that queues writers on PostgreSQL. The audit
// chain puts all writers in one line anyway; taking the lock first gives the
// same serial writers that SQLite has, and nothing to retry.
const writerLock = 0x51169a7

// transact runs fn in a writing transaction, which is kept when fn is done and
// undone when it fails or its caller has left. The commit of one that may be
// lost in a power cut does not wait for the disk.
func (d *DB) transact(ctx context.Context, mayBeLost bool, fn func(*gorm.DB) error) error {
	write := d.write.WithContext(ctx)
	if d.postgres {
		return write.Transaction(func(g *gorm.DB) error {
			if err := g.Exec("SELECT pg_advisory_xact_lock(?)", writerLock).Error; err != nil {
				return err
			}
			if mayBeLost {
				if err := g.Exec("SET LOCAL synchronous_commit TO OFF").Error; err != nil {
					return err
				}
			}
			return fn(g)
		})
	}
	return write.Connection(func(g *gorm.DB) error {
		w := writer{g.Statement.ConnPool.(*sql.Conn), context.WithoutCancel(ctx)}
		run := func() error { return w.transact(ctx, func() error { return fn(g) }) }
		if mayBeLost {
			return w.relaxed(run)
		}
		return run()
	})
}

// writer is the one connection that writes to SQLite. Its transactions are begun
// and ended by statements: those of database/sql can be broken off midway, for
// which each question costs a goroutine.
type writer struct {
	conn *sql.Conn
	ctx  context.Context // without an end
}

func (w writer) exec(statement string) error {
	_, err := w.conn.ExecContext(w.ctx, statement)
	return err
}

// discard lets the connection not be used again.
func (w writer) discard() { _ = w.conn.Raw(func(any) error { return driver.ErrBadConn }) }

// transact runs fn in a transaction. One that nobody waits for any more is undone.
func (w writer) transact(ctx context.Context, fn func() error) error {
	// Deferred writers fail with "database is locked" whatever the timeout.
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	kept := false
	defer func() { // for a panic too
		if !kept && w.exec("ROLLBACK") != nil {
			w.discard()
		}
	}()
	err := fn()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = w.exec("COMMIT")
		kept = err == nil
	}
	return err
}

// relaxed runs fn while commits do not wait for the disk. The setting belongs to
// a connection, and this is the only one that writes: whoever waits for it finds
// it as it was, or finds another.
func (w writer) relaxed(fn func() error) error {
	if err := w.exec("PRAGMA synchronous=NORMAL"); err != nil {
		return err
	}
	defer func() {
		if w.exec("PRAGMA synchronous=FULL") != nil {
			w.discard()
		}
	}()
	return fn()
}
