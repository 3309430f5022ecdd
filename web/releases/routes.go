// Package releases is the releases: their list, each release's own pages, its
// package, its gates and its record.
package releases

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
)

type handler struct{ app *app.App }

// Routes lists the addresses.
func Routes(g *echo.Group, a *app.App) {
	h := handler{a}
	g.GET("/releases", h.list)
	g.GET("/releases/new", h.ask)
	g.POST("/releases/new", h.create)
	g.GET("/releases/:key", h.overview)
	g.GET("/releases/:key/verdict", h.verdict)
	g.GET("/releases/:key/edit", h.edit)
	g.POST("/releases/:key/edit", h.save)
	g.POST("/releases/:key/window", h.reschedule)
	g.GET("/releases/:key/moves", h.askMove)
	g.POST("/releases/:key/moves", h.move)
	h.attachmentRoutes(g)
	h.packageRoutes(g)
	h.gateRoutes(g)
}
