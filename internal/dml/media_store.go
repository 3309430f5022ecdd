package dml

import (
	"errors"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// blobRow is what the database knows of stored bytes. It is the truth about
// which blobs are wanted; the store merely holds them.
type blobRow struct {
	db.Row
	Digest      blob.Digest
	Size        int64
	State       blobState
	VerifiedAt  db.Time
	LeasedUntil db.Time // kept until then although nothing needs it yet
	CondemnedAt db.Time
	Generation  int64 // of the copy that was condemned
}

type blobState string

// Condemned, deleting and gone bytes are absent for everybody but the
// collection; pushing them again brings them back.
const (
	blobGood      blobState = "stored"
	blobDamaged   blobState = "damaged"
	blobCondemned blobState = "condemned"
	blobDeleting  blobState = "deleting"
	blobGone      blobState = "gone"
)

// held are the states of bytes that the library answers for.
var heldStates = []blobState{blobGood, blobDamaged}

// TableName is the table of blobs.
func (blobRow) TableName() string { return "media_blobs" }

func blobByDigest(tx *db.Tx, d blob.Digest) (*blobRow, error) {
	var row blobRow
	return &row, tx.First(&row, "digest = ?", d)
}

// leastVerified gives the blob that was verified longest ago, before a moment.
func leastVerified(tx *db.Tx, before db.Time) (*blobRow, error) {
	var row blobRow
	err := tx.Gorm().Where("verified_at < ? AND state IN ?", before, heldStates).Order("verified_at, id").Limit(1).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &row, err
}

func itemByKey(tx *db.Tx, key string) (*Item, error) {
	var item Item
	return &item, tx.First(&item, "item_key = ?", key)
}

// serviceOf is the service of an item; 0 for a shared item or one to come.
func serviceOf(tx *db.Tx, key string) (id int64, err error) {
	return id, tx.Gorm().Raw("SELECT service_id FROM media_items WHERE item_key = ?", key).Scan(&id).Error
}

func itemByID(tx *db.Tx, id int64) (*Item, error) {
	var item Item
	return &item, tx.First(&item, "id = ?", id)
}

// copyItem writes what versions copy from their item.
func copyItem(tx *db.Tx, item *Item) error {
	return tx.Gorm().Model(&Version{}).Where("item_id = ?", item.ID).
		Select("item_name", "service_id", "provenance").
		Updates(map[string]any{"item_name": item.Name, "service_id": item.ServiceID, "provenance": item.Provenance}).Error
}

func versionByID(tx *db.Tx, id int64) (*Version, error) {
	var v Version
	return &v, tx.First(&v, "id = ?", id)
}

func versionByLabel(tx *db.Tx, itemKey, label string) (*Version, error) {
	var v Version
	return &v, tx.First(&v, "item_key = ? AND label = ?", itemKey, label)
}

// versionsByDigest gives every version with these bytes, accepted ones first.
func versionsByDigest(tx *db.Tx, d blob.Digest) ([]Version, error) {
	var list []Version
	err := tx.Gorm().Where("digest = ?", d).Order("CASE WHEN state = 'Accepted' THEN 0 ELSE 1 END, id").Find(&list).Error
	return list, err
}

func versionsOf(tx *db.Tx, itemID int64) ([]Version, error) {
	var list []Version
	return list, tx.Gorm().Where("item_id = ?", itemID).Order("id DESC").Limit(200).Find(&list).Error
}

func waiting(tx *db.Tx, limit int) ([]Version, error) {
	var list []Version
	return list, tx.Gorm().Where("state IN ?", []State{Quarantined, Checking}).Order("id").Limit(limit).Find(&list).Error
}

func checksOf(tx *db.Tx, versionIDs ...int64) ([]Check, error) {
	var list []Check
	return list, tx.Gorm().Where("media_version_id IN ?", versionIDs).Order("id").Find(&list).Error
}

func replaceChecks(tx *db.Tx, versionID int64, list []Check) error {
	if err := tx.Gorm().Where("media_version_id = ?", versionID).Delete(&Check{}).Error; err != nil {
		return err
	}
	return tx.Create(&list)
}

func usesOf(tx *db.Tx, versionIDs []int64) ([]Use, error) {
	var list []Use
	return list, tx.Gorm().Where("media_version_id IN ?", versionIDs).Order("id DESC").Limit(500).Find(&list).Error
}

func hasUse(tx *db.Tx, u Use) (bool, error) {
	var n int64
	err := tx.Gorm().Model(&Use{}).Where("media_version_id = ? AND release_key = ? AND package_version = ?", u.MediaVersionID, u.ReleaseKey, u.PackageVersion).Count(&n).Error
	return n > 0, err
}

func restrictUses(tx *db.Tx, releaseKey string, restricted bool) error {
	return tx.Gorm().Model(&Use{}).Where("release_key = ?", releaseKey).Update("restricted", restricted).Error
}

// countUse adds one to the counter beside a version. The row's version stays:
// being used is no edit, and must not make a custodian's open form stale.
func countUse(tx *db.Tx, versionID int64) error {
	return tx.Gorm().Model(&Version{}).Where("id = ?", versionID).UpdateColumn("uses", gorm.Expr("uses + 1")).Error
}

// scope narrows a query to what the viewer may see.
func (s sight) scope(q *gorm.DB) *gorm.DB {
	if s.all {
		return q
	}
	return q.Where("kind = ? AND state = ?", Documentation, Accepted)
}

func listVersions(tx *db.Tx, see sight, f Filter) (VersionPage, error) {
	where := func() *gorm.DB { return narrow(see.scope(tx.Gorm().Model(&Version{})), f) }
	var page VersionPage
	if err := where().Count(&page.Matching).Error; err != nil {
		return page, err
	}
	q := where()
	if key, id, ok := f.after(); ok {
		q = q.Where("item_key > ? OR (item_key = ? AND id < ?)", key, key, id)
	}
	if err := q.Order("item_key, id DESC").Limit(f.limit() + 1).Find(&page.Versions).Error; err != nil {
		return page, err
	}
	if len(page.Versions) > f.limit() {
		page.Versions = page.Versions[:f.limit()]
		last := page.Versions[f.limit()-1]
		page.Next = last.ItemKey + ":" + strconv.FormatInt(last.ID, 10)
	}
	return page, nil
}

func narrow(q *gorm.DB, f Filter) *gorm.DB {
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	switch f.Store {
	case Physical:
		q = q.Where("item_id IN (SELECT item_id FROM media_copies WHERE state <> ?)", WrittenOff)
	case Electronic:
		q = q.Where("item_id NOT IN (SELECT item_id FROM media_copies WHERE state <> ?)", WrittenOff)
	}
	text := strings.ToLower(strings.TrimSpace(f.Query))
	switch {
	case text == "":
	case blob.Digest(text).Valid():
		q = q.Where("digest = ?", text)
	default:
		text = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
		like, digest := "%"+text+"%", "sha256:"+strings.TrimPrefix(text, "sha256:")+"%"
		q = q.Where(`(LOWER(item_name || ' ' || label) LIKE ? ESCAPE '\' OR item_key LIKE ? ESCAPE '\' OR LOWER(file_name) LIKE ? ESCAPE '\' OR digest LIKE ? ESCAPE '\')`,
			like, like, like, digest)
	}
	return q
}

func totals(tx *db.Tx) (Totals, error) {
	var t Totals
	var states []struct {
		State State
		N     int64
		Bytes int64
	}
	err := tx.Gorm().Model(&Version{}).Select("state, COUNT(*) AS n, COALESCE(SUM(size), 0) AS bytes").Group("state").Find(&states).Error
	for _, row := range states {
		t.Versions += row.N
		t.Bytes += row.Bytes
		switch row.State {
		case Quarantined, Checking:
			t.Waiting += row.N
		case Suspect:
			t.Suspect += row.N
		}
	}
	if err != nil {
		return t, err
	}
	var blobs struct {
		Blobs, Damaged          int64
		VerifiedAt, OldestCheck db.Time
	}
	err = tx.Gorm().Model(&blobRow{}).Where("state IN ?", heldStates).Select("COUNT(*) AS blobs, COALESCE(SUM(CASE WHEN state = 'damaged' THEN 1 ELSE 0 END), 0) AS damaged, " +
		"COALESCE(MAX(verified_at), 0) AS verified_at, COALESCE(MIN(verified_at), 0) AS oldest_check").Find(&blobs).Error
	t.Blobs, t.Damaged, t.VerifiedAt, t.OldestCheck = blobs.Blobs, blobs.Damaged, blobs.VerifiedAt, blobs.OldestCheck
	return t, err
}

func itemKeys(tx *db.Tx, limit int) ([]Item, error) {
	var list []Item
	return list, tx.Gorm().Order("item_key").Limit(limit).Find(&list).Error
}

func digests(tx *db.Tx) ([]blob.Digest, error) {
	var list []blob.Digest
	return list, tx.Gorm().Model(&blobRow{}).Where("state IN ?", heldStates).Order("digest").Pluck("digest", &list).Error
}

func countWaiting(tx *db.Tx) (n int64, err error) {
	return n, tx.Gorm().Model(&Version{}).Where("state IN ?", []State{Quarantined, Checking}).Count(&n).Error
}
