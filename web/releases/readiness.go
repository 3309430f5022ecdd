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

// reportReadiness keeps a report on one area. Its fields carry the area's code,
// so that a refusal leads to the right one.
func (h handler) reportReadiness(c echo.Context) error {
	area := c.FormValue("area")
	field := func(name string) string { return c.FormValue(name + "_" + area) }
	due, err := typedTime(c, "due_"+area, field("due"))
	if err == nil {
		owner, _ := strconv.ParseInt(field("owner"), 10, 64)
		err = h.app.Release.ReportReadiness(c.Request().Context(), page.Actor(c), c.Param("key"), release.Report{Area: area,
			Colour: release.Colour(field("colour")), Note: field("note"), OwnerID: owner, Due: due, Version: page.Version(c)})
	}
	if err != nil {
		return again(c, area, err, func(d draft.Draft) (templ.Component, error) {
			v, err := h.readinessView(c, d)
			return view.Readiness(v), err
		})
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "readiness")+"#"+area, "The report is kept.")
}
