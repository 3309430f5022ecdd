package dml

import (
	"slipway/internal/db"
)

func (h *Health) count(tx *db.Tx) error {
	fresh, due := tx.Now.Add(-scrubAge), tx.Now.Add(-DefaultGrace)
	var blobs struct {
		HeldN, HeldBytes, DamagedN, DamagedBytes, CondemnedN, CondemnedBytes, DeletableN, DeletableBytes, Never int64
		Oldest                                                                                                  db.Time
	}
	const gone = "state IN ('condemned', 'deleting')"
	sum := func(when, name string) string {
		return "COALESCE(SUM(CASE WHEN " + when + " THEN 1 ELSE 0 END), 0) AS " + name + "_n, COALESCE(SUM(CASE WHEN " + when + " THEN size ELSE 0 END), 0) AS " + name + "_bytes, "
	}
	err := tx.Gorm().Raw("SELECT "+sum("state IN ('stored', 'damaged')", "held")+sum("state = 'damaged'", "damaged")+sum(gone, "condemned")+
		sum(gone+" AND condemned_at <= @due", "deletable")+
		"COALESCE(SUM(CASE WHEN state IN ('stored', 'damaged') AND verified_at = 0 THEN 1 ELSE 0 END), 0) AS never, "+
		"COALESCE(MIN(CASE WHEN state IN ('stored', 'damaged') AND verified_at > 0 THEN verified_at END), 0) AS oldest FROM media_blobs",
		map[string]any{"due": due}).Scan(&blobs).Error
	if err != nil {
		return err
	}
	h.Held, h.Damaged = Sum{blobs.HeldN, blobs.HeldBytes}, Sum{blobs.DamagedN, blobs.DamagedBytes}
	h.Condemned, h.Deletable = Sum{blobs.CondemnedN, blobs.CondemnedBytes}, Sum{blobs.DeletableN, blobs.DeletableBytes}
	h.Never, h.Oldest = blobs.Never, blobs.Oldest
	if err := tx.Gorm().Model(&Version{}).Where("let_go_at = 0").Select("state, COUNT(*) AS n, COALESCE(SUM(size), 0) AS bytes").Group("state").Order("state").Find(&h.States).Error; err != nil {
		return err
	}
	for _, one := range h.States {
		h.Versions += one.N
	}
	// A version is as fresh as the stalest of its parts, so whatever lies above
	// stale bytes is stale.
	if err := tx.Gorm().Raw(`WITH RECURSIVE above (digest) AS (
  SELECT digest FROM media_blobs WHERE state = 'damaged' OR state = 'stored' AND verified_at < @fresh
  UNION
  SELECT r.parent FROM registry_refs r JOIN above ON above.digest = r.child
) SELECT COUNT(*) FROM media_versions v WHERE v.let_go_at = 0 AND (v.digest IN (SELECT digest FROM above) OR v.manifest IN (SELECT digest FROM above))`,
		map[string]any{"fresh": fresh}).Scan(&h.Stale).Error; err != nil {
		return err
	}
	h.Fresh = h.Versions - h.Stale
	var queue struct {
		N     int64
		Since db.Time
	}
	if err := tx.Gorm().Model(&Version{}).Where("state IN ?", []State{Quarantined, Checking}).Select("COUNT(*) AS n, COALESCE(MIN(created_at), 0) AS since").Scan(&queue).Error; err != nil {
		return err
	}
	h.Waiting, h.Queued = queue.N, queue.Since
	if err := tx.Gorm().Model(&upload{}).Count(&h.Uploads).Error; err != nil {
		return err
	}
	if h.Abandoned, err = staleUploads(tx, tx.Now.Add(-uploadAge)); err != nil {
		return err
	}
	return tx.Gorm().Model(&Version{}).Where("state = ? AND let_go_at = 0", Accepted).Distinct("item_id").Count(&h.Items).Error
}

func suspectVersions(tx *db.Tx, limit int) (list []Version, err error) {
	return list, tx.Gorm().Where("state = ?", Suspect).Order("id").Limit(limit).Find(&list).Error
}

// unproven gives items with accepted versions and no good rehearsal since a
// moment, those that waited longest first.
func unproven(tx *db.Tx, since db.Time, limit int) (list []Unproven, err error) {
	return list, tx.Gorm().Raw(`SELECT item_key, item_name, last_at, CASE WHEN last_at > 0 THEN last_at ELSE first_at END AS since FROM (
  SELECT v.item_key, MAX(v.item_name) AS item_name, MIN(v.decided_at) AS first_at,
    COALESCE((SELECT MAX(r.held_at) FROM media_rehearsals r WHERE r.item_id = v.item_id AND r.verified), 0) AS last_at
  FROM media_versions v WHERE v.state = @accepted AND v.let_go_at = 0 GROUP BY v.item_key, v.item_id) items
WHERE last_at < @since ORDER BY since, item_key LIMIT @limit`, map[string]any{"accepted": Accepted, "since": since, "limit": limit}).Scan(&list).Error
}
