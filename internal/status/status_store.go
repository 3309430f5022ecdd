package status

import (
	"slipway/internal/db"
	"slipway/internal/release"
)

func bySlug(tx *db.Tx, slug string) (*Page, error) {
	var p Page
	return &p, tx.First(&p, "slug = ?", slug)
}

func byRelease(tx *db.Tx, releaseID int64) (*Page, error) {
	var p Page
	return &p, tx.First(&p, "release_id = ?", releaseID)
}

func insertPage(tx *db.Tx, p *Page) error     { return tx.Create(p) }
func savePage(tx *db.Tx, p *Page) error       { return tx.Save(p) }
func insertUpdate(tx *db.Tx, u *Update) error { return tx.Create(u) }

func updatesOf(tx *db.Tx, pageID int64) ([]Update, error) {
	var updates []Update
	return updates, tx.Gorm().Where("page_id = ?", pageID).Order("at DESC, id DESC").Limit(100).Find(&updates).Error
}

// publicRow is a public page with what the list says of its release.
type publicRow struct {
	Page
	State       release.State
	ServiceName string
	WindowStart db.Time
	WindowStop  db.Time
}

// publicPages are those that everybody reads; a release that became restricted
// takes its page away.
func publicPages(tx *db.Tx) ([]publicRow, error) {
	var rows []publicRow
	return rows, tx.Gorm().Raw(`SELECT p.*, r.state, r.service_name, r.window_start, r.window_stop FROM status_pages p JOIN releases r ON r.id = p.release_id
		WHERE p.public AND NOT r.restricted ORDER BY p.updated_at DESC, p.id LIMIT 200`).Scan(&rows).Error
}
