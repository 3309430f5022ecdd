package sample

import (
	"context"

	"slipway/internal/app"
)

// Options size the demonstration.
type Options struct {
	Releases int // more than the twelve that are told in full are made in bulk
	Targets  int // likewise for targets in the field
}

// People fills an empty database with the people, their services, policies and
// models, and where they deploy to; there are no releases yet.
func People(ctx context.Context, a *app.App) error {
	if err := enrol(ctx, a); err != nil {
		return err
	}
	who, err := find(ctx, a)
	if err != nil {
		return err
	}
	added, err := addServices(ctx, a, who)
	if err != nil {
		return err
	}
	if err := addItems(ctx, a, who, added); err != nil {
		return err
	}
	if err := addPolicies(ctx, a, who, added); err != nil {
		return err
	}
	if err := addModels(ctx, a, who); err != nil {
		return err
	}
	return addPlaces(ctx, a, who)
}

// Demo fills an empty data folder.
func Demo(ctx context.Context, a *app.App, _ Options) error { return People(ctx, a) }
