package dml

import (
	"context"
	"io"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
)

// TestPushAndPullKeepWithinTheirStatements holds what every layer of an image
// costs, the sender's token included, to a number of SQL statements.
func TestPushAndPullKeepWithinTheirStatements(t *testing.T) {
	l := newLibrary(t)
	identities := identity.New(l.db)
	token, err := identities.CreateToken(context.Background(), l.bruno, "pipeline", []string{"dml:read", "dml:write"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	within := func(what string, most int64, do func(ctx context.Context, r *Registry) error) {
		t.Helper()
		if l.db.Postgres() {
			most += 2 // to begin a transaction and to end it
		}
		ctx, n := db.CountStatements(context.Background())
		actor, err := identities.FindToken(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		if err := do(ctx, l.Registry(actor)); err != nil || n.Load() > most {
			t.Errorf("%s takes %d statements, at most %d: %v", what, n.Load(), most, err)
		}
	}
	layer := blob.Of([]byte("layer"))
	id := ""
	within("the beginning of a push", 3, func(ctx context.Context, r *Registry) error {
		p, err := r.Begin(ctx, waiting1, 5)
		if err != nil {
			return err
		}
		id = p.ID()
		return p.Close()
	})
	within("the end of a push", 9, func(ctx context.Context, r *Registry) error {
		p, err := r.Resume(ctx, waiting1, id, 0)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(p, "layer"); err != nil {
			return err
		}
		_, err = p.Commit(ctx, layer)
		return err
	})
	within("a pull", 3, func(ctx context.Context, r *Registry) error {
		_, err := r.Stat(ctx, waiting1, layer, false)
		return err
	})
}
