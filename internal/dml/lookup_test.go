package dml

import (
	"context"
	"testing"

	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func TestLookup(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.receive(l.bruno, "1.4.0", "x")
	for _, name := range []string{v.Ref(), v.Digest.String()} {
		if got, err := l.Lookup(ctx, l.cora, name); err != nil || got.ID != v.ID {
			t.Error(name, got, err)
		}
	}
	stefan := dbtest.User(t, l.db, "stefan", identity.Stakeholder)
	_, hidden := l.Lookup(ctx, stefan, v.Ref())
	wantKind(t, hidden, fault.NotFound, "holds no")
	for name, kind := range map[string]fault.Kind{"payments-api/server:2": fault.NotFound, blob.Of(nil).String(): fault.NotFound, "sha256:1": fault.Invalid, "server": fault.Invalid} {
		if _, err := l.Lookup(ctx, l.cora, name); fault.KindOf(err) != kind {
			t.Error(name, err)
		}
	}
	if _, err := l.Verify(ctx, l.bruno, v.ID); err != nil {
		t.Error(err)
	}
	l.damage(v)
	_, err := l.Verify(ctx, l.bruno, v.ID)
	wantKind(t, err, fault.Refused, "cannot vouch")
	_, err = l.Verify(ctx, stefan, v.ID)
	wantKind(t, err, fault.NotFound, "no such")
}
