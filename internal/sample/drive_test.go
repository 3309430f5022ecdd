package sample_test

import (
	"context"
	"os"
	"testing"
	"time"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/sample"
)

// draft makes a release of a service from a model, as maya.
func draft(t *testing.T, a *app.App, service, model string, kind release.Type) *release.Release {
	t.Helper()
	ctx := context.Background()
	maya, err := a.Identity.Local(ctx, sample.Holder(identity.ReleaseManager))
	if err != nil {
		t.Fatal(err)
	}
	q := release.Request{ServiceKey: service, Title: "Something new", Summary: "It does more.", Type: kind, Zone: sample.Zone}
	if kind == release.Emergency {
		q.Incident = "INC-1: nothing works"
	}
	now := a.DB.Now()
	q.WindowStart, q.WindowEnd = now.Add(5*24*time.Hour), now.Add(8*24*time.Hour)
	err = a.DB.View(ctx, func(tx *db.Tx) error {
		models, err := a.Policy.ActiveModels(tx)
		for _, m := range models {
			if m.ModelKey == model {
				q.ModelVersionID = m.ID
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Release.Create(ctx, maya, q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDriveReachesEveryState(t *testing.T) {
	if os.Getenv("SLIPWAY_TEST_PG") != "" {
		t.Skip("the rooms that it leads through have their own tests on PostgreSQL")
	}
	a := open(t)
	ctx := context.Background()
	if err := sample.People(ctx, a); err != nil {
		t.Fatal(err)
	}
	for _, to := range release.States() {
		r := draft(t, a, "LOY", policy.Templates()[0].Key, release.Minor)
		if err := sample.Drive(ctx, a, r.Key, to); err != nil {
			t.Fatal(err)
		}
		if err := sample.Drive(ctx, a, r.Key, over(to)); err != nil {
			t.Fatalf("from %s on: %v", to, err)
		}
	}
	for service, c := range map[string]struct {
		model string
		kind  release.Type
	}{"BRF": {"field-firmware", release.Major}, "WHS": {"emergency-fix", release.Emergency}, "SLW": {"rolling-service", release.Major}} {
		r := draft(t, a, service, c.model, c.kind)
		if err := sample.Drive(ctx, a, r.Key, release.Closed); err != nil {
			t.Fatalf("%s: %v", service, err)
		}
	}
}

// over is where a release in the state may end.
func over(s release.State) release.State {
	if s == release.Cancelled {
		return s
	}
	return release.Closed
}
