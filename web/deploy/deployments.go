package deploy

import (
	"net/http"

	"github.com/labstack/echo/v4"

	view "slipway/templates/deploy"
	"slipway/web/page"
)

// deployments is everything that is deployed now and next; it looks for news
// by itself.
func (h *handler) deployments(c echo.Context) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	var v view.DeploymentsView
	var err error
	if v.Running, err = h.app.Deploy.Deployments(ctx, actor); err != nil {
		return err
	}
	if v.Steps, err = h.app.Deploy.MySteps(ctx, actor); err != nil {
		return err
	}
	if v.Ahead, err = h.app.Deploy.Coming(ctx, actor); err != nil {
		return err
	}
	list, err := h.app.Deploy.Environments(ctx, actor)
	if err != nil {
		return err
	}
	for _, e := range list.Environments {
		v.Drift.Drifted, v.Drift.Unauthorised = v.Drift.Drifted+e.Drift.Drifted, v.Drift.Unauthorised+e.Drift.Unauthorised
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.DeploymentsNow(v))
	}
	return page.Render(c, http.StatusOK, view.Deployments(v))
}
