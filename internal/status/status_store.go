package status

import "slipway/internal/db"

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

func publicPages(tx *db.Tx) ([]Page, error) {
	var pages []Page
	return pages, tx.Gorm().Where("public = ?", true).Order("updated_at DESC").Limit(200).Find(&pages).Error
}
