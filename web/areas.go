package web

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/web/changes"
	"slipway/web/deploy"
	"slipway/web/dml"
	"slipway/web/handover"
	"slipway/web/home"
	"slipway/web/plan"
	"slipway/web/policies"
	"slipway/web/record"
	"slipway/web/releases"
	"slipway/web/reports"
	"slipway/web/services"
	"slipway/web/status"
	"slipway/web/tests"
)

// areas lists the routes of every page area.
func areas(signedIn, public *echo.Group, a *app.App) {
	home.Routes(signedIn, a)
	releases.Routes(signedIn, a)
	plan.Routes(signedIn, a)
	tests.Routes(signedIn, a)
	deploy.Routes(signedIn, a)
	handover.Routes(signedIn, a)
	changes.Routes(signedIn, a)
	dml.Routes(signedIn, a)
	services.Routes(signedIn, a)
	policies.Routes(signedIn, a)
	record.Routes(signedIn, a)
	reports.Routes(signedIn, a)
	status.Public(public, a)
	status.Routes(signedIn, a)
}
