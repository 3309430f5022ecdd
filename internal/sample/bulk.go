package sample

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/app"
	"slipway/internal/audit"
	"slipway/internal/db"
)

// Told is how many releases are told in full.
const Told = 18

// formerMonths is over how long the releases of former years are spread.
const formerMonths = 48

// bulkOf is how many releases one transaction takes over.
const bulkOf = 20_000

// works are what releases of former years were made for, in turn.
var works = []struct{ title, summary string }{
	{"Security updates", "Libraries with published weaknesses are replaced."},
	{"Fixes of the month", "What the desk reported, gathered."},
	{"Faster start", "The service is ready sooner after a restart."},
	{"New certificates", "Certificates that run out are replaced."},
	{"Clearer messages", "Messages say what to do next."},
	{"More room", "Limits that users met are raised."},
	{"Logs in one form", "Operations reads all logs alike."},
	{"Report for finance", "Figures that finance copied by hand are delivered."},
	{"Longer history", "What happened is kept for two years."},
	{"Second language", "Texts are there in Swedish too."},
	{"Old interface retired", "Nobody has used it for a year."},
}

// former takes over releases of former years: closed, called off or never
// begun, with their changes, gates and dates, as a new tool takes over a list.
// It is the one part of the demonstration that does not pass the services; it
// comes before all that does.
func former(ctx context.Context, a *app.App, who cast, count int) error {
	maya, last := who["maya"], a.DB.Now().Std()
	for from := 0; from < count; from += bulkOf {
		b := bulk{from: from, to: min(from+bulkOf, count), count: count, owner: maya.UserID, ownerName: maya.Name, authority: who["chen"].Name, last: last}
		err := a.DB.InTx(ctx, func(tx *db.Tx) error {
			if err := b.insert(tx); err != nil {
				return err
			}
			return audit.Record(tx, maya.By(), audit.Entry{Action: "release.takeover", Kind: "release", Sentence: fmt.Sprintf("took over %d releases of former years from the list kept until then", b.to-b.from)})
		})
		if err != nil {
			return fmt.Errorf("releases of former years: %w", err)
		}
	}
	return nil
}

// bulk is a stretch of the releases of former years, numbered from 0.
type bulk struct {
	from, to, count      int
	owner                int64
	ownerName, authority string
	last                 time.Time // they were all created before its month
}

// months is a table of values: number, label in identifiers, first morning.
func (b *bulk) months() string {
	first := time.Date(b.last.Year(), b.last.Month(), 1, 7, 0, 0, 0, time.UTC)
	rows := make([]string, formerMonths)
	for m := range rows {
		start := first.AddDate(0, m-formerMonths-1, 0)
		rows[m] = fmt.Sprintf("(%d, '%s', %d)", m, start.Format("2006.01"), start.UnixMilli())
	}
	return strings.Join(rows, ", ")
}

func worksTable() string {
	rows := make([]string, len(works))
	for n, w := range works {
		rows[n] = fmt.Sprintf("(%d, '%s', '%s')", n, w.title, w.summary)
	}
	return strings.Join(rows, ", ")
}

// fleet adds branch routers beyond those that are told, until there are so many
// targets.
func fleet(ctx context.Context, a *app.App, who cast, count int) error {
	const batch = 10_000
	for from := knownRouters; count > 0; from, count = from+batch, count-batch {
		if _, err := a.Deploy.ImportTargets(ctx, who["omar"], "field", routers(from, min(batch, count))); err != nil {
			return explain("targets of the field", err)
		}
	}
	return nil
}
