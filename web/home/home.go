// Package home is a person's first page, and search.
package home

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/identity"
	"slipway/internal/report"
	view "slipway/templates/home"
	"slipway/web/page"
)

type handler struct{ app *app.App }

// Routes are the addresses everybody has.
func Routes(g *echo.Group, a *app.App) {
	h := handler{a}
	g.GET("/", h.show)
	g.GET("/search", h.search)
}

func (h handler) show(c echo.Context) error {
	actor := page.Actor(c)
	work, err := h.app.Report.MyWork(c.Request().Context(), actor)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Page(work, actor.Can(identity.ReleaseEdit, 0)))
}

// search leads straight to an exact match.
func (h handler) search(c echo.Context) error {
	query := strings.TrimSpace(c.QueryParam("q"))
	hits, err := h.app.Report.Search(c.Request().Context(), page.Actor(c), query)
	if err != nil {
		return err
	}
	if one := report.Only(hits); one != nil {
		return c.Redirect(http.StatusSeeOther, one.Href)
	}
	return page.Render(c, http.StatusOK, view.SearchPage(query, hits))
}
