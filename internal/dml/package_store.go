package dml

import (
	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// link shows a manifest of one repository, and everything it needs, in another;
// no bytes move. What the other holds already stays as it is.
func link(tx *db.Tx, from, to string, root blob.Digest) error {
	names := map[string]any{"repo": from, "root": root, "into": to}
	err := tx.Gorm().Exec(needs+`INSERT INTO registry_contents (repo, digest, manifest, media_type, artifact_type, size, subject, annotations, pusher_id, pushed_at, published)
  SELECT @into, digest, manifest, media_type, artifact_type, size, subject, annotations, pusher_id, pushed_at, FALSE FROM registry_contents
  WHERE repo = @repo AND digest IN (SELECT digest FROM needed) ON CONFLICT DO NOTHING`, names).Error
	if err != nil {
		return err
	}
	return tx.Gorm().Exec(needs+`INSERT INTO registry_refs (repo, parent, child)
  SELECT @into, parent, child FROM registry_refs WHERE repo = @repo AND parent IN (SELECT digest FROM needed) ON CONFLICT DO NOTHING`, names).Error
}

// show shows in the accepted view what a manifest needs, beside what is shown
// already.
func show(tx *db.Tx, repo string, root blob.Digest) error {
	return tx.Gorm().Exec(reach+`UPDATE registry_contents SET published = TRUE WHERE repo = @repo AND NOT published AND digest IN (SELECT digest FROM reached)`,
		map[string]any{"repo": repo, "roots": []blob.Digest{root}}).Error
}

// shownElsewhere tells whether bytes that an item holds are in the accepted view
// of one. Bytes that no item holds are a package's own.
func shownElsewhere(tx *db.Tx, d blob.Digest) (bool, error) {
	var held []bool
	err := tx.Gorm().Model(&Content{}).Where("digest = ? AND repo NOT LIKE ?", d, releases+"%").Order("published DESC").Limit(1).Pluck("published", &held).Error
	return len(held) == 0 || held[0], err
}

// versionsPulledBy gives every version that is pulled by a manifest, accepted
// ones first.
func versionsPulledBy(tx *db.Tx, d blob.Digest) (list []Version, err error) {
	return list, tx.Gorm().Where("manifest = ?", d).Order("CASE WHEN state = 'Accepted' THEN 0 ELSE 1 END, id").Find(&list).Error
}
