// Package deploy is a page area.
package deploy

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
)

// Routes lists the addresses.
func Routes(g *echo.Group, a *app.App) {}
