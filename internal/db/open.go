// Package db opens the database, runs transactions and migrates the schema.
// It knows no table of the domain.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// DB is one database: SQLite in a file, or PostgreSQL.
type DB struct {
	write, read *gorm.DB
	handles     []*sql.DB
	postgres    bool
	clock       func() time.Time
	group       group
	rows        reader
	inserts     inserter
}

// Options say where the database is.
type Options struct {
	Path  string           // SQLite file, used when URL is empty
	URL   string           // postgres://… takes precedence
	Clock func() time.Time // time.Now when nil
}

// readers is the number of reading SQLite connections. More than the cores
// makes pages slower, not faster.
const readers = 4

var registerOnce sync.Once

// sqlitePragmas are the settings that have no place in the connection string.
// The journal goes into the database every 16 MiB: by then most of its pages
// have changed several times, and are written there once.
var sqlitePragmas = []string{"PRAGMA cache_size=-4000", "PRAGMA temp_store=MEMORY", "PRAGMA journal_size_limit=67108864", "PRAGMA wal_autocheckpoint=4000"}

func registerSQLite() {
	sql.Register("sqlite3_slipway", &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		for _, pragma := range sqlitePragmas {
			if _, err := c.Exec(pragma, nil); err != nil {
				return fmt.Errorf("%s: %w", pragma, err)
			}
		}
		return nil
	}})
}

// Open opens the database and leaves the schema as it is; see Migrate.
func Open(o Options) (*DB, error) {
	d := &DB{clock: o.Clock}
	if d.clock == nil {
		d.clock = time.Now
	}
	if o.URL != "" {
		return d, d.openPostgres(o.URL)
	}
	return d, d.openSQLite(o.Path)
}

func (d *DB) openSQLite(path string) error {
	registerOnce.Do(registerSQLite)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	// The driver keeps the prepared statements of each connection. GORM's own
	// cache prepares every statement of a transaction anew.
	base := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=on&_stmt_cache_size=256"
	var err error
	// One writer. It begins IMMEDIATE for migrations too, whose transactions are
	// those of database/sql.
	if d.write, err = d.connectSQLite(base+"&_txlock=immediate", 1); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if d.read, err = d.connectSQLite(base+"&_query_only=true", readers); err != nil {
		return fmt.Errorf("open %s for reading: %w", path, err)
	}
	return nil
}

func (d *DB) connectSQLite(dsn string, conns int) (*gorm.DB, error) {
	handle, err := sql.Open("sqlite3_slipway", dsn)
	if err != nil {
		return nil, err
	}
	handle.SetMaxOpenConns(conns)
	handle.SetMaxIdleConns(conns)
	d.handles = append(d.handles, handle)
	return d.open(&sqlite.Dialector{Conn: handle})
}

func (d *DB) openPostgres(dsn string) error {
	d.postgres = true
	g, err := d.open(postgres.Open(dsn))
	if err != nil {
		// The driver's message may hold the password of the URL.
		return errors.New("cannot reach PostgreSQL: " + redact(err.Error(), dsn))
	}
	handle, err := g.DB()
	if err != nil {
		return err
	}
	handle.SetMaxOpenConns(16)
	handle.SetMaxIdleConns(4)
	d.handles = append(d.handles, handle)
	d.write, d.read = g, g
	return nil
}

func (d *DB) open(dialect gorm.Dialector) (*gorm.DB, error) {
	g, err := gorm.Open(dialect, d.config())
	if err != nil {
		return nil, err
	}
	return g, errors.Join(d.rows.install(g), heedCallers(g))
}

func redact(message, dsn string) string {
	if u, err := url.Parse(dsn); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok && password != "" {
			message = strings.ReplaceAll(message, password, "…")
		}
	}
	return message
}

func (d *DB) config() *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		NowFunc:                func() time.Time { return d.clock().UTC() },
		Logger:                 statementCounter{},
	}
}

// Now is the clock that every transaction reads once.
func (d *DB) Now() Time { return At(d.clock()) }

// Clock is the clock as it is.
func (d *DB) Clock() func() time.Time { return d.clock }

// SetClock replaces the clock; for tests and the demonstration's history.
func (d *DB) SetClock(clock func() time.Time) { d.clock = clock }

// Postgres tells which database this is.
func (d *DB) Postgres() bool { return d.postgres }

// Ping tells whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.handles[0].PingContext(ctx) }

// Close ends all connections.
func (d *DB) Close() error {
	var errs []error
	for _, handle := range d.handles {
		errs = append(errs, handle.Close())
	}
	return errors.Join(errs...)
}
