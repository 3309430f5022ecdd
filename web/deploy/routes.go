// Package deploy is the pages of deployment: the wave board and run sheets of a
// release, environments and targets.
package deploy

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
)

type handler struct{ app *app.App }

// Routes lists the addresses.
func Routes(g *echo.Group, a *app.App) {
	h := &handler{a}
	h.boardRoutes(g)
	h.placeRoutes(g)
}
