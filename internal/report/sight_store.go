package report

import (
	"maps"
	"strings"

	"slipway/internal/dml"
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

// live is the condition on releases that still need somebody.
const live = "r.state IN ('Draft', 'Proposed', 'Planning', 'BuildTest', 'Ready', 'OnHold', 'Deploying', 'Paused', 'Remediating', 'EarlyLife', 'RolledBack', 'Review')"

type values map[string]any

// read runs a query whose {seen}, {known} and {live} stand for the releases
// that the actor sees and for those under way.
func (d *desk) read(into any, query string, more values) error {
	v := sightOf(d.actor)
	named := values{"me": d.actor.UserID, "now": d.tx.Now, "soon": d.tx.Now.Add(soon), "month": d.tx.Now.Add(dml.ExpiryNotice), "grants": v.grants, "most": Longest}
	maps.Copy(named, more)
	query = strings.NewReplacer("{seen}", v.seen, "{known}", v.known, "{live}", live).Replace(query)
	if !strings.Contains(query, "@") { // gorm takes names only where one is used
		return d.tx.Gorm().Raw(query).Scan(into).Error
	}
	return d.tx.Gorm().Raw(query, map[string]any(named)).Scan(into).Error
}
