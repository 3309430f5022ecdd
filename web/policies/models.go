package policies

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/policy"
	view "slipway/templates/policies"
	"slipway/web/page"
)

func (h handler) models(c echo.Context) error {
	overview, err := h.app.Policy.ModelOverview(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Models(view.ModelsView{ModelOverview: *overview, Templates: policy.Templates()}))
}

func (h handler) showModel(c echo.Context) error { return h.model(c, nil) }

func (h handler) model(c echo.Context, cause error) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	sheet, err := h.app.Policy.ModelSheet(c.Request().Context(), page.Actor(c), c.Param("key"), asked)
	if err != nil {
		return err
	}
	v := view.ModelView{ModelSheet: *sheet, Errors: page.Errors(cause), Refusal: cause}
	if cause != nil {
		return page.Again(c, cause, view.Model(v))
	}
	return page.Render(c, http.StatusOK, view.Model(v))
}

func (h handler) approveModel(c echo.Context) error {
	key := c.Param("key")
	if err := h.app.Policy.ApproveModelAsRead(c.Request().Context(), page.Actor(c), key, page.Version(c)); err != nil {
		return h.model(c, err)
	}
	return page.Redirect(c, page.Path("models", key), "The version is approved and in use. New releases are made from it.")
}
