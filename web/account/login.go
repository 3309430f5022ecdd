package account

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/identity"
	view "slipway/templates/account"
	"slipway/web/guard"
	"slipway/web/page"
)

func (h handler) showLogin(c echo.Context) error {
	if page.Actor(c).UserID != 0 {
		return c.Redirect(http.StatusSeeOther, safeNext(c.QueryParam("next")))
	}
	return page.Render(c, http.StatusOK, view.LoginPage(view.LoginView{Next: c.QueryParam("next")}))
}

// safeNext keeps a redirect within this site.
func safeNext(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

type loginForm struct {
	Username string `form:"username"`
	Password string `form:"password"`
	Next     string `form:"next"`
}

func (h handler) login(c echo.Context) error {
	var f loginForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	token, err := h.app.Identity.Login(c.Request().Context(), identity.Credentials{
		Username: f.Username, Password: f.Password, IP: c.RealIP(), Agent: c.Request().UserAgent()})
	switch fault.KindOf(err) {
	case fault.Unauthenticated, fault.TooMany:
		return page.Render(c, page.Status(err), view.LoginPage(view.LoginView{Username: f.Username, Next: f.Next, Errors: page.Errors(err)}))
	}
	if err != nil {
		return err
	}
	if err := h.store.SignIn(c, token); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, safeNext(f.Next))
}

func (h handler) logout(c echo.Context) error {
	if err := h.app.Identity.Logout(c.Request().Context(), page.Actor(c), guard.Token(c)); err != nil {
		return err
	}
	return h.leave(c)
}

func (h handler) leave(c echo.Context) error {
	if err := h.store.SignOut(c); err != nil {
		return err
	}
	return page.Redirect(c, "/login", "You are signed out.")
}

func (h handler) showSetUp(c echo.Context) error {
	needed, err := h.app.Identity.NeedsSetup(c.Request().Context())
	if err != nil {
		return err
	}
	if !needed {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	return page.Render(c, http.StatusOK, view.SetUpPage(view.SetUpView{}))
}

type setUpForm struct {
	Username string `form:"username"`
	Name     string `form:"name"`
	Email    string `form:"email"`
	Password string `form:"password"`
}

func (h handler) setUp(c echo.Context) error {
	var f setUpForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	_, err := h.app.Identity.SetUp(c.Request().Context(), identity.Account{Username: f.Username, Name: f.Name, Email: f.Email, Password: f.Password})
	if err != nil {
		return page.Again(c, err, view.SetUpPage(view.SetUpView{Username: f.Username, Name: f.Name, Email: f.Email, Errors: page.Errors(err)}))
	}
	return page.Redirect(c, "/login", "The administrator is created. Sign in.")
}
