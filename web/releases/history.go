package releases

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) historyRoutes(g *echo.Group) {
	g.GET("/releases/:key/history", h.history)
}

func (h handler) history(c echo.Context) error {
	before, _ := strconv.ParseInt(c.QueryParam("before"), 10, 64)
	sheet, err := h.app.Release.History(c.Request().Context(), page.Actor(c), c.Param("key"), before)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.History(view.HistoryView{HistorySheet: sheet, Paged: before > 0}))
}
