package releases

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/release"
	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) historyRoutes(g *echo.Group) {
	g.GET("/releases/:key/history", h.history)
}

func (h handler) history(c echo.Context) error {
	before, _ := strconv.ParseInt(c.QueryParam("before"), 10, 64)
	leaf := release.Leaf{Chapter: c.QueryParam("of"), Before: before, Verify: c.QueryParam("verify") != ""}
	sheet, err := h.app.Release.History(c.Request().Context(), page.Actor(c), c.Param("key"), leaf)
	if err != nil {
		return err
	}
	v := view.HistoryView{HistorySheet: sheet, Leaf: leaf}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.Record(v))
	}
	return page.Render(c, http.StatusOK, view.History(v))
}
