package report

import (
	"maps"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// sight is what an actor sees, as conditions on a table named r that has the
// columns of releases. Restricted releases are for people with a role on the
// service other than stakeholder, for those the release names, and for whoever
// holds such a role for every service.
type sight struct {
	seen    string // {seen}: releases
	known   string // {known}: records that bear the restriction without naming viewers
	grants  []int64
	allSeen bool
}

func sightOf(actor identity.Actor) sight {
	v := sight{seen: "1 = 1", known: "1 = 1", grants: []int64{0}, allSeen: actor.Kind == identity.SystemKind}
	for _, g := range actor.Grants {
		if g.Role == identity.Stakeholder {
			continue
		}
		v.allSeen = v.allSeen || g.ServiceID == 0
		v.grants = append(v.grants, g.ServiceID)
	}
	if !v.allSeen {
		v.known = "(NOT r.restricted OR r.service_id IN @grants)"
		v.seen = "(NOT r.restricted OR r.service_id IN @grants OR EXISTS (SELECT 1 FROM release_viewers v WHERE v.release_id = r.id AND v.user_id = @me))"
	}
	return v
}

// alive are the states in which a release still needs somebody.
var alive = []string{"Draft", "Proposed", "Planning", "BuildTest", "Ready", "OnHold", "Deploying", "Paused", "Remediating", "EarlyLife", "RolledBack", "Review"}

type values map[string]any

// read runs a query whose {seen}, {known} and {may} stand for what the actor
// sees and for the services of which they hold the permission.
func (d *desk) read(into any, p identity.Permission, query string, more values) error {
	v := sightOf(d.actor)
	may, services := "1 = 1", []int64{0}
	if p != "" {
		if reach, everywhere := d.actor.Reach(p); !everywhere {
			may, services = "r.service_id IN @services", append(services, reach...)
		}
	}
	named := values{"me": d.actor.UserID, "now": d.tx.Now, "grants": v.grants, "services": services, "alive": alive, "most": longest}
	maps.Copy(named, more)
	query = strings.NewReplacer("{seen}", v.seen, "{known}", v.known, "{may}", may, "{live}", "r.state IN @alive").Replace(query)
	if !strings.Contains(query, "@") { // gorm takes names only where one is used
		return d.tx.Gorm().Raw(query).Scan(into).Error
	}
	return d.tx.Gorm().Raw(query, map[string]any(named)).Scan(into).Error
}

// row is what a listing of tasks reads.
type row struct {
	ReleaseKey string
	Title      string
	Name       string
	Who        string
	Note       string
	State      string
	Number     int64
	Total      int64
	Bound      int64
	Due        db.Time
}

// listing is a question that one query answers.
func listing(p identity.Permission, query string, task func(*desk, row) Task) question {
	return question{p, func(d *desk) ([]Task, error) {
		var rows []row
		err := d.read(&rows, p, query, nil)
		tasks := make([]Task, len(rows))
		for i, r := range rows {
			tasks[i] = task(d, r)
			if tasks[i].Release == "" {
				tasks[i].Release = r.ReleaseKey
			}
		}
		return tasks, err
	}}
}

// heading is a release as a task names it.
type heading struct {
	ID         int64
	ReleaseKey string
	Title      string
	State      string
	OwnerID    int64
}

// visible gives those of the releases that the actor sees and that live.
func (d *desk) visible(ids []int64) (map[int64]heading, error) {
	found := map[int64]heading{}
	if len(ids) == 0 {
		return found, nil
	}
	var rows []heading
	err := d.read(&rows, "", "SELECT r.id, r.release_key, r.title, r.state, r.owner_id FROM releases r WHERE r.id IN @ids AND {seen}", values{"ids": slices.Compact(slices.Sorted(slices.Values(ids)))})
	for _, h := range rows {
		found[h.ID] = h
	}
	return found, err
}
