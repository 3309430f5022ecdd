// Package dml is the media library in the browser.
package dml

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dml"
)

// handler answers for the library.
type handler struct {
	dml     *dml.Service
	catalog *catalog.Service
	db      *db.DB
}

// Routes lists the library's addresses. An item's key is a path, so its page is
// whatever no other address takes; a key cannot begin like one of the others.
func Routes(r *echo.Group, a *app.App) {
	(&handler{dml: a.DML, catalog: a.Catalog, db: a.DB}).routes(r)
}

func (h *handler) routes(r *echo.Group) {
	r.GET("/dml", h.library)
	r.GET("/dml/quarantine", h.quarantine)
	r.GET("/dml/upload", h.showUpload)
	r.POST("/dml/upload", h.upload)
	r.GET("/dml/licences", h.licences)
	r.POST("/dml/licences", h.saveLicence)
	r.GET("/dml/licences/:key", h.licence)
	r.GET("/dml/stock", h.stock)
	r.POST("/dml/stock", h.addCopies)
	r.GET("/dml/stock/take", h.showCount)
	r.POST("/dml/stock/take", h.takeStock)
	r.GET("/dml/stock/labels", h.labels)
	r.GET("/dml/stock/:id", h.copy)
	r.POST("/dml/stock/:id/:verb", h.doCopy)
	r.GET("/dml/keys", h.keys)
	r.POST("/dml/keys", h.trustKey)
	r.POST("/dml/keys/:id/revoke", h.revokeKey)
	r.GET("/dml/versions/:id/file", h.download)
	r.HEAD("/dml/versions/:id/file", h.download)
	r.POST("/dml/versions/:id/evidence", h.attach)
	r.POST("/dml/versions/:id/:verb", h.decide)
	r.GET("/dml/components", h.components)
	r.GET("/dml/compare", h.compare)
	r.POST("/dml/items/*", h.editItem)
	r.POST("/dml/retention/*", h.retention)
	r.POST("/dml/holds", h.placeHold)
	r.POST("/dml/holds/:id/lift", h.liftHold)
	r.POST("/dml/rehearsals", h.rehearse)
	r.GET("/dml/health", h.health)
	r.POST("/dml/health/verification", h.verify)
	r.GET("/dml/health/collection", h.plan)
	r.POST("/dml/health/collection", h.collect)
	r.GET("/dml/*", h.item)
}
