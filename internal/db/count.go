package db

import (
	"context"
	"sync/atomic"
	"time"

	"gorm.io/gorm/logger"
)

type countKey struct{}

// CountStatements gives a context in which every SQL statement adds one to the
// returned counter. Tests hold pages to a budget with it.
func CountStatements(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, countKey{}, n), n
}

// statementCounter is gorm's logger: it logs nothing, because errors are
// returned and logged once, by the outermost caller.
type statementCounter struct{}

func (s statementCounter) LogMode(logger.LogLevel) logger.Interface { return s }
func (statementCounter) Info(context.Context, string, ...any)       {}
func (statementCounter) Warn(context.Context, string, ...any)       {}
func (statementCounter) Error(context.Context, string, ...any)      {}
func (statementCounter) Trace(ctx context.Context, _ time.Time, _ func() (string, int64), _ error) {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
