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
	if v.Drift, err = h.app.Deploy.DriftNow(ctx, actor); err != nil {
		return err
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.DeploymentsNow(v))
	}
	return page.Render(c, http.StatusOK, view.Deployments(v))
}
