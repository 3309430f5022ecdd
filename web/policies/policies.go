package policies

import (
	"net/http"

	"github.com/labstack/echo/v4"

	view "slipway/templates/policies"
	"slipway/web/page"
)

func (h handler) list(c echo.Context) error {
	overview, err := h.app.Policy.Overview(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.List(*overview))
}

func (h handler) showPolicy(c echo.Context) error { return h.policy(c, nil) }

func (h handler) policy(c echo.Context, cause error) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	sheet, err := h.app.Policy.Sheet(c.Request().Context(), page.Actor(c), c.Param("key"), asked)
	if err != nil {
		return err
	}
	v := view.PolicyView{Sheet: *sheet, Errors: page.Errors(cause), Refusal: cause}
	if cause != nil {
		return page.Again(c, cause, view.Policy(v))
	}
	return page.Render(c, http.StatusOK, view.Policy(v))
}

func (h handler) approvePolicy(c echo.Context) error {
	key := c.Param("key")
	if err := h.app.Policy.ApproveAsRead(c.Request().Context(), page.Actor(c), key, page.Version(c)); err != nil {
		return h.policy(c, err)
	}
	return page.Redirect(c, page.Path("policies", key), "The version is approved. It holds once it is activated.")
}

func (h handler) activatePolicy(c echo.Context) error {
	key := c.Param("key")
	if err := h.app.Policy.ActivateAsRead(c.Request().Context(), page.Actor(c), key, page.Version(c)); err != nil {
		return h.policy(c, err)
	}
	return page.Redirect(c, page.Path("policies", key), "The version is in force. New releases begin with it.")
}
