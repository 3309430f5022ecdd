package main

import (
	"context"
	"errors"
	"fmt"

	"slipway/internal/app"
	"slipway/internal/sample"
)

type demoCmd struct {
	serveCmd
	Releases int `arg:"--releases,env:RELEASES" default:"18" help:"How many releases the organisation has; 18 are told in full, more are taken over in bulk."`
	Targets  int `arg:"--targets,env:TARGETS" default:"0" help:"How many targets it deploys to, if more than the demonstration needs."`
}

// Run fills an empty data folder and serves it.
func (d demoCmd) Run(ctx context.Context) error {
	if d.Zone == "UTC" {
		d.Zone = sample.Zone
	}
	if d.Organisation == "" {
		d.Organisation = sample.Organisation
	}
	return d.serve(ctx, func(ctx context.Context, a *app.App) error {
		options := sample.Options{Releases: d.Releases, Targets: d.Targets, Version: version, Begin: func() {
			fmt.Printf("Filling %s with the demonstration; this takes some seconds.\n", d.place())
		}}
		if err := sample.Demo(ctx, a, options); err != nil {
			return d.explain(err)
		}
		fmt.Printf("\nSlipway's demonstration is at http://%s\n\n%s\n", d.Addr, sample.Accounts())
		return nil
	})
}

// place is where the data are, as the user named it.
func (d demoCmd) place() string {
	if d.Database != "" {
		return "the database"
	}
	return d.Data
}

// explain says what to do about a folder that cannot be filled.
func (d demoCmd) explain(err error) error {
	anew := "delete " + d.Data
	if d.Database != "" {
		anew = "empty the database and delete " + d.Data
	}
	switch {
	case errors.Is(err, sample.ErrUnfinished):
		return fmt.Errorf("%s holds half a demonstration: another slipway is filling it now, or one was stopped. Wait for it, or %s and start again", d.place(), anew)
	case errors.Is(err, sample.ErrForeign):
		return fmt.Errorf("%s holds other data than the demonstration's: slipway serve serves them; for the demonstration name another folder with --data", d.place())
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped before the demonstration was told; %s before you start it again", anew)
	}
	return fmt.Errorf("fill the demonstration: %w; %s before you start it again", err, anew)
}
