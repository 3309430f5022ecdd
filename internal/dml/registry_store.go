package dml

import (
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

func contentOf(tx *db.Tx, repo string, d blob.Digest, manifest bool) (*Content, error) {
	var c Content
	return &c, tx.First(&c, "repo = ? AND digest = ? AND manifest = ?", repo, d, manifest)
}

// storedContent is a content with what is known of its bytes.
type storedContent struct {
	Content
	State       blobState
	LeasedUntil db.Time
}

// storedContentOf finds both in one statement, as every pull does; nil where
// there is nothing.
func storedContentOf(tx *db.Tx, repo string, d blob.Digest, manifest bool) (*storedContent, error) {
	var c storedContent
	err := tx.Gorm().Select("registry_contents.*, b.state, b.leased_until").Joins("JOIN media_blobs b ON b.digest = registry_contents.digest").
		Where("registry_contents.repo = ? AND registry_contents.digest = ? AND registry_contents.manifest = ?", repo, d, manifest).Take(&c).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &c, err
}

// putContent adds a row unless the repository holds it already.
func putContent(tx *db.Tx, c *Content) error {
	return tx.Gorm().Clauses(clause.OnConflict{DoNothing: true}).Create(c).Error
}

func putRefs(tx *db.Tx, refs []ref) error {
	if len(refs) == 0 {
		return nil
	}
	return tx.Gorm().Clauses(clause.OnConflict{DoNothing: true}).Create(&refs).Error
}

func dropContent(tx *db.Tx, c *Content) error {
	if c.Manifest {
		if err := tx.Gorm().Where("repo = ? AND parent = ?", c.Repo, c.Digest).Delete(&ref{}).Error; err != nil {
			return err
		}
	}
	return tx.Gorm().Delete(&Content{}, "id = ?", c.ID).Error
}

// parentOf gives a manifest of the repository that names the digest, or nothing.
func parentOf(tx *db.Tx, repo string, d blob.Digest) (blob.Digest, error) {
	var list []blob.Digest
	err := tx.Gorm().Model(&ref{}).Where("repo = ? AND child = ?", repo, d).Order("parent").Limit(1).Pluck("parent", &list).Error
	return append(list, "")[0], err
}

func tagOf(tx *db.Tx, repo, name string) (*tag, error) {
	var t tag
	return &t, tx.First(&t, "repo = ? AND tag = ?", repo, name)
}

func tagsOn(tx *db.Tx, repo string, d blob.Digest) (list []tag, err error) {
	return list, tx.Gorm().Where("repo = ? AND digest = ?", repo, d).Find(&list).Error
}

func putTag(tx *db.Tx, t *tag) error {
	return tx.Gorm().Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "repo"}, {Name: "tag"}},
		DoUpdates: clause.AssignmentColumns([]string{"digest", "media_version_id", "pusher_id", "pushed_at"})}).Create(t).Error
}

func dropTag(tx *db.Tx, t *tag) error { return tx.Gorm().Delete(&tag{}, "id = ?", t.ID).Error }

// shown narrows to what a view shows: quarantine shows all of a repository.
func (p place) shown(q *gorm.DB) *gorm.DB {
	q = q.Where("registry_contents.repo = ?", p.key)
	if p.open {
		q = q.Where("registry_contents.published")
	}
	return q
}

func tagNames(tx *db.Tx, p place, after string, limit int) (list []string, err error) {
	q := p.shown(tx.Gorm().Table("registry_tags").
		Joins("JOIN registry_contents ON registry_contents.repo = registry_tags.repo AND registry_contents.digest = registry_tags.digest AND registry_contents.manifest")).
		Where("registry_tags.tag > ?", after)
	if p.open {
		q = q.Where("registry_tags.media_version_id = 0 OR EXISTS (SELECT 1 FROM media_versions v WHERE v.id = registry_tags.media_version_id AND v.state = ?)", Accepted)
	}
	return list, q.Order("registry_tags.tag").Limit(limit).Pluck("registry_tags.tag", &list).Error
}

func hasContent(tx *db.Tx, p place) (bool, error) {
	var n int64
	err := p.shown(tx.Gorm().Model(&Content{})).Limit(1).Count(&n).Error
	return n > 0, err
}

func repoNames(tx *db.Tx, after string, limit int) (list []string, err error) {
	return list, tx.Gorm().Raw(`SELECT name FROM (
  SELECT DISTINCT 'dml/' || repo AS name FROM registry_contents WHERE published AND manifest
  UNION SELECT DISTINCT 'incoming/' || repo FROM registry_contents) repos
WHERE name > ? ORDER BY name LIMIT ?`, after, limit).Scan(&list).Error
}

func referrersOf(tx *db.Tx, p place, subject blob.Digest, artifactType string) (list []Content, err error) {
	q := p.shown(tx.Gorm().Model(&Content{})).Where("manifest AND subject = ?", subject)
	if artifactType != "" {
		q = q.Where("artifact_type = ?", artifactType)
	}
	return list, q.Order("id").Find(&list).Error
}

// reach is everything that the manifests need, they themselves and what refers
// to any of it as its subject, within a repository.
const reach = `WITH RECURSIVE reached (digest) AS (
  SELECT digest FROM registry_contents WHERE repo = @repo AND digest IN @roots
  UNION
  SELECT found.digest FROM (
    SELECT r.parent AS origin, r.child AS digest FROM registry_refs r WHERE r.repo = @repo
    UNION ALL
    SELECT c.subject AS origin, c.digest FROM registry_contents c WHERE c.repo = @repo AND c.subject <> ''
  ) found JOIN reached ON reached.digest = found.origin
) `

