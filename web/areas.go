package web

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/web/build"
	"slipway/web/changes"
	"slipway/web/deploy"
	"slipway/web/dml"
	"slipway/web/handover"
	"slipway/web/home"
	"slipway/web/plan"
	"slipway/web/policies"
	"slipway/web/releases"
	"slipway/web/services"
	"slipway/web/status"
)

// areas lists the routes of every page area.
func areas(signedIn, public *echo.Group, a *app.App) {
	home.Routes(signedIn, a)
	releases.Routes(signedIn, a)
	plan.Routes(signedIn, a)
	build.Routes(signedIn, a)
	deploy.Routes(signedIn, a)
	handover.Routes(signedIn, a)
	changes.Routes(signedIn, a)
	dml.Routes(signedIn, a)
	services.Routes(signedIn, a)
	policies.Routes(signedIn, a)
	status.Routes(public, a)
}
