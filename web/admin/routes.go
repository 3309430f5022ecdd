// Package admin is the administration of accounts.
package admin

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
)

type handler struct{ app *app.App }

// Routes are the administrator's addresses.
func Routes(g *echo.Group, a *app.App) {
	h := handler{a}
	g.GET("/admin/users", h.list)
	g.GET("/admin/users/new", h.showNew)
	g.POST("/admin/users/new", h.create)
	g.GET("/admin/users/:username", h.show)
	g.POST("/admin/users/:username", h.edit)
}
