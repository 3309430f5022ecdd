// Package reports shows the figures, and gives them as CSV.
package reports

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/report"
	"slipway/internal/zone"
	view "slipway/templates/reports"
	"slipway/web/page"
)

type handler struct{ app *app.App }

// Routes are the addresses of the figures.
func Routes(g *echo.Group, a *app.App) {
	h := handler{a}
	g.GET("/reports", h.show)
	g.GET("/reports.csv", h.download)
}

// query reads what the report is narrowed to, in the zone the viewer reads days in.
func query(c echo.Context) (report.Query, error) {
	q := report.Query{ServiceKey: c.QueryParam("service"), Type: c.QueryParam("type"), Zone: time.UTC}
	if c.QueryParam("tz") != "UTC" {
		q.Zone = zone.OrUTC(page.Actor(c).Zone)
	}
	var check fault.Check
	day := func(name string, plus int) db.Time {
		text := strings.TrimSpace(c.QueryParam(name))
		if text == "" {
			return 0
		}
		at, err := time.ParseInLocation(time.DateOnly, text, q.Zone)
		check.Need(err == nil && at.Year() > 1999 && at.Year() < 2200, name, "Write the day like 2026-11-23.")
		return db.At(at.AddDate(0, 0, plus))
	}
	q.From, q.Until = day("from", 0), day("until", 1)
	return q, check.Err("There are no figures for this.")
}

func (h handler) figures(c echo.Context) (*report.Figures, error) {
	q, err := query(c)
	if err != nil {
		return nil, err
	}
	return h.app.Report.Figures(c.Request().Context(), page.Actor(c), q)
}

func (h handler) show(c echo.Context) error {
	typed := view.Typed{Service: c.QueryParam("service"), Type: c.QueryParam("type"), From: c.QueryParam("from"), Until: c.QueryParam("until"), Query: c.QueryString()}
	f, err := h.figures(c)
	if err != nil && fault.KindOf(err) == fault.Invalid {
		// The form stays, with what was typed; the figures are those of the standard period.
		var standard error
		if f, standard = h.app.Report.Figures(c.Request().Context(), page.Actor(c), report.Query{}); standard != nil {
			return standard
		}
		return page.Again(c, err, view.Wrong(f.Services, typed, page.Errors(err)))
	}
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Page(f, typed))
}

// download gives the figures, one a line, with n and period beside each.
func (h handler) download(c echo.Context) error {
	f, err := h.figures(c)
	if err != nil {
		return err
	}
	head := c.Response().Header()
	head.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	head.Set(echo.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="slipway-figures-%s.csv"`, f.Query.Until.Std().Add(-1).In(f.Query.Zone).Format(time.DateOnly)))
	c.Response().WriteHeader(http.StatusOK)
	return csv.NewWriter(c.Response()).WriteAll(f.Table())
}
