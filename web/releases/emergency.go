package releases

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/templates/draft"
	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) emergencyRoutes(g *echo.Group) {
	g.GET("/releases/:key/emergency", h.showEmergency)
	g.POST("/releases/:key/emergency/authorise", h.authorise)
	g.POST("/releases/:key/emergency/proceed", h.proceed)
	g.POST("/releases/:key/emergency/retro", h.retro)
	g.GET("/releases/:key/window-override", h.askOverride)
	g.POST("/releases/:key/window-override", h.overrideWindow)
}

func (h handler) emergencyView(c echo.Context, d draft.Draft) (view.EmergencyView, error) {
	v := view.EmergencyView{Draft: d}
	var err error
	v.EmergencyPage, err = h.app.Release.EmergencyPage(c.Request().Context(), page.Actor(c), c.Param("key"))
	return v, err
}

func (h handler) showEmergency(c echo.Context) error {
	v, err := h.emergencyView(c, opened(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Emergency(v))
}

// onEmergency does a deed of the emergency path. The grounds of each form have
// a name of their own, because two may stand on the page.
func (h handler) onEmergency(c echo.Context, form, flash string, do deed) error {
	if err := do(c.Request().Context(), page.Actor(c), c.Param("key")); err != nil {
		return again(c, form, renamed(err, "comment", "comment_"+form), func(d draft.Draft) (templ.Component, error) {
			v, err := h.emergencyView(c, d)
			return view.Emergency(v), err
		})
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "emergency"), flash)
}

func (h handler) authorise(c echo.Context) error {
	form, kind, flash := "ecab", release.ECAB, "It is authorised for the emergency board."
	if c.FormValue("kind") == string(release.Glass) {
		form, kind, flash = "glass", release.Glass, "The glass is broken. The decision in retrospect is owed."
	}
	return h.onEmergency(c, form, flash, func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Release.AuthoriseEmergency(ctx, actor, key, kind, c.FormValue("comment_"+form))
	})
}

func (h handler) proceed(c echo.Context) error {
	return h.onEmergency(c, "", "It goes ahead on the emergency authority.", h.app.Release.Proceed)
}

func (h handler) retro(c echo.Context) error {
	return h.onEmergency(c, "retro", "The decision in retrospect is made.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Release.DecideRetro(ctx, actor, key, release.Verdict(c.FormValue("verdict")), c.FormValue("comment_retro"))
	})
}

func (h handler) overrideView(c echo.Context, d draft.Draft) (templ.Component, error) {
	head, err := h.app.Release.OverrideHead(c.Request().Context(), page.Actor(c), c.Param("key"))
	return view.WindowOverride(head, zoneOf(c), d), err
}

func (h handler) askOverride(c echo.Context) error {
	component, err := h.overrideView(c, draft.Draft{})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, component)
}

func (h handler) overrideWindow(c echo.Context) error {
	until, err := typedTime(c, "until", c.FormValue("until"))
	if err == nil {
		err = h.app.Deploy.OverrideWindow(c.Request().Context(), page.Actor(c), c.Param("key"), until, c.FormValue("targets"), c.FormValue("reason"))
	}
	if err != nil {
		return again(c, "override", err, func(d draft.Draft) (templ.Component, error) { return h.overrideView(c, d) })
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "deployment")+"#window", "It may start outside its window.")
}
