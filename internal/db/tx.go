package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"

	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"

	"slipway/internal/fault"
)

// Row is what every entity begins with. Version counts saves: a form carries
// it, and a save of an older one is a Conflict.
type Row struct {
	ID        int64 `gorm:"primaryKey"`
	Version   int64
	CreatedAt Time `gorm:"autoCreateTime:false"`
	UpdatedAt Time `gorm:"autoUpdateTime:false"`
}

// row gives the embedded Row; it makes every embedding type Versioned.
func (r *Row) row() *Row { return r }

// Versioned is a pointer to a struct that embeds Row.
type Versioned interface{ row() *Row }

// Tx is one transaction. Now is fixed when it begins. Only files named
// *_store.go call its methods that touch tables.
type Tx struct {
	Now     Time
	g       *gorm.DB
	ctx     context.Context
	d       *DB
	reading bool // of View, which sees only what is committed
	before  []func() error
	after   []func()
	locals  map[reflect.Type]any
}

// InTx runs fn in a writing transaction. Writers run strictly one after the
// other on both databases. When fn returns an error nothing is kept.
// Transactions do not nest.
func (d *DB) InTx(ctx context.Context, fn func(*Tx) error) error {
	return d.inTx(ctx, false, fn)
}

var errNested = errors.New("db: transactions do not nest")

func nested(ctx context.Context) bool {
	_, nested := ctx.Value(txKey{}).(*Tx)
	return nested
}

func (d *DB) inTx(ctx context.Context, mayBeLost bool, fn func(*Tx) error) error {
	if nested(ctx) {
		return errNested
	}
	tx := &Tx{d: d}
	err := d.transact(ctx, mayBeLost, func(g *gorm.DB) error {
		tx.begin(ctx, g, d.Now())
		return tx.do(fn)
	})
	if err != nil {
		return translate(err)
	}
	for _, after := range tx.after {
		after()
	}
	return nil
}

// View runs fn with a reading handle. Each statement sees what was committed
// before it.
func (d *DB) View(ctx context.Context, fn func(*Tx) error) error {
	tx := &Tx{d: d, reading: true}
	tx.begin(ctx, d.read, d.Now())
	return translate(fn(tx))
}

type txKey struct{}

func (tx *Tx) begin(ctx context.Context, g *gorm.DB, now Time) {
	tx.ctx = context.WithValue(ctx, txKey{}, tx)
	if tx.Now = now; tx.d.postgres {
		tx.g = g.WithContext(tx.ctx)
	} else {
		tx.g = g.WithContext(steady{tx.ctx})
	}
}

// Gorm is the handle for queries; only *_store.go files may call it.
func (tx *Tx) Gorm() *gorm.DB { return tx.g }

// Context is the caller's context.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Postgres tells which dialect the statement will meet.
func (tx *Tx) Postgres() bool { return tx.d.postgres }

// Create inserts a row, or a slice of rows, and stamps the embedded Row.
func (tx *Tx) Create(row any) error {
	tx.stamp(reflect.ValueOf(row))
	done, err := tx.insert(row)
	if !done {
		err = tx.g.Create(row).Error
	}
	return translate(err)
}

func (tx *Tx) stamp(v reflect.Value) {
	for v.Kind() == reflect.Pointer && v.Elem().Kind() != reflect.Struct {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			element := v.Index(i)
			if element.Kind() == reflect.Struct {
				element = element.Addr()
			}
			tx.stamp(element)
		}
		return
	}
	if versioned, ok := v.Interface().(Versioned); ok {
		r := versioned.row()
		r.Version = 1
		if r.CreatedAt == 0 {
			r.CreatedAt = tx.Now
		}
		r.UpdatedAt = tx.Now
	}
}

// Save writes all columns of a row that nobody saved since it was read.
// Otherwise it is a Conflict and nothing changes.
func (tx *Tx) Save(row Versioned) error {
	r := row.row()
	if r.ID == 0 {
		return errors.New("db: save of a row that was never created")
	}
	was, updated := r.Version, r.UpdatedAt
	r.Version, r.UpdatedAt = was+1, tx.Now
	result := tx.g.Model(row).Where("version = ?", was).Select("*").Omit("id", "created_at").Updates(row)
	err := translate(result.Error)
	if err == nil && result.RowsAffected == 0 {
		err = Stale()
	}
	if err != nil {
		r.Version, r.UpdatedAt = was, updated
	}
	return err
}

// Stale is the Conflict of a save over somebody's newer change.
func Stale() error {
	return fault.New(fault.Conflict, "Somebody else saved this while you had it open. Here is what it is now; what you typed is kept below.")
}

// CheckVersion gives Stale when a form was drawn from an older row.
func CheckVersion(row Versioned, formVersion int64) error {
	if row.row().Version != formVersion {
		return Stale()
	}
	return nil
}

// First reads one row by condition; NotFound when there is none.
func (tx *Tx) First(dst any, query string, args ...any) error {
	asked, n, err := tx.ask(dst, query, " LIMIT 1", args)
	if !asked {
		err = tx.g.Where(query, args...).Take(dst).Error
	} else if err == nil && n == 0 {
		err = gorm.ErrRecordNotFound
	}
	return translate(err)
}

// Find reads all rows that match, oldest first.
func (tx *Tx) Find(dst any, query string, args ...any) error {
	return tx.FindBy(dst, "id", query, args...)
}

// FindBy is Find in an order, which may end in a LIMIT.
func (tx *Tx) FindBy(dst any, order, query string, args ...any) error {
	asked, _, err := tx.ask(dst, query, " ORDER BY "+order, args)
	if !asked {
		err = tx.g.Where(query, args...).Order(order).Find(dst).Error
	}
	return translate(err)
}

// diskFull tells the refusal of either database to grow.
func diskFull(err error) bool {
	var lite sqlite3.Error
	var state interface{ SQLState() string } // of PostgreSQL's errors
	return errors.As(err, &lite) && lite.Code == sqlite3.ErrFull || errors.As(err, &state) && state.SQLState() == "53100"
}

// translate turns the drivers' errors into faults; faults pass unchanged.
func translate(err error) error {
	var f *fault.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(fault.NotFound, err, "There is no such record.")
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return fault.Wrap(fault.Conflict, err, "There is one of that name already.")
	case errors.Is(err, gorm.ErrForeignKeyViolated):
		return fault.Wrap(fault.Conflict, err, "It is in use, or what it refers to is gone.")
	case diskFull(err):
		return fault.Wrap(fault.Unavailable, err, "The disk of the database is full, and nothing was changed. Ask an administrator to make room, then try again.")
	}
	return fmt.Errorf("database: %w", err)
}
