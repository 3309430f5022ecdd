package report

import (
	"cmp"
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// listing is a kind of task that the tables alone tell.
type listing struct {
	may     identity.Permission // whose task it is; empty where a person is asked by name
	role    identity.Role       // or whose it is by a role alone
	handed  bool                // somebody gives it to the actor, who has to take it
	columns columns
	from    string // with {seen}, {known} and {live}, {may} for the services of the permission, and {mine}
	task    func(row) Task
	asked   func(*desk, row) (bool, error) // of the room that knows whose it is; nil where the tables tell
}

// columns are SQL for the fields of a row; what is left out is empty. A kind is
// listed in the order of the last.
type columns struct{ key, title, name, who, note, state, number, total, bound, due, order string }

// row is what a listing reads.
type row struct {
	Kind                                      int
	ReleaseKey, Title, Name, Who, Note, State string
	Number, Total, Bound                      int64
	Due                                       db.Time
}

// query is the listing as a part of a UNION.
func (l *listing) query(kind int, may string) string {
	text := func(sql string) string { return cmp.Or(sql, "''") }
	number := func(sql string) string { return cmp.Or(sql, "0") }
	c := &l.columns
	return fmt.Sprintf(`SELECT * FROM (SELECT %d AS kind, %s AS release_key, %s AS title, %s AS name, %s AS who, %s AS note, %s AS state, %s AS number, %s AS total, %s AS bound, %s AS due, %s AS place
		FROM %s ORDER BY place, release_key, number LIMIT @most) k%[1]d`,
		kind, cmp.Or(c.key, "r.release_key"), text(c.title), text(c.name), text(c.who), text(c.note), text(c.state), number(c.number), number(c.total), number(c.bound), number(c.due),
		number(cmp.Or(c.order, c.due)), strings.NewReplacer("{may}", may, "{mine}", l.mine()).Replace(l.from))
}

// mine holds for the owner of a release; where the owner may not do it, for
// everybody who may.
func (l *listing) mine() string {
	roles := identity.RolesFor(l.may)
	words := make([]string, len(roles))
	for i, role := range roles {
		words[i] = "'" + string(role) + "'"
	}
	return `(r.owner_id = @me OR NOT EXISTS (SELECT 1 FROM user_roles o WHERE o.user_id = r.owner_id AND o.role IN (` + strings.Join(words, ", ") + `) AND o.service_id IN (0, r.service_id)))`
}

// reach gives the services whose tasks of this kind are the actor's.
func (l *listing) reach(actor identity.Actor) (services []int64, everywhere bool) {
	switch {
	case l.role != "":
		for _, g := range actor.Grants {
			if g.Role == l.role {
				services, everywhere = append(services, g.ServiceID), everywhere || g.ServiceID == 0
			}
		}
		return services, everywhere
	case l.may != "":
		return actor.Reach(l.may)
	}
	return nil, true
}

// listed reads all kinds of tasks in one statement.
func (d *desk) listed(w *Work) error {
	if d.actor.Kind != identity.PersonKind {
		return nil
	}
	var parts []string
	named := values{"most": Longest + 1}
	for i := range listings {
		l, may := &listings[i], "1 = 1"
		services, everywhere := l.reach(d.actor)
		if !everywhere {
			if len(services) == 0 {
				continue
			}
			name := fmt.Sprintf("services%d", i)
			named[name], may = append(services, 0), "r.service_id IN @"+name
		}
		parts = append(parts, l.query(i, may))
	}
	var rows []row
	if err := d.read(&rows, strings.Join(parts, " UNION ALL ")+" ORDER BY kind, place, release_key, number", named); err != nil {
		return err
	}
	listed := map[int]int{}
	for _, r := range rows {
		l := &listings[r.Kind]
		listed[r.Kind]++
		if listed[r.Kind] > Longest {
			w.Cut = true
			continue
		}
		if l.asked != nil {
			theirs, err := l.asked(d, r)
			if err != nil {
				return err
			}
			if !theirs {
				continue
			}
		}
		task := l.task(r)
		task.Release = cmp.Or(task.Release, r.ReleaseKey)
		w.add(d.tx.Now, l.handed, task)
	}
	return nil
}
