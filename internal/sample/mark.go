package sample

import (
	"context"
	"errors"

	"slipway/internal/app"
	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Why a database is not filled.
var (
	ErrUnfinished = errors.New("the demonstration was begun and not finished")
	ErrForeign    = errors.New("the database holds data that are not the demonstration's")
)

// The record says when the demonstration was begun and when it was told.
const (
	markKind  = "demonstration"
	markBegun = "demonstration.begin"
	markTold  = "demonstration.tell"
)

// begin marks an empty database as about to be filled. It tells whether the
// whole demonstration is there already; what holds anything else is refused.
func begin(ctx context.Context, a *app.App) (told bool, err error) {
	empty, err := a.Identity.NeedsSetup(ctx)
	if err != nil {
		return false, err
	}
	err = a.DB.InTx(ctx, func(tx *db.Tx) error {
		last, err := audit.ForRecord(tx, markKind, Organisation, 0, 1)
		switch {
		case err != nil:
			return err
		case len(last) == 0 && !empty:
			return ErrForeign
		case len(last) == 0:
			return mark(tx, markBegun, "began to tell the demonstration")
		case last[0].Action != markTold:
			return ErrUnfinished
		}
		told = true
		return nil
	})
	if fault.KindOf(err) == fault.Conflict { // another process was quicker
		err = ErrUnfinished
	}
	return told, err
}

// finish marks the demonstration as told to its end.
func finish(ctx context.Context, a *app.App) error {
	return a.DB.InTx(ctx, func(tx *db.Tx) error { return mark(tx, markTold, "told the demonstration to its end") })
}

func mark(tx *db.Tx, action, sentence string) error {
	return audit.Record(tx, identity.System("demonstration").By(), audit.Entry{Action: action, Kind: markKind, Key: Organisation, Sentence: sentence})
}
