package web

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/identity"
	"slipway/internal/report"
	"slipway/templates/ui"
	"slipway/web/page"
)

// tallies gives what the navigation counts. No page fails for want of it.
func tallies(a *app.App) func(echo.Context, identity.Actor) map[string]ui.Tally {
	return func(c echo.Context, actor identity.Actor) map[string]ui.Tally {
		t, err := a.Report.Counts(c.Request().Context(), actor)
		if err != nil {
			a.Log.WarnContext(c.Request().Context(), "the navigation shows no counts", "error", err)
			return nil
		}
		return tallied(t)
	}
}

// tallied words the counts; nothing is said where there is nothing.
func tallied(t report.Counts) map[string]ui.Tally {
	counts := map[string]ui.Tally{}
	if t.Tasks > 0 {
		more := ""
		if t.More {
			more = "+"
		}
		counts["work"] = ui.Tally{Shown: strconv.Itoa(t.Tasks) + more, Aloud: " waiting"}
	}
	if t.Live > 0 {
		counts["deployments"] = ui.Tally{Shown: strconv.FormatInt(t.Live, 10) + " live"}
	}
	if t.Quarantine > 0 {
		counts["dml"] = ui.Tally{Shown: strconv.FormatInt(t.Quarantine, 10), Aloud: " in quarantine"}
	}
	return counts
}

// recount lets whoever did something be counted for anew.
func recount(r *report.Service) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if m := c.Request().Method; m != http.MethodGet && m != http.MethodHead {
				defer r.Recount(page.Actor(c).UserID)
			}
			return next(c)
		}
	}
}
