package deploy

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

// firstTargets is how many targets stand on their environment's page.
const firstTargets = 10

func (h *handler) environments(c echo.Context) error {
	list, err := h.app.Deploy.Environments(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Environments(list))
}

func (h *handler) environment(c echo.Context) error {
	component, err := h.environmentSheet(c, opened(c), "")
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, component)
}

func (h *handler) environmentSheet(c echo.Context, t view.Trial, fresh string) (templ.Component, error) {
	v, err := h.environmentView(c, t)
	v.Fresh = fresh
	return view.Environment(v), err
}

func (h *handler) environmentView(c echo.Context, t view.Trial) (v view.EnvironmentSheet, err error) {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	v.Trial = t
	if v.EnvironmentView, err = h.app.Deploy.EnvironmentPage(ctx, actor, key); err != nil {
		return v, err
	}
	if v.First, err = h.app.Deploy.TargetsPage(ctx, actor, deploy.TargetFilter{EnvironmentKey: key, Limit: firstTargets}); err != nil {
		return v, err
	}
	if v.Keys, err = h.app.Deploy.EnvironmentKeys(ctx, actor, key); err != nil {
		return v, err
	}
	v.Hook, err = h.app.Deploy.HookOf(ctx, actor, key)
	return v, err
}

func (h *handler) newEnvironment(c echo.Context) error {
	component, err := h.environmentForm(c, view.Trial{})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, component)
}

// environmentForm draws the form of the address's environment, or of a new one,
// which comes last.
func (h *handler) environmentForm(c echo.Context, t view.Trial) (templ.Component, error) {
	ctx, actor := c.Request().Context(), page.Actor(c)
	if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
		return nil, err
	}
	list, err := h.app.Deploy.Environments(ctx, actor)
	if err != nil {
		return nil, err
	}
	v := view.EnvironmentForm{Trial: t, Draft: deploy.EnvironmentDraft{Position: 1}}
	for i := range list.Environments {
		e := &list.Environments[i]
		v.Draft.Position = max(v.Draft.Position, e.Position+1)
		if e.Key == c.Param("key") {
			v.Saved = e
		}
	}
	switch {
	case v.Saved != nil:
		v.Draft = deploy.EnvironmentDraft{Key: v.Saved.Key, Name: v.Saved.Name, Zone: v.Saved.Zone, Production: v.Saved.Production, Position: v.Saved.Position, Method: v.Saved.Method}
	case c.Param("key") != "":
		return nil, fault.New(fault.NotFound, "There is no environment %s.", c.Param("key"))
	}
	v.Form = view.EnvironmentFormName
	return view.EditEnvironment(v), nil
}

func environmentDraft(c echo.Context) deploy.EnvironmentDraft {
	return deploy.EnvironmentDraft{Key: strings.TrimSpace(c.FormValue("key")), Name: c.FormValue("name"), Zone: c.FormValue("zone"), Production: c.FormValue("production") == "true", Position: position(c.FormValue("position")), Method: c.FormValue("method")}
}

func (h *handler) addEnvironment(c echo.Context) error {
	if err := read(c); err != nil {
		return err
	}
	d := environmentDraft(c)
	if err := h.app.Deploy.AddEnvironment(c.Request().Context(), page.Actor(c), d); err != nil {
		return again(c, view.EnvironmentFormName, err, h.drawEnvironment(c))
	}
	return page.Redirect(c, page.Path("environments", d.Key), "The environment "+d.Name+" is added. Add its targets next.")
}

func (h *handler) editEnvironment(c echo.Context) error { return h.newEnvironment(c) }

func (h *handler) saveEnvironment(c echo.Context) error {
	if err := read(c); err != nil {
		return err
	}
	key, d := c.Param("key"), environmentDraft(c)
	if err := h.app.Deploy.EditEnvironment(c.Request().Context(), page.Actor(c), key, drawnFrom(c), d); err != nil {
		return again(c, view.EnvironmentFormName, err, h.drawEnvironment(c))
	}
	return page.Redirect(c, page.Path("environments", key), d.Name+" is saved.")
}

func (h *handler) drawEnvironment(c echo.Context) func(view.Trial) (templ.Component, error) {
	return func(t view.Trial) (templ.Component, error) { return h.environmentForm(c, t) }
}

func (h *handler) removeEnvironment(c echo.Context) error {
	key := c.Param("key")
	if err := h.app.Deploy.RemoveEnvironment(c.Request().Context(), page.Actor(c), key, drawnFrom(c)); err != nil {
		return again(c, "remove", err, h.drawPlace(c))
	}
	return page.Redirect(c, "/environments", "The environment "+key+" is removed.")
}
