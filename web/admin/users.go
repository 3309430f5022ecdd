package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	view "slipway/templates/admin"
	"slipway/web/page"
)

func (h handler) services(ctx context.Context) (choices []view.ServiceChoice, err error) {
	err = h.app.DB.View(ctx, func(tx *db.Tx) error {
		services, err := h.app.Catalog.ListServices(tx)
		for _, s := range services {
			choices = append(choices, view.ServiceChoice{ID: s.ID, Name: s.Name})
		}
		return err
	})
	return choices, err
}

func (h handler) list(c echo.Context) error {
	users, err := h.app.Identity.Users(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	services, err := h.services(c.Request().Context())
	if err != nil {
		return err
	}
	vacant, err := h.app.Identity.Vacant(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	v := view.UsersView{Users: users, Vacant: vacant, Services: map[int64]string{}}
	for _, s := range services {
		v.Services[s.ID] = s.Name
	}
	return page.Render(c, http.StatusOK, view.UsersPage(v))
}

type userForm struct {
	Version  int64    `form:"version"`
	Username string   `form:"username"`
	Name     string   `form:"name"`
	Email    string   `form:"email"`
	Password string   `form:"password"`
	Disabled bool     `form:"disabled"`
	Roles    []string `form:"roles"`
}

func (f userForm) view(isNew bool) view.UserView {
	return view.UserView{New: isNew, Version: f.Version, Username: f.Username, Name: f.Name, Email: f.Email, Disabled: f.Disabled, Roles: f.Roles}
}

// grants reads "role" and "role@service" as the form writes them.
func (f userForm) grants() []identity.Grant {
	var grants []identity.Grant
	for _, value := range f.Roles {
		role, service, _ := strings.Cut(value, "@")
		id, _ := strconv.ParseInt(service, 10, 64)
		grants = append(grants, identity.Grant{Role: identity.Role(role), ServiceID: id})
	}
	return grants
}

func (h handler) showNew(c echo.Context) error {
	if err := identity.Authorize(page.Actor(c), identity.AdminUsers, 0); err != nil {
		return err
	}
	return h.render(c, nil, view.UserView{New: true, Roles: c.QueryParams()["role"]})
}

// render shows the form, after err with the reasons beside what was typed.
func (h handler) render(c echo.Context, err error, v view.UserView) error {
	services, failed := h.services(c.Request().Context())
	if failed != nil {
		return failed
	}
	v.Services = services
	if err == nil {
		return page.Render(c, http.StatusOK, view.UserPage(v))
	}
	v.Errors = page.Errors(err)
	if f, ok := fault.As(err); ok {
		for _, b := range f.Blockers {
			v.Errors[""] += " " + b.Sentence
		}
	}
	return page.Again(c, err, view.UserPage(v))
}

func (h handler) create(c echo.Context) error {
	var f userForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	_, err := h.app.Identity.CreateUser(c.Request().Context(), page.Actor(c),
		identity.Account{Username: f.Username, Name: f.Name, Email: f.Email, Password: f.Password}, f.grants())
	if err != nil {
		return h.render(c, err, f.view(true))
	}
	return page.Redirect(c, "/admin/users", "The account is created. Give "+f.Name+" the password in person.")
}

func (h handler) find(c echo.Context) (*identity.User, error) {
	if err := identity.Authorize(page.Actor(c), identity.AdminUsers, 0); err != nil {
		return nil, err
	}
	return h.app.Identity.FindUser(c.Request().Context(), page.Actor(c), c.Param("username"))
}

func (h handler) show(c echo.Context) error {
	u, err := h.find(c)
	if err != nil {
		return err
	}
	f := userForm{Version: u.Version, Username: u.Username, Name: u.Name, Email: u.Email, Disabled: u.Disabled}
	for _, g := range u.Grants {
		f.Roles = append(f.Roles, view.GrantValue(g))
	}
	return h.render(c, nil, f.view(false))
}

func (h handler) edit(c echo.Context) error {
	var f userForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	f.Username = c.Param("username")
	err := h.app.Identity.EditUser(c.Request().Context(), page.Actor(c), f.Username,
		identity.Edit{Version: f.Version, Name: f.Name, Email: f.Email, Disabled: f.Disabled, Grants: f.grants(), Password: f.Password})
	if err != nil {
		if u, findErr := h.find(c); findErr == nil && fault.KindOf(err) == fault.Conflict {
			f.Version = u.Version // the fresh one, so that the next save goes through knowingly
		}
		return h.render(c, err, f.view(false))
	}
	return page.Redirect(c, "/admin/users", "The account "+f.Username+" is saved.")
}
