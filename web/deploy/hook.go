package deploy

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

// saveHook says where the other deployer is asked. An environment that has none
// has no version of it yet.
func (h *handler) saveHook(c echo.Context) error {
	key := c.Param("key")
	if err := h.app.Deploy.EditHook(c.Request().Context(), page.Actor(c), key, max(0, drawnFrom(c)), deploy.HookDraft{URL: c.FormValue("url"), ReplyMinutes: position(c.FormValue("reply_minutes"))}); err != nil {
		return again(c, view.HookFormName, err, h.drawPlace(c))
	}
	return page.Redirect(c, page.Path("environments", key)+"#hook", "The address is saved.")
}

// rotateSecret shows the secret in the answer itself: nothing else ever holds it
// in the clear.
func (h *handler) rotateSecret(c echo.Context) error {
	secret, err := h.app.Deploy.RotateSecret(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return again(c, "secret", err, h.drawPlace(c))
	}
	v, err := h.environmentView(c, view.Trial{})
	if err != nil {
		return err
	}
	v.Secret = secret
	return page.Render(c, http.StatusOK, view.Environment(v))
}
