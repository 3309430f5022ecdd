package sample

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/app"
	"slipway/internal/identity"
	"slipway/internal/zone"
)

// Options size the demonstration.
type Options struct {
	Releases int    // more than those that are told in full are made in bulk
	Targets  int    // likewise for targets in the field
	Version  string // of this program, whose own release is among them
	Program  string // the file that its own release delivers; empty: the program that runs
	Begin    func() // called before an empty database is filled; may be nil
}

// People fills an empty database with the people, their services, policies and
// models, and the places they deploy to; there are no releases yet.
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

// months is how long ago the organisation began, and pause what passes between
// two things done in one event.
const (
	months = 5
	pause  = 5 * time.Second
)

// Demo fills an empty database with an organisation and its history over the
// past months, as it stands now. One that holds the demonstration already is
// left as it is; ErrUnfinished and ErrForeign refuse any other.
func Demo(ctx context.Context, a *app.App, o Options) error {
	now := a.DB.Now().Std()
	c := since(a.DB, now.AddDate(0, -months, 0), pause)
	defer c.end()
	if told, err := begin(ctx, a); told || err != nil {
		return err
	}
	if o.Begin != nil {
		o.Begin()
	}
	if err := People(ctx, a); err != nil {
		return err
	}
	who, err := find(ctx, a)
	if err != nil {
		return err
	}
	if err := former(ctx, a, who, o.Releases-Told); err != nil {
		return err
	}
	if err := fleet(ctx, a, who, o.Targets-len(hosts)-knownRouters-knownHandhelds); err != nil {
		return err
	}
	if err := tellAll(ctx, a, who, c, now, o); err != nil {
		return err
	}
	c.end()
	return finish(ctx, a)
}

func tellAll(ctx context.Context, a *app.App, who cast, c *calendar, now time.Time, o Options) error {
	home, err := zone.Load(Zone)
	if err != nil {
		return fmt.Errorf("zone of the demonstration: %w", err)
	}
	version := o.Version
	if version == "" || version == "dev" {
		version = "1.0.0"
	}
	st := &stage{app: a, who: who, now: now, zone: home, program: o.Program}
	st.aside()
	st.past(c)
	st.present(c, version)
	st.ahead(c)
	return st.play(ctx, c)
}

// Holder names somebody of the demonstration who holds the role.
func Holder(role identity.Role) string {
	for _, p := range people {
		if p.role == role {
			return p.username
		}
	}
	return ""
}
