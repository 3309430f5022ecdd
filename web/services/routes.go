// Package services is a page area.
package services

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
)

// Routes lists the addresses.
func Routes(g *echo.Group, a *app.App) {}
