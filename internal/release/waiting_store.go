package release

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// alive are the releases of which something can still be decided.
var alive = []State{Draft, Proposed, Planning, BuildTest, Ready, Deploying, Paused, Remediating, EarlyLife, RolledBack, Review}

// among narrows rows that belong to releases to those that the actor sees, has
// the permission for, and neither submitted nor owns.
func among(q *gorm.DB, actor identity.Actor, p identity.Permission) *gorm.DB {
	q = scope(q, actor).Where("releases.author_id <> ? AND releases.owner_id <> ? AND releases.state IN ?", actor.UserID, actor.UserID, alive)
	if services, everywhere := actor.Reach(p); !everywhere {
		q = q.Where("releases.service_id IN ?", services)
	}
	return q
}

func openGatesFor(tx *db.Tx, actor identity.Actor, limit int) ([]Gate, error) {
	var list []Gate
	q := tx.Gorm().Joins("JOIN releases ON releases.id = gates.release_id").Where("gates.state = ? AND gates.expires_at >= ?", GateOpen, tx.Now).
		Where("NOT EXISTS (SELECT 1 FROM decisions d WHERE d.gate_id = gates.id AND d.round = gates.round AND d.by_id = ?)", actor.UserID)
	return list, among(q, actor, identity.GateDecide).Order("gates.expires_at, gates.id").Limit(limit).Find(&list).Error
}

func askedWaiversFor(tx *db.Tx, actor identity.Actor, limit int) ([]Waiver, error) {
	var list []Waiver
	q := tx.Gorm().Joins("JOIN releases ON releases.id = waivers.release_id").Where("waivers.state = ?", WaiverAsked)
	return list, among(q, actor, identity.WaiverApprove).Order("waivers.id").Limit(limit).Find(&list).Error
}

func openGatesSeenBy(tx *db.Tx, actor identity.Actor, limit int) ([]Gate, error) {
	var list []Gate
	q := tx.Gorm().Joins("JOIN releases ON releases.id = gates.release_id").
		Where("gates.state = ? AND gates.expires_at >= ? AND releases.state IN ?", GateOpen, tx.Now, alive)
	own := clause.OrderBy{Expression: clause.Expr{SQL: "CASE WHEN releases.owner_id = ? THEN 0 ELSE 1 END, gates.expires_at, gates.id", Vars: []any{actor.UserID}}}
	return list, scope(q, actor).Clauses(own).Limit(limit).Find(&list).Error
}
