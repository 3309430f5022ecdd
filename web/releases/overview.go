package releases

import (
	"net/http"

	"github.com/labstack/echo/v4"

	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) overview(c echo.Context) error {
	v, err := h.app.Release.Overview(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Overview(v))
}

// verdict is the part of the overview that looks for news by itself.
func (h handler) verdict(c echo.Context) error {
	if !page.Fragment(c) {
		return c.Redirect(http.StatusSeeOther, page.Path("releases", c.Param("key")))
	}
	v, err := h.app.Release.Overview(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.StandingPanel(v))
}
