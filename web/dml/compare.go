package dml

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	pages "slipway/templates/dml"
	"slipway/web/page"
)

// compare tells two versions of an item apart.
func (h *handler) compare(c echo.Context) error {
	from, err := strconv.ParseInt(c.QueryParam("from"), 10, 64)
	if err != nil {
		return echo.ErrNotFound
	}
	to, err := strconv.ParseInt(c.QueryParam("to"), 10, 64)
	if err != nil {
		return echo.ErrNotFound
	}
	v, err := h.dml.Compare(c.Request().Context(), page.Actor(c), from, to)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.ComparePage(*v))
}
