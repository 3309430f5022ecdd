package report

import (
	"fmt"

	"slipway/internal/db"
	"slipway/internal/identity"
)

type debtRow struct {
	ChangeKey, Title, ReleaseKey, ServiceName, OpenedBy string
	ServiceID, RaisedByID, OpenedByID, OwnerID          int64
	RetroDue                                            db.Time
}

// debts are the emergencies of which the retrospective decision is owed. They
// stay on everybody's first page until they are paid; who can pay one finds it
// among their decisions too.
func (d *desk) debts(w *Work) error {
	var rows []debtRow
	err := d.read(&rows, `SELECT c.change_key, c.title, c.release_key, c.service_name, c.service_id, c.raised_by_id, c.opened_by_id, c.retro_due,
		COALESCE(u.name, '') AS opened_by, COALESCE(r.owner_id, 0) AS owner_id
		FROM changes c LEFT JOIN users u ON u.id = c.opened_by_id LEFT JOIN releases r ON r.release_key = c.release_key
		WHERE c.state = 'RetroDue' AND ((r.id IS NOT NULL AND {seen}) OR (r.id IS NULL AND (NOT c.restricted OR c.service_id IN @grants OR @all)))
		ORDER BY c.retro_due, c.id LIMIT @most`, values{"all": sightOf(d.actor).allSeen})
	if err != nil {
		return err
	}
	authority := map[int64][]identity.Person{}
	for _, r := range rows {
		people, known := authority[r.ServiceID]
		if !known {
			if people, err = identity.People(d.tx, r.ServiceID, identity.RolesFor(identity.EmergencyAuthorise)...); err != nil {
				return err
			}
			authority[r.ServiceID] = people
		}
		w.Debts = append(w.Debts, r.debt(people, d.actor, d.tx.Now))
	}
	for _, debt := range w.Debts {
		if debt.Decides {
			w.add(d.tx.Now, false, Task{Family: "bad g-clock", Title: "Decide in retrospect: " + debt.Title, Release: debt.Release,
				Why: fmt.Sprintf("%s broke the glass", debt.OpenedBy), Href: debt.Href, Action: "Decide", Due: debt.Due})
		}
	}
	return nil
}

// debt names who may decide: nobody who raised it, opened it or owns the release.
func (r *debtRow) debt(authority []identity.Person, actor identity.Actor, now db.Time) Debt {
	debt := Debt{ChangeKey: r.ChangeKey, Title: r.Title, Release: r.ReleaseKey, ServiceName: r.ServiceName, OpenedBy: r.OpenedBy, Due: r.RetroDue, Late: r.RetroDue.Before(now),
		Href: "/changes/" + r.ChangeKey}
	if r.ReleaseKey != "" {
		debt.Href = "/releases/" + r.ReleaseKey + "/emergency"
	}
	for _, person := range authority {
		if person.ID != r.RaisedByID && person.ID != r.OpenedByID && person.ID != r.OwnerID {
			debt.Deciders = append(debt.Deciders, person.Name)
			debt.Decides = debt.Decides || person.ID == actor.UserID
		}
	}
	return debt
}
