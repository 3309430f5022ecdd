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

// targets is the list under its filter. A filter that cannot be read comes back
// as it was typed, with the place where it breaks off.
func (h *handler) targets(c echo.Context) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	f := deploy.TargetFilter{Text: strings.TrimSpace(c.QueryParam("q")), EnvironmentKey: c.QueryParam("environment"), Filter: strings.TrimSpace(c.QueryParam("filter")),
		Drift: deploy.Drift(c.QueryParam("drift")), Retired: c.QueryParam("retired") == "true", After: c.QueryParam("after")}
	list, err := h.app.Deploy.TargetsPage(ctx, actor, f)
	if fault.KindOf(err) == fault.Invalid && err != nil {
		v := view.TargetsView{Filter: f, Errors: page.Errors(err)}
		if page.Fragment(c) {
			return page.Again(c, err, view.FilterTrouble(v))
		}
		all, other := h.app.Deploy.TargetsPage(ctx, actor, deploy.TargetFilter{Limit: 1})
		if other != nil {
			return other
		}
		v.TargetList = &deploy.TargetList{Environments: all.Environments, CanEdit: all.CanEdit}
		return page.Again(c, err, view.Targets(v))
	}
	if err != nil {
		return err
	}
	v := view.TargetsView{TargetList: list, Filter: f}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.TargetRows(v))
	}
	return page.Render(c, http.StatusOK, view.Targets(v))
}

func (h *handler) target(c echo.Context) error {
	component, err := h.targetSheet(c, opened(c), "")
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, component)
}

func (h *handler) targetSheet(c echo.Context, t view.Trial, fresh string) (templ.Component, error) {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	d, err := h.app.Deploy.TargetDetail(ctx, actor, key)
	if err != nil {
		return nil, err
	}
	host, err := h.app.Deploy.HostOf(ctx, actor, key)
	return view.TargetPage(view.TargetSheet{Trial: t, TargetDetail: d, Host: host, Fresh: fresh}), err
}

// acceptReport takes what the target reports into the records.
func (h *handler) acceptReport(c echo.Context) error {
	if err := read(c); err != nil {
		return err
	}
	key := c.Param("key")
	if err := h.app.Deploy.AcceptReport(c.Request().Context(), page.Actor(c), key, drawnFrom(c), c.FormValue("reason")); err != nil {
		return again(c, "accept", err, func(t view.Trial) (templ.Component, error) { return h.targetSheet(c, t, "") })
	}
	return page.Redirect(c, page.Path("targets", key), "The records say now what "+key+" reports.")
}

func (h *handler) newTarget(c echo.Context) error {
	component, err := h.targetForm(c, view.Trial{})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, component)
}

func (h *handler) editTarget(c echo.Context) error { return h.newTarget(c) }

// targetForm draws the form of the address's target, or of a new one.
func (h *handler) targetForm(c echo.Context, t view.Trial) (templ.Component, error) {
	ctx, actor := c.Request().Context(), page.Actor(c)
	if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
		return nil, err
	}
	list, err := h.app.Deploy.Environments(ctx, actor)
	if err != nil {
		return nil, err
	}
	v := view.TargetForm{Trial: t, Environments: list.Environments, Draft: deploy.TargetDraft{EnvironmentKey: c.QueryParam("environment")}}
	v.Form = view.TargetFormName
	if key := c.Param("key"); key != "" {
		d, err := h.app.Deploy.TargetDetail(ctx, actor, key)
		if err != nil {
			return nil, err
		}
		v.Saved = &d.Target
		v.Draft = deploy.TargetDraft{Name: d.Target.Name, EnvironmentKey: d.Target.EnvironmentKey, Tags: d.Target.Tags, Attributes: d.Target.Attributes}
	}
	return view.EditTarget(v), nil
}

func targetDraft(c echo.Context) deploy.TargetDraft {
	return deploy.TargetDraft{Key: c.FormValue("key"), Name: c.FormValue("name"), EnvironmentKey: c.FormValue("environment"), Tags: c.FormValue("tags"),
		Attributes: c.FormValue("attributes"), InstalledDigest: strings.TrimSpace(c.FormValue("installed_digest")), InstalledVersion: c.FormValue("installed_version")}
}

func (h *handler) addTarget(c echo.Context) error {
	if err := read(c); err != nil {
		return err
	}
	d := targetDraft(c)
	if err := h.app.Deploy.AddTarget(c.Request().Context(), page.Actor(c), d); err != nil {
		return again(c, view.TargetFormName, err, h.drawTarget(c))
	}
	key := strings.TrimSpace(d.Key)
	return page.Redirect(c, page.Path("targets", key), "The target "+key+" is added.")
}

func (h *handler) saveTarget(c echo.Context) error {
	if err := read(c); err != nil {
		return err
	}
	key := c.Param("key")
	if err := h.app.Deploy.EditTarget(c.Request().Context(), page.Actor(c), key, drawnFrom(c), targetDraft(c)); err != nil {
		return again(c, view.TargetFormName, err, h.drawTarget(c))
	}
	return page.Redirect(c, page.Path("targets", key), key+" is saved.")
}

func (h *handler) drawTarget(c echo.Context) func(view.Trial) (templ.Component, error) {
	return func(t view.Trial) (templ.Component, error) { return h.targetForm(c, t) }
}

func (h *handler) retireTarget(c echo.Context) error { return h.retire(c, true, " is retired.") }

func (h *handler) restoreTarget(c echo.Context) error {
	return h.retire(c, false, " is back in use.")
}

func (h *handler) retire(c echo.Context, retired bool, words string) error {
	key := c.Param("key")
	err := h.app.Deploy.RetireTarget(c.Request().Context(), page.Actor(c), key, drawnFrom(c), retired, c.FormValue("reason"))
	if err != nil {
		return again(c, "retire", err, h.drawDevice(c))
	}
	return page.Redirect(c, page.Path("targets", key), key+words)
}
