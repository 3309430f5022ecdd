package webtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"slipway/internal/app"
	"slipway/internal/dbtest"
	"slipway/internal/sample"
)

// New gives a server with the demonstration's people, services, policies and
// models, and without releases.
func New(t testing.TB) *Server {
	t.Helper()
	return filled(t, peopled, sample.People)
}

// Demo gives a server with the whole demonstration.
func Demo(t testing.TB) *Server {
	t.Helper()
	return filled(t, told, demo)
}

// Each is a way to fill an empty Slipway, and the folder filled that way.
var (
	peopled = kept("people", fill(sample.People))
	told    = kept("demo", fill(demo))
)

func filled(t testing.TB, kept func() (*folder, error), tell func(context.Context, *app.App) error) *Server {
	t.Helper()
	if os.Getenv("SLIPWAY_TEST_PG") != "" { // where there is no file to copy
		s := Empty(t)
		if err := tell(t.Context(), s.App); err != nil {
			t.Fatal(err)
		}
		return s
	}
	f, err := kept()
	if err != nil {
		t.Fatal(err)
	}
	return f.serve(t)
}

// demo tells the demonstration with a small file for Slipway's own program,
// which every test copies.
func demo(ctx context.Context, a *app.App) error {
	dir, err := os.MkdirTemp("", "slipway-program")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "slipway")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho the program of the tests\n"), 0o600); err != nil {
		return err
	}
	return sample.Demo(ctx, a, sample.Options{Program: program})
}

// fill fills a data folder, and closes it so that all of it is in its files.
func fill(tell func(context.Context, *app.App) error) func(dir string) error {
	return func(dir string) error {
		ctx := context.Background()
		a, err := app.Open(ctx, app.Config{Data: dir, Clock: dbtest.Now})
		if err != nil {
			return err
		}
		if err := tell(ctx, a); err != nil {
			return err
		}
		return a.Close()
	}
}
