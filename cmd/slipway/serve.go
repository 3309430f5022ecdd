package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/web"
)

// dataFlags say where the data is; every command that touches it has them.
type dataFlags struct {
	Data      string        `arg:"--data,env:DATA" default:"./var" help:"Folder of the database and the media."`
	Database  string        `arg:"--database,env:DATABASE" help:"postgres:// URL; empty is SQLite in the data folder."`
	Blobs     blob.S3Config `arg:"--blobs,env:BLOBS" placeholder:"s3://KEY:SECRET@HOST:PORT/BUCKET/PREFIX" help:"Bucket that keeps the media; empty is the data folder. ?region=… and ?tls=off may follow; without KEY:SECRET@ the credentials are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`
	Moved     bool          `arg:"--media-moved,env:MEDIA_MOVED" help:"The media were copied to where --blobs says, or into the data folder without it: remember that place from now on, if it holds all of them."`
	Clamd     string        `arg:"--clamd,env:CLAMD" placeholder:"HOST:PORT" help:"ClamAV daemon that looks at whatever is submitted, or the path of its socket; without one it says \"not checked\"."`
	SecretKey string        `arg:"--secret-key,env:SECRET_KEY" placeholder:"KEY" help:"Key that seals SSH keys and other secrets in the database, as openssl rand -hex 32 makes one; better in the environment variable SLIPWAY_SECRET_KEY than here. Empty is the file secret.key in the data folder, made at the first need: keep a copy of it apart from the database's."`
}

func (f dataFlags) open(ctx context.Context, log *slog.Logger) (*app.App, error) {
	return app.Open(ctx, f.config(log))
}

func (f dataFlags) config(log *slog.Logger) app.Config {
	return app.Config{Data: f.Data, Database: f.Database, Blobs: f.Blobs, Moved: f.Moved, Clamd: f.Clamd, Secret: f.SecretKey, Log: log}
}

type serveCmd struct {
	dataFlags
	Addr          string `arg:"--addr,env:ADDR" default:"127.0.0.1:8080" help:"Address to listen on."`
	URL           string `arg:"--url,env:URL" help:"External address, as people and devices reach it."`
	Zone          string `arg:"--zone,env:ZONE" default:"UTC" help:"Time zone for viewers who chose none."`
	Organisation  string `arg:"--organisation,env:ORGANISATION" help:"Name of the organisation, in the footer."`
	LogLevel      string `arg:"--log-level,env:LOG_LEVEL" default:"info" help:"Least level that is logged (debug, info, warn, error)."`
	SecureCookies bool   `arg:"--secure-cookies,env:SECURE_COOKIES" help:"Send cookies over HTTPS only; on where the external address is https."`
	TrustedProxy  string `arg:"--trusted-proxy,env:TRUSTED_PROXY" help:"Network of the proxy whose X-Forwarded-For is believed, such as 10.0.0.0/8."`
}

// Validate finds usage mistakes.
func (s serveCmd) Validate() error {
	return choice("log-level", s.LogLevel, "debug", "info", "warn", "error")
}

// Run serves until the context ends.
func (s serveCmd) Run(ctx context.Context) error { return s.serve(ctx, nil) }

func (s serveCmd) serve(ctx context.Context, prepare func(context.Context, *app.App) error) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(log)
	// Whoever cannot be listened to learns it before anything is filled.
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; name another with --addr", s.Addr, errors.Unwrap(err))
	}
	defer listener.Close()
	config := s.config(log)
	config.URL = cmp.Or(s.URL, "http://"+listener.Addr().String())
	a, err := app.Open(ctx, config)
	if err != nil {
		return err
	}
	defer a.Close()
	if prepare != nil {
		if err := prepare(ctx, a); err != nil {
			return err
		}
	}
	handler, err := web.New(a, web.Config{URL: s.URL, Zone: s.Zone, Organisation: s.Organisation, Version: version,
		SecureCookies: s.SecureCookies, TrustedProxy: s.TrustedProxy, Ending: ctx.Done()})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return fmt.Errorf("schedule the standing work: %w", err)
	}
	log.Info("serving", "address", "http://"+listener.Addr().String(), "data", s.Data, "blobs", s.Blobs.String())
	return serveUntil(ctx, listener, handler, a)
}

// shutdownGrace is how long requests in hand may take once the end is asked for.
const shutdownGrace = 20 * time.Second

// settled is when a server has done what was due at its start, and gives back
// the memory that only this needed.
const settled = 2 * time.Second

// garbage is how much a server lets gather before it collects, in percent of
// what lives. That is a few MiB, and to collect as often as other programs do
// took a tenth of its time. GOGC in the environment says otherwise.
const garbage = 200

func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler, a *app.App) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	// No total read or write timeout: media of gigabytes come and go. Slow
	// headers and idle connections are bounded instead.
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn)}
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		a.Jobs.Run(ctx, 2)
	}()
	noted := make(chan struct{})
	go func() {
		defer close(noted)
		a.Deploy.KeepSightings(ctx, func(err error) { a.Log.Error("when devices were seen is not written down", "error", err) })
	}()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	defer time.AfterFunc(settled, debug.FreeOSMemory).Stop()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.Log.Info("stopping")
	grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	err := server.Shutdown(grace)
	<-worked
	<-noted
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("some requests did not end within %s", shutdownGrace)
	}
	return err
}

type migrateCmd struct {
	dataFlags
}

// Run brings the database up to date.
func (m migrateCmd) Run(ctx context.Context) error {
	a, err := m.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	fmt.Printf("The schema is at %d.\n", db.SchemaVersion())
	return nil
}

type versionCmd struct{}

// Run prints what this program is.
func (versionCmd) Run(context.Context) error {
	fmt.Printf("slipway %s, commit %s, schema %d\n", version, commit, db.SchemaVersion())
	return nil
}