// publish shows in the accepted view what the accepted versions of an item
// reach, and nothing else.
func publish(tx *db.Tx, repo string) error {
	var roots []blob.Digest
	err := tx.Gorm().Model(&Version{}).Where("item_key = ? AND state = ? AND manifest <> ''", repo, Accepted).Distinct().Pluck("manifest", &roots).Error
	if err != nil {
		return err
	}
	if len(roots) == 0 {
		return tx.Gorm().Model(&Content{}).Where("repo = ? AND published", repo).UpdateColumn("published", false).Error
	}
	return tx.Gorm().Exec(reach+`UPDATE registry_contents SET published = (digest IN (SELECT digest FROM reached)) WHERE repo = @repo AND published <> (digest IN (SELECT digest FROM reached))`,
		map[string]any{"repo": repo, "roots": roots}).Error
}

// below gives everything that a pushed manifest needs, wherever it was pushed.
func below(tx *db.Tx, d blob.Digest) (list []blob.Digest, err error) {
	return list, tx.Gorm().Raw(`WITH RECURSIVE below (digest) AS (
  SELECT child FROM registry_refs WHERE parent = @digest
  UNION
  SELECT r.child FROM registry_refs r JOIN below ON below.digest = r.parent
) SELECT digest FROM below ORDER BY digest`, map[string]any{"digest": d}).Scan(&list).Error
}

// anyDamaged tells whether stored bytes of the version, or of a part, are known
// to be damaged.
func anyDamaged(tx *db.Tx, v *Version) (bool, error) {
	parts, err := below(tx, v.Digest)
	if err != nil {
		return false, err
	}
	var n int64
	err = tx.Gorm().Model(&blobRow{}).Where("state = ? AND digest IN ?", blobDamaged, append(parts, v.Digest)).Count(&n).Error
	return n > 0, err
}

// closure is what a version needs besides its own bytes, in the order of the digests.
func closure(tx *db.Tx, v *Version) (list []Content, err error) {
	if v.Manifest == "" {
		return nil, nil
	}
	return list, tx.Gorm().Raw(needs+`SELECT * FROM registry_contents WHERE repo = @repo AND digest IN (SELECT digest FROM needed) ORDER BY digest`,
		map[string]any{"repo": v.ItemKey, "root": v.Manifest}).Scan(&list).Error
}

const needs = `WITH RECURSIVE needed (digest) AS (
  SELECT digest FROM registry_contents WHERE repo = @repo AND digest = @root
  UNION
  SELECT r.child FROM registry_refs r JOIN needed ON needed.digest = r.parent WHERE r.repo = @repo
) `

// versionsOver gives the versions that need the bytes, beyond those that are
// the bytes.
func versionsOver(tx *db.Tx, d blob.Digest) (list []Version, err error) {
	return list, tx.Gorm().Raw(`WITH RECURSIVE above (repo, digest) AS (
  SELECT repo, digest FROM registry_contents WHERE digest = @digest
  UNION
  SELECT r.repo, r.parent FROM registry_refs r JOIN above ON above.repo = r.repo AND above.digest = r.child
) SELECT v.* FROM media_versions v JOIN above ON above.repo = v.item_key AND above.digest = v.manifest WHERE v.digest <> @digest ORDER BY v.id`,
		map[string]any{"digest": d}).Scan(&list).Error
}

// upload binds bytes that are arriving to a person, and to a repository if they
// are pushed there. The fields from Size on are of a file that is to be submitted.
type upload struct {
	ID      int64 `gorm:"primaryKey"`
	Upload  string
	Repo    string
	UserID  int64
	BegunAt db.Time
	SeenAt  db.Time // when somebody last went on with it

	Size      int64
	FileName  string
	MediaType string
	Declared  blob.Digest
	Digest    blob.Digest // once all of it is stored
}

// TableName is the table of uploads.
func (upload) TableName() string { return "registry_uploads" }

func uploadOf(tx *db.Tx, repo, id string, userID int64) (*upload, error) {
	var u upload
	return &u, tx.First(&u, "upload = ? AND repo = ? AND user_id = ?", id, repo, userID)
}

func dropUpload(tx *db.Tx, id string) error {
	return tx.Gorm().Delete(&upload{}, "upload = ?", id).Error
}

// dropUploads forgets uploads that nobody went on with since a moment.
func dropUploads(tx *db.Tx, before db.Time) error {
	return tx.Gorm().Delete(&upload{}, "seen_at < ?", before).Error
}

func seeUpload(tx *db.Tx, id string) error {
	return tx.Gorm().Model(&upload{}).Where("upload = ?", id).UpdateColumn("seen_at", tx.Now).Error
}

func unwrapped(tx *db.Tx, limit int) (list []Version, err error) {
	return list, tx.Gorm().Where("manifest = ''").Order("id").Limit(limit).Find(&list).Error
}

// setManifest names the manifest of a version from before the registry. The
// row's version stays: nothing about the version is edited.
func setManifest(tx *db.Tx, versionID int64, d blob.Digest) error {
	return tx.Gorm().Model(&Version{}).Where("id = ?", versionID).UpdateColumn("manifest", d).Error
}
