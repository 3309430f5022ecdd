package dml

import (
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// rooted gives those of the digests that are needed for their own sake, or by
// something that is: by the bytes, manifest or evidence of a version whose bytes
// are kept, by a tag, by a release package, by an attachment, or by a lease. Gone
// are versions to be judged as if they were let go.
func rooted(tx *db.Tx, digests []blob.Digest, gone []int64) (list []blob.Digest, err error) {
	return list, tx.Gorm().Raw(`SELECT b.digest FROM media_blobs b WHERE b.digest IN @digests AND (b.leased_until > @now
  OR EXISTS (SELECT 1 FROM media_versions v WHERE v.digest = b.digest AND v.let_go_at = 0 AND v.id NOT IN @gone)
  OR EXISTS (SELECT 1 FROM media_versions v WHERE v.manifest = b.digest AND v.let_go_at = 0 AND v.id NOT IN @gone)
  OR EXISTS (SELECT 1 FROM media_evidence e JOIN media_versions v ON v.id = e.media_version_id WHERE e.digest = b.digest AND v.let_go_at = 0 AND v.id NOT IN @gone)
  OR EXISTS (SELECT 1 FROM media_evidence e JOIN media_versions v ON v.id = e.media_version_id WHERE e.manifest = b.digest AND v.let_go_at = 0 AND v.id NOT IN @gone)
  OR EXISTS (SELECT 1 FROM media_attachments a WHERE a.digest = b.digest)
  OR EXISTS (SELECT 1 FROM registry_tags t WHERE t.digest = b.digest AND t.media_version_id NOT IN @gone)
  OR EXISTS (SELECT 1 FROM registry_contents c WHERE c.digest = b.digest AND c.artifact_type = @package)
  OR EXISTS (SELECT 1 FROM registry_refs r JOIN media_versions v ON v.manifest = r.parent WHERE r.child = b.digest AND v.let_go_at = 0 AND v.id NOT IN @gone))`,
		map[string]any{"digests": digests, "now": tx.Now, "package": TypePackage, "gone": append(gone, -1)}).Scan(&list).Error
}

// edge says that low is needed wherever high is.
type edge struct{ Low, High blob.Digest }

// edgesUp gives what needs the digests directly: the manifests that name them,
// and the subjects to which they refer.
func edgesUp(tx *db.Tx, digests []blob.Digest) (list []edge, err error) {
	return list, tx.Gorm().Raw(`SELECT DISTINCT r.child AS low, r.parent AS high FROM registry_refs r WHERE r.child IN @digests
UNION SELECT c.digest, c.subject FROM registry_contents c WHERE c.digest IN @digests AND c.subject <> ''`, map[string]any{"digests": digests}).Scan(&list).Error
}

// idle gives blobs after one that hold no lease, in the order of their ids.
func idle(tx *db.Tx, after int64, limit int) (list []blobRow, err error) {
	return list, tx.Gorm().Where("id > ? AND state IN ? AND leased_until <= ?", after, heldStates, tx.Now).Order("id").Limit(limit).Find(&list).Error
}

// condemnedBefore gives what may be deleted, after one, in the order of the ids:
// what was condemned before a moment, and what a run that died was deleting.
func condemnedBefore(tx *db.Tx, moment db.Time, after int64, limit int) (list []blobRow, err error) {
	return list, tx.Gorm().Where("id > ? AND (state = ? AND condemned_at <= ? OR state = ?)", after, blobCondemned, moment, blobDeleting).Order("id").Limit(limit).Find(&list).Error
}

func blobsByDigest(tx *db.Tx, digests []blob.Digest) (map[blob.Digest]blobRow, error) {
	var list []blobRow
	rows := map[blob.Digest]blobRow{}
	for part := range slices.Chunk(digests, 500) {
		if err := tx.Gorm().Where("digest IN ?", part).Find(&list).Error; err != nil {
			return nil, err
		}
		for _, row := range list {
			rows[row.Digest] = row
		}
	}
	return rows, nil
}

// leaseBlob renews the lease of good bytes; false when they are not there.
func leaseBlob(tx *db.Tx, d blob.Digest, until db.Time) (bool, error) {
	result := tx.Gorm().Model(&blobRow{}).Where("digest = ? AND state = ?", d, blobGood).UpdateColumn("leased_until", until)
	return result.RowsAffected > 0, result.Error
}

// forget removes what the registry knows of deleted bytes, and their row unless
// a version, its evidence or an attachment names them for good.
func forget(tx *db.Tx, row *blobRow) error {
	g := func() *gorm.DB { return tx.Gorm() }
	var repos []string
	if err := g().Model(&Content{}).Where("digest = ?", row.Digest).Distinct().Pluck("repo", &repos).Error; err != nil {
		return err
	}
	for _, repo := range repos {
		if err := dropFallbacks(tx, repo, row.Digest); err != nil {
			return err
		}
	}
	if err := g().Where("parent = ?", row.Digest).Delete(&ref{}).Error; err != nil {
		return err
	}
	if err := g().Where("digest = ?", row.Digest).Delete(&tag{}).Error; err != nil {
		return err
	}
	if err := g().Where("digest = ?", row.Digest).Delete(&Content{}).Error; err != nil {
		return err
	}
	var named int64
	if err := g().Raw(`SELECT (SELECT COUNT(*) FROM media_versions WHERE digest = @d) + (SELECT COUNT(*) FROM media_evidence WHERE digest = @d)
  + (SELECT COUNT(*) FROM media_attachments WHERE digest = @d)`,
		map[string]any{"d": row.Digest}).Scan(&named).Error; err != nil {
		return err
	}
	if named == 0 {
		return g().Delete(&blobRow{}, "id = ?", row.ID).Error
	}
	row.State = blobGone
	return tx.Save(row)
}

// adopt condemns bytes that the database does not know of. False when it knows
// them by now.
func adopt(tx *db.Tx, info blob.Info) (bool, error) {
	row := &blobRow{Row: db.Row{Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}, Digest: info.Digest, Size: info.Size, State: blobCondemned, CondemnedAt: tx.Now, Generation: info.Generation}
	result := tx.Gorm().Clauses(clause.OnConflict{DoNothing: true}).Create(row)
	if result.Error != nil || result.RowsAffected > 0 {
		return true, result.Error
	}
	result = tx.Gorm().Model(&blobRow{}).Where("digest = ? AND state = ?", info.Digest, blobGone).
		UpdateColumns(map[string]any{"state": blobCondemned, "condemned_at": tx.Now, "generation": info.Generation})
	return result.RowsAffected > 0, result.Error
}

// staleUploads counts uploads that nobody went on with since a moment.
func staleUploads(tx *db.Tx, before db.Time) (n int64, err error) {
	return n, tx.Gorm().Model(&upload{}).Where("seen_at < ?", before).Count(&n).Error
}

// reposOf gives a repository that holds each of the digests.
func reposOf(tx *db.Tx, digests []blob.Digest) (map[blob.Digest]string, error) {
	var list []Content
	err := tx.Gorm().Select("digest", "repo").Where("digest IN ?", digests).Find(&list).Error
	repos := map[blob.Digest]string{}
	for _, c := range list {
		repos[c.Digest] = c.Repo
	}
	return repos, err
}

func collectionByID(tx *db.Tx, id int64) (*Collection, error) {
	var c Collection
	return &c, tx.First(&c, "id = ?", id)
}

// collectionUnderWay gives somebody's run that has moved since a moment, or nil.
func collectionUnderWay(tx *db.Tx, by string, grace time.Duration, since db.Time) (*Collection, error) {
	var c Collection
	err := tx.Gorm().Where("by_name = ? AND grace_ms = ? AND phase <> ? AND updated_at >= ?", by, grace.Milliseconds(), phaseDone, since).Order("id DESC").Limit(1).Take(&c).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &c, err
}

// lastCollections gives the latest runs.
func lastCollections(tx *db.Tx, limit int) (list []Collection, err error) {
	return list, tx.Gorm().Order("id DESC").Limit(limit).Find(&list).Error
}
