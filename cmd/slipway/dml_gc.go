package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"slipway/internal/dml"
)

type dmlGCCmd struct {
	dataFlags
	Grace  time.Duration `arg:"--grace,env:GRACE" default:"24h" help:"How long ago bytes must have been condemned to be deleted now; at least 1h."`
	DryRun bool          `arg:"--dry-run,env:DRY_RUN" help:"List what would go, when and why, and change nothing."`
	JSON   bool          `arg:"--json,env:JSON" help:"Print the result as JSON."`
	Server string        `arg:"--server,env:SERVER" help:"Is refused: a server collects by itself."`
}

// Validate finds usage mistakes.
func (c dmlGCCmd) Validate() error {
	if c.Server != "" {
		return errors.New("a server collects once a day by itself, and custodians read what it would take at /dml/health/collection; gc works on a data folder, without --server")
	}
	return nil
}

// Run collects what nothing needs. What was condemned in this run is deleted by
// one after the grace. The exit status is 1 when a part of it failed.
func (c dmlGCCmd) Run(ctx context.Context) error {
	a, err := c.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	if c.DryRun {
		plan, err := a.DML.Plan(ctx, c.Grace)
		if err != nil {
			return err
		}
		return show(os.Stdout, c.JSON, plan, printPlan)
	}
	run, err := a.DML.Collect(ctx, "command line", c.Grace)
	if err != nil {
		return err
	}
	if err := show(os.Stdout, c.JSON, gcResult{run.LetGo, run.Condemned + run.Orphans, run.Deleted, run.Freed, run.Uploads, run.Failures, run.LastError}, printResult); err != nil {
		return err
	}
	if run.Failures > 0 {
		return fmt.Errorf("%d steps failed; the last one: %s", run.Failures, run.LastError)
	}
	return nil
}

// gcResult is a run as the command prints it.
type gcResult struct {
	LetGo     int64  `arg:"--let-go,env:LET_GO" help:""`
	Condemned int64  `arg:"--condemned,env:CONDEMNED" help:""`
	Deleted   int64  `arg:"--deleted,env:DELETED" help:""`
	Freed     int64  `arg:"--freed,env:FREED" help:""`
	Uploads   int64  `arg:"--uploads,env:UPLOADS" help:""`
	Failures  int64  `arg:"--failures,env:FAILURES" help:""`
	LastError string `arg:"--last-error,env:LAST_ERROR" help:""`
}

func show[T any](out io.Writer, asJSON bool, value T, plain func(io.Writer, T) error) error {
	if asJSON {
		return json.NewEncoder(out).Encode(value)
	}
	return plain(out, value)
}

func printResult(out io.Writer, r gcResult) error {
	_, err := fmt.Fprintf(out, "%d versions let go, %d blobs condemned, %d blobs deleted, %d bytes freed, %d dead uploads dropped.\n", r.LetGo, r.Condemned, r.Deleted, r.Freed, r.Uploads)
	return err
}

func printPlan(out io.Writer, p *dml.Plan) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, line := range p.Lines {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", line.What, line.Digest, line.Size, line.At.Std().Format(time.RFC3339), line.Name, line.Why)
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
