package db

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// steady is the context of statements to SQLite. One there takes microseconds,
// and one that can be broken off midway costs a goroutine and two locks for each
// row; so a caller who leaves is heeded before the next statement.
type steady struct{ context.Context }

// Done never comes.
func (steady) Done() <-chan struct{} { return nil }

// heed refuses a statement whose caller has left.
func heed(g *gorm.DB) {
	if err := g.Statement.Context.Err(); err != nil {
		_ = g.AddError(err)
	}
}

func heedCallers(g *gorm.DB) error {
	on := g.Callback()
	return errors.Join(
		on.Query().Before("gorm:query").Register("slipway:heed", heed),
		on.Row().Before("gorm:row").Register("slipway:heed", heed),
		on.Create().Before("gorm:create").Register("slipway:heed", heed),
		on.Update().Before("gorm:update").Register("slipway:heed", heed),
		on.Delete().Before("gorm:delete").Register("slipway:heed", heed),
		on.Raw().Before("gorm:raw").Register("slipway:heed", heed),
	)
}
