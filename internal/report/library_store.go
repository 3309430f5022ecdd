package report

import (
	"fmt"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
)

// kept are duties towards the library. A licence that ends is announced a month
// ahead; one that has ended stays on the page while a release holds it.
var kept = []listing{
	{may: identity.DmlDecide,
		columns: columns{key: "''", name: "r.name", note: "r.licence_key", who: "r.supplier", number: "r.id", due: "r.valid_to"},
		from: `(SELECT l.*, 0 AS service_id FROM licences l) r WHERE r.valid_to > 0 AND r.valid_to < @month AND {may}
			AND (r.valid_to > @now OR EXISTS (SELECT 1 FROM licence_allocations a WHERE a.licence_id = r.id AND a.state <> 'Released'))`,
		task: func(l row) Task {
			return Task{Family: "warn", Title: fmt.Sprintf("Renew licence %s, %s", l.Note, l.Name), Why: ends(l.Due) + "; after it nothing that needs it is signed off or deployed", Href: dml.LicenceLink(l.Note), Action: "Open the licence", Due: l.Due}
		}},
	{role: identity.ServiceOwner,
		columns: columns{key: "''", name: "l.name", note: "l.licence_key", number: "l.id", due: "l.valid_to"},
		from: `licences l WHERE l.valid_to > 0 AND l.valid_to < @month AND (EXISTS (SELECT 1 FROM licence_allocations a JOIN releases r ON r.release_key = a.release_key WHERE a.licence_id = l.id AND a.state <> 'Released' AND {seen} AND {may})
			OR l.valid_to > @now AND EXISTS (SELECT 1 FROM media_items r WHERE r.licence_key = l.licence_key AND {may}))`,
		task: func(l row) Task {
			return Task{Family: "warn", Title: fmt.Sprintf("Licence %s of your service ends: %s", l.Note, l.Name), Why: ends(l.Due) + "; see to its renewal with the custodian", Href: dml.LicenceLink(l.Note), Action: "Open the licence", Due: l.Due}
		}},
}

func ends(at db.Time) string { return "Valid to " + at.Std().Format("2 Jan 2006") }
