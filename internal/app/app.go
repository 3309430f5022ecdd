// Package app is the composition root: configuration in, services out. It is
// the only place that knows every room.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"slipway/internal/build"
	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
	"slipway/internal/plan"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/report"
	"slipway/internal/review"
	"slipway/internal/seal"
	"slipway/internal/status"
)

// Config is what a server is started with.
type Config struct {
	Data     string        // folder of the database and the media
	Database string        // postgres://…; empty is SQLite in the data folder
	Blobs    blob.S3Config // the bucket of the media; unnamed is the data folder
	Moved    bool          // the media were copied to where Blobs says
	Clamd    string        // address of a ClamAV daemon; empty leaves malware unchecked
	URL      string        // external address, as other deployers reach it
	Secret   string        // key of the secrets at rest; empty is a file in the data folder
	Log      *slog.Logger
	Clock    func() time.Time // time.Now when nil
}

// App holds every service of one running Slipway.
type App struct {
	Log      *slog.Logger
	DB       *db.DB
	Identity *identity.Service
	Jobs     *jobs.Runner
	Catalog  *catalog.Service
	DML      *dml.Service
	Policy   *policy.Service
	Change   *change.Service
	Release  *release.Service
	Plan     *plan.Service
	Build    *build.Service
	Deploy   *deploy.Service
	Review   *review.Service
	Report   *report.Service
	Status   *status.Service
}

// Open opens the data, migrates it and connects the services.
func Open(ctx context.Context, c Config) (*App, error) {
	d, err := db.Open(db.Options{Path: filepath.Join(c.Data, "slipway.db"), URL: c.Database, Clock: c.Clock})
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx); err != nil {
		return nil, err
	}
	home := dml.Home{Name: c.Blobs.String(), Folder: c.media()}
	if !c.Moved {
		if err := dml.Settle(ctx, d, home); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	blobs, err := openBlobs(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the media store: %w", errors.Join(err, d.Close()))
	}
	var options []dml.Option
	if c.Clamd != "" {
		options = append(options, dml.WithScanner(dml.NewClamd(c.Clamd)))
	}
	a := connect(d, blobs, deploy.Tools{Box: seal.New(c.Secret, c.Data), URL: c.URL}, c.Log, options...)
	if c.Moved {
		if err := a.DML.MoveIn(ctx, home); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

func (c Config) media() string { return filepath.Join(c.Data, "media") }

func openBlobs(ctx context.Context, c Config) (blob.Store, error) {
	media, log := c.media(), c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if c.Blobs.Named() {
		return blob.OpenS3(ctx, c.Blobs, filepath.Join(media, "tmp"), log)
	}
	return blob.OpenDisk(media)
}

// Ready tells whether requests can be served: nil, or a sentence about what does not answer.
func (a *App) Ready(ctx context.Context) error {
	if err := a.DB.Ping(ctx); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The database does not answer.")
	}
	return a.DML.Ready(ctx)
}

// Start puts the standing work on the queue; calling it at every start is right.
func (a *App) Start(ctx context.Context) error {
	if err := a.DML.Schedule(ctx); err != nil {
		return err
	}
	if err := a.Release.Schedule(ctx); err != nil {
		return err
	}
	return a.Deploy.Schedule(ctx)
}

// Connect makes the services over an open database and media store. Secrets are
// sealed with a key that is forgotten with the process.
func Connect(d *db.DB, blobs blob.Store, log *slog.Logger) *App {
	return connect(d, blobs, deploy.Tools{Box: seal.Fleeting()}, log)
}

func connect(d *db.DB, blobs blob.Store, tools deploy.Tools, log *slog.Logger, options ...dml.Option) *App {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := &App{Log: log, DB: d, Identity: identity.New(d), Jobs: jobs.NewRunner(d, log)}
	a.Catalog = catalog.New(d)
	a.DML = dml.New(d, blobs, append(options, dml.WithLog(log))...)
	a.Policy = policy.New(d, a.Catalog)
	a.Change = change.New(d)
	a.Release = release.New(d, a.Catalog, a.DML, a.Policy, a.Change)
	a.Plan = plan.New(d, a.Policy, a.Change, a.Release)
	a.Build = build.New(d, a.Release, a.DML, a.Catalog)
	a.Deploy = deploy.New(d, a.Release, a.Policy, a.Change)
	tools.Media = a.DML
	a.Deploy.Equip(tools)
	a.Review = review.New(d, review.Rooms{Release: a.Release, Build: a.Build, Deploy: a.Deploy, Catalog: a.Catalog, DML: a.DML, Policy: a.Policy})
	a.Report = report.New(d, report.Rooms{Release: a.Release, Plan: a.Plan, Deploy: a.Deploy, Review: a.Review, DML: a.DML, Policy: a.Policy, Change: a.Change})
	a.Status = status.New(d, a.Release, a.Deploy)
	a.Release.Use(release.Rooms{
		Evidence:  []release.Evidence{a.Plan, a.Build, a.Deploy, a.Review},
		Drawers:   []release.Drawer{a.Plan, a.Build, a.Deploy, a.Review},
		Followers: []release.Follower{a.Deploy, a.Plan, a.Review},
		Builders:  a.Build.Builders,
	})
	a.Catalog.UseReleases(a.Release)
	a.DML.UsePackages(a.Release)
	a.DML.UsePlaces(a.Deploy)
	a.DML.UseMakers(a.Build)
	a.DML.Use(a.Release, a.Review)
	a.DML.Jobs(a.Jobs)
	a.Release.Jobs(a.Jobs)
	a.Deploy.UseHealth(a.Review)
	a.Deploy.Jobs(a.Jobs)
	return a
}

// Close releases the database.
func (a *App) Close() error { return a.DB.Close() }
