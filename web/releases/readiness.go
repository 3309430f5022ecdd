package releases

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/release"
	"slipway/templates/draft"
	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) readinessRoutes(g *echo.Group) {
	g.GET("/releases/:key/readiness", h.showReadiness)
	g.POST("/releases/:key/readiness", h.reportReadiness)
}

func (h handler) readinessView(c echo.Context, d draft.Draft) (view.ReadinessView, error) {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	v := view.ReadinessView{Draft: d, Zone: zoneOf(c)}
	var err error
	if v.Head, err = h.app.Release.Head(ctx, actor, key); err != nil {
		return v, err
	}
	v.Sheet, err = h.app.Release.Readiness(ctx, actor, key)
	return v, err
}

func (h handler) showReadiness(c echo.Context) error {
	v, err := h.readinessView(c, opened(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Readiness(v))
}

// reportReadiness keeps a report on one area, or those of the form for all. Their
// fields carry the area's code, so that a refusal leads to the right one.
func (h handler) reportReadiness(c echo.Context) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	area, at, flash := c.FormValue("area"), c.FormValue("area"), "The report is kept."
	list, err := typedReports(c)
	switch {
	case c.FormValue("all") != "":
		area, at, flash = "all", "areas", "The reports are kept."
		if err == nil {
			err = h.app.Release.ReportAllReadiness(ctx, actor, key, list)
		}
	case err == nil:
		err = h.app.Release.ReportReadiness(ctx, actor, key, list[0])
	}
	if err != nil {
		return again(c, area, err, func(d draft.Draft) (templ.Component, error) {
			v, err := h.readinessView(c, d)
			return view.Readiness(v), err
		})
	}
	return page.Redirect(c, page.Path("releases", key, "readiness")+"#"+at, flash)
}

// typedReports are those of the areas in the form, and what could not be read.
func typedReports(c echo.Context) (list []release.Report, err error) {
	if err := c.Request().ParseForm(); err != nil {
		return nil, err
	}
	areas := c.Request().PostForm["area"]
	if len(areas) == 0 {
		areas = []string{""}
	}
	for _, area := range areas {
		field := func(name string) string { return c.FormValue(name + "_" + area) }
		due, wrong := typedTime(c, "due_"+area, field("due"))
		if wrong != nil {
			err = wrong
		}
		owner, _ := strconv.ParseInt(field("owner"), 10, 64)
		version, _ := strconv.ParseInt(field("version"), 10, 64)
		list = append(list, release.Report{Area: area, Colour: release.Colour(field("colour")), Note: field("note"), OwnerID: owner, Due: due, Version: version})
	}
	return list, err
}
