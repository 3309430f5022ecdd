// Package account is sign-in, first run and a person's own account.
package account

import (
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/web/guard"
)

type handler struct {
	app   *app.App
	store *guard.Store
}

// Public are the addresses for people who have not signed in.
func Public(g *echo.Group, a *app.App, store *guard.Store) {
	h := handler{a, store}
	g.GET("/login", h.showLogin)
	g.POST("/login", h.login)
	g.GET("/setup", h.showSetUp)
	g.POST("/setup", h.setUp)
}

// Routes are the addresses of a signed-in person's account.
func Routes(g *echo.Group, a *app.App, store *guard.Store) {
	h := handler{a, store}
	g.POST("/logout", h.logout)
	g.GET("/account", h.show)
	g.POST("/account/preferences", h.setPreferences)
	g.POST("/account/password", h.changePassword)
	g.POST("/account/logout-everywhere", h.logoutEverywhere)
	g.POST("/account/sessions/:id/end", h.endSession)
	g.POST("/account/tokens", h.createToken)
	g.POST("/account/tokens/:id/revoke", h.revokeToken)
	g.POST("/preferences/theme", h.setTheme)
}
