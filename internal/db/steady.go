package db

import (
	"context"

	"gorm.io/gorm"
)

// steady is the context of reads from SQLite. A statement there takes
// microseconds, and one that can be broken off midway costs a goroutine and two
// locks for each row; so a caller who leaves is heeded before the next statement.
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
	if err := g.Callback().Query().Before("gorm:query").Register("slipway:heed", heed); err != nil {
		return err
	}
	return g.Callback().Row().Before("gorm:row").Register("slipway:heed", heed)
}
