package sample_test

import (
	"context"
	"testing"

	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/sample"
)

func TestDemo(t *testing.T) {
	a := open(t)
	ctx := context.Background()
	if err := sample.Demo(ctx, a, sample.Options{}); err != nil {
		t.Fatal(err)
	}
	maya, err := a.Identity.Local(ctx, sample.Holder(identity.ReleaseManager))
	if err != nil {
		t.Fatal(err)
	}
	list, err := a.Release.List(ctx, maya, release.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		t.Logf("%-16s %-10s %-10s %-20s %s", r.Key, r.Type, r.State, r.Gates, r.Title)
	}
}
