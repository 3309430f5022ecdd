package deploy

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

type pullForm struct {
	Version        int64 `form:"version"`
	PollSeconds    int64 `form:"poll_seconds"`
	ConfirmMinutes int64 `form:"confirm_minutes"`
	StuckMinutes   int64 `form:"stuck_minutes"`
}

func (h *handler) savePull(c echo.Context) error {
	var f pullForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	key := c.Param("key")
	err := h.app.Deploy.EditPull(c.Request().Context(), page.Actor(c), key, f.Version, deploy.PullDraft{PollSeconds: f.PollSeconds, ConfirmMinutes: f.ConfirmMinutes, StuckMinutes: f.StuckMinutes})
	if err != nil {
		return again(c, view.PullFormName, err, h.drawPlace(c))
	}
	return page.Redirect(c, page.Path("environments", key), "The times are saved.")
}

func (h *handler) drawPlace(c echo.Context) func(view.Trial) (templ.Component, error) {
	return func(t view.Trial) (templ.Component, error) { return h.environmentSheet(c, t, "") }
}

// rotateGateway shows the token in the answer itself: nothing else ever holds it.
func (h *handler) rotateGateway(c echo.Context) error {
	token, err := h.app.Deploy.RotateGateway(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return again(c, view.GatewayFormName, err, h.drawPlace(c))
	}
	component, err := h.environmentSheet(c, view.Trial{}, token)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, component)
}

func (h *handler) endGateway(c echo.Context) error {
	key := c.Param("key")
	if err := h.app.Deploy.EndGateway(c.Request().Context(), page.Actor(c), key); err != nil {
		return again(c, "end-gateway", err, h.drawPlace(c))
	}
	return page.Redirect(c, page.Path("environments", key), "The gateway token is ended.")
}

func (h *handler) drawDevice(c echo.Context) func(view.Trial) (templ.Component, error) {
	return func(t view.Trial) (templ.Component, error) { return h.targetSheet(c, t, "") }
}

func (h *handler) rotateToken(c echo.Context) error {
	token, err := h.app.Deploy.RotateToken(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return again(c, view.TokenFormName, err, h.drawDevice(c))
	}
	component, err := h.targetSheet(c, view.Trial{}, token)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, component)
}

func (h *handler) endToken(c echo.Context) error {
	key := c.Param("key")
	if err := h.app.Deploy.EndToken(c.Request().Context(), page.Actor(c), key); err != nil {
		return again(c, "end-token", err, h.drawDevice(c))
	}
	return page.Redirect(c, page.Path("targets", key), "The token of "+key+" is ended.")
}
