package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"slipway/internal/app"
	"slipway/internal/client"
	"slipway/internal/dml"
	"slipway/internal/identity"
)

// DMLCmd is the media library from a shell: that of a server, or that of a data
// folder beside it.
type DMLCmd struct {
	Put    *dmlPutCmd    `arg:"subcommand:put" help:"Submit a file; it waits in quarantine for a custodian."`
	Get    *dmlGetCmd    `arg:"subcommand:get" help:"Write a version's verified bytes to a file, or to standard output."`
	Verify *dmlVerifyCmd `arg:"subcommand:verify" help:"Hash stored media again: one digest, or all of them."`
	GC     *dmlGCCmd     `arg:"subcommand:gc" help:"Let go of what retention no longer keeps, and delete bytes that nothing needs."`
}

// serverFlags say which server's library is meant instead of a data folder's.
type serverFlags struct {
	Server string `arg:"--server,env:SERVER" placeholder:"URL" help:"Address of a Slipway server; without it the data folder is used."`
	Token  string `arg:"--token,env:TOKEN" help:"API token for the server, from its account page."`
}

// check finds what is missing of the flags, before anything is done.
func (f serverFlags) check() error {
	if f.Server != "" && f.Token == "" {
		return errors.New("--server needs --token, or SLIPWAY_TOKEN: create one on the account page")
	}
	if f.Server == "" {
		return nil
	}
	_, err := client.New(f.Server, f.Token)
	return err
}

// connect gives a client that tells of pauses where somebody watches.
func (f serverFlags) connect(shown *progress) (*client.Client, error) {
	c, err := client.New(f.Server, f.Token)
	if err != nil {
		return nil, err
	}
	c.Waiting = func(why error, pause time.Duration) {
		shown.say(fmt.Sprintf("%v; trying again in %s", why, pause))
	}
	return c, nil
}

// stopped says what an interrupted transfer leaves.
func stopped(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.New("stopped; run the same command again to go on from here")
	}
	return err
}

// goesOn says what an interrupted command leaves at work.
func goesOn(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.New("stopped waiting; the server goes on, and the same command waits for it again")
	}
	return err
}

// local opens the data folder and gives the version that is meant.
func local(ctx context.Context, f dataFlags, name string) (*app.App, *dml.Version, error) {
	a, err := f.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	v, err := a.DML.Lookup(ctx, identity.System("command line"), name)
	if err != nil {
		return nil, nil, errors.Join(err, a.Close())
	}
	return a, v, nil
}

// openAs opens the data and finds the account that acts.
func openAs(ctx context.Context, f dataFlags, username string) (*app.App, identity.Actor, error) {
	a, err := f.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, identity.Actor{}, err
	}
	actor, err := a.Identity.Local(ctx, username)
	if err != nil {
		return nil, identity.Actor{}, errors.Join(err, a.Close())
	}
	return a, actor, nil
}
