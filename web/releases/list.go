package releases

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/release"
	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) list(c echo.Context) error {
	f := release.Filter{Text: strings.TrimSpace(c.QueryParam("q")), ServiceKey: c.QueryParam("service"), State: release.State(c.QueryParam("state")),
		Type: release.Type(c.QueryParam("type")), Mine: c.QueryParam("mine") == "true"}
	f.Before, _ = strconv.ParseInt(c.QueryParam("before"), 10, 64)
	sheet, err := h.app.Release.ListSheet(c.Request().Context(), page.Actor(c), f)
	if err != nil {
		return err
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.Rows(sheet))
	}
	return page.Render(c, http.StatusOK, view.List(sheet))
}
