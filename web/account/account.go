package account

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	view "slipway/templates/account"
	"slipway/web/guard"
	"slipway/web/page"
)

func (h handler) show(c echo.Context) error {
	return h.render(c, http.StatusOK, view.View{})
}

// render fills in what the page always shows around what a form left behind.
func (h handler) render(c echo.Context, status int, v view.View) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	var err error
	if v.Sessions, err = h.app.Identity.Sessions(ctx, actor, guard.Token(c)); err != nil {
		return err
	}
	if v.Tokens, err = h.app.Identity.Tokens(ctx, actor); err != nil {
		return err
	}
	if v.Errors == nil {
		v.Zone, v.Theme = actor.Zone, actor.Theme
	}
	if v.Roles, err = h.roles(ctx, actor); err != nil {
		return err
	}
	v.Now = h.app.DB.Now()
	return page.Render(c, status, view.Page(v))
}

// roles are the person's, with the names of the services that they hold for.
func (h handler) roles(ctx context.Context, actor identity.Actor) (list []view.Held, err error) {
	names := map[int64]string{}
	if slices.ContainsFunc(actor.Grants, func(g identity.Grant) bool { return g.ServiceID != 0 }) {
		err := h.app.DB.View(ctx, func(tx *db.Tx) error {
			services, err := h.app.Catalog.ListServices(tx)
			for _, s := range services {
				names[s.ID] = s.Name
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, g := range actor.Grants {
		list = append(list, view.Held{Role: g.Role, Service: names[g.ServiceID]})
	}
	return list, nil
}

func (h handler) again(c echo.Context, err error, v view.View) error {
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	v.Errors = page.Errors(err)
	return h.render(c, page.Status(err), v)
}

func (h handler) setPreferences(c echo.Context) error {
	zone, theme := c.FormValue("zone"), c.FormValue("theme")
	if err := h.app.Identity.SetPreferences(c.Request().Context(), page.Actor(c), zone, theme); err != nil {
		return h.again(c, err, view.View{Zone: zone, Theme: theme})
	}
	return page.Redirect(c, "/account", "Your preferences are saved.")
}

// setTheme is the switch in the menu of every page; it leads back there.
func (h handler) setTheme(c echo.Context) error {
	actor := page.Actor(c)
	if err := h.app.Identity.SetPreferences(c.Request().Context(), actor, actor.Zone, c.FormValue("theme")); err != nil {
		return err
	}
	back := "/"
	if from, err := url.Parse(c.Request().Referer()); err == nil && from.Host == c.Request().Host {
		back = safeNext(from.RequestURI())
	}
	return page.Redirect(c, back, "")
}

func (h handler) changePassword(c echo.Context) error {
	err := h.app.Identity.ChangePassword(c.Request().Context(), page.Actor(c), c.FormValue("old"), c.FormValue("new"), guard.Token(c))
	if err != nil {
		return h.again(c, err, view.View{})
	}
	return page.Redirect(c, "/account", "Your password is changed, and your other sessions have ended.")
}

func (h handler) logoutEverywhere(c echo.Context) error {
	if err := h.app.Identity.LogoutEverywhere(c.Request().Context(), page.Actor(c)); err != nil {
		return err
	}
	return h.leave(c)
}

func (h handler) endSession(c echo.Context) error {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64)
	if err := h.app.Identity.EndSession(c.Request().Context(), page.Actor(c), id); err != nil {
		return err
	}
	return page.Redirect(c, "/account", "The session has ended.")
}

type tokenForm struct {
	Name   string   `form:"name"`
	Scopes []string `form:"scopes"`
}

// createToken shows the token in the answer itself: nothing else ever holds it.
func (h handler) createToken(c echo.Context) error {
	var f tokenForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	token, err := h.app.Identity.CreateToken(c.Request().Context(), page.Actor(c), f.Name, f.Scopes, 0)
	if err != nil {
		return h.again(c, err, view.View{TokenName: f.Name, Chosen: f.Scopes})
	}
	return h.render(c, http.StatusOK, view.View{Fresh: token})
}

func (h handler) revokeToken(c echo.Context) error {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64)
	if err := h.app.Identity.RevokeToken(c.Request().Context(), page.Actor(c), id); err != nil {
		return err
	}
	return page.Redirect(c, "/account", "The token is revoked.")
}
