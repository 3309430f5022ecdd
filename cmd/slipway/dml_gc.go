package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"slipway/internal/client"
	"slipway/internal/identity"
	"slipway/web/api"
)

type dmlGCCmd struct {
	dataFlags
	serverFlags
	Grace  time.Duration `arg:"--grace,env:GRACE" default:"24h" help:"How long ago bytes must have been condemned to be deleted now; at least 1h."`
	DryRun bool          `arg:"--dry-run,env:DRY_RUN" help:"List what would go, when and why, and change nothing."`
	JSON   bool          `arg:"--json,env:JSON" help:"Print the result as JSON."`
}

// Validate finds usage mistakes.
func (c dmlGCCmd) Validate() error { return c.check() }

// Run collects what nothing needs. What was condemned in this run is deleted by
// one after the grace. The exit status is 1 when a part of it failed.
func (c dmlGCCmd) Run(ctx context.Context) error {
	run, plan := c.here, c.planHere
	if c.Server != "" {
		run, plan = c.there, c.planThere
	}
	if c.DryRun {
		p, err := plan(ctx)
		if err != nil {
			return err
		}
		return show(os.Stdout, c.JSON, p, printPlan)
	}
	done, err := run(ctx)
	if err != nil {
		return err
	}
	if err := show(os.Stdout, c.JSON, done, printCollection); err != nil {
		return err
	}
	if done.Failures > 0 {
		return fmt.Errorf("%d steps failed; the last one: %s", done.Failures, done.LastError)
	}
	return nil
}

// here collects in the library of a data folder.
func (c dmlGCCmd) here(ctx context.Context) (*client.Collection, error) {
	a, err := c.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer a.Close()
	run, err := a.DML.Collect(ctx, identity.System("command line"), c.Grace)
	if err != nil {
		return nil, err
	}
	return api.Collection(run), nil
}

func (c dmlGCCmd) planHere(ctx context.Context) (*client.CollectionPlan, error) {
	a, err := c.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer a.Close()
	plan, err := a.DML.Plan(ctx, identity.System("command line"), c.Grace)
	if err != nil {
		return nil, err
	}
	return api.Plan(plan), nil
}

// there has a server collect. Interrupting the command does not stop it.
func (c dmlGCCmd) there(ctx context.Context) (*client.Collection, error) {
	shown := newProgress(os.Stderr, "Freed", 0)
	defer shown.end()
	server, err := c.connect(shown)
	if err != nil {
		return nil, err
	}
	run, err := server.Collect(ctx, c.Grace, func(run *client.Collection) { shown.at(run.Freed) })
	return run, goesOn(ctx, err)
}

func (c dmlGCCmd) planThere(ctx context.Context) (*client.CollectionPlan, error) {
	server, err := c.connect(newProgress(os.Stderr, "", 0))
	if err != nil {
		return nil, err
	}
	plan, err := server.PlanCollection(ctx, c.Grace)
	return plan, stopped(ctx, err)
}

func show[T any](out io.Writer, asJSON bool, value T, plain func(io.Writer, T) error) error {
	if asJSON {
		return json.NewEncoder(out).Encode(value)
	}
	return plain(out, value)
}

func printCollection(out io.Writer, r *client.Collection) error {
	_, err := fmt.Fprintf(out, "%d versions let go, %d blobs condemned, %d blobs deleted, %d bytes freed, %d dead uploads dropped.\n", r.LetGo, r.Condemned, r.Deleted, r.Freed, r.Uploads)
	return err
}

func printPlan(out io.Writer, p *client.CollectionPlan) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, line := range p.Lines {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", line.What, line.Digest, line.Size, line.At, line.Name, line.Why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	more := ""
	if p.More {
		more = " Some lines are left out."
	}
	_, err := fmt.Fprintf(out, "%d blobs and %d dead uploads would go: %d bytes, of them %d at once.%s\n", p.Blobs, p.Uploads, p.Frees, p.Now, more)
	return err
}
