// Package tests serves the pages of builds, test runs, verdicts, known errors
// and rehearsals.
package tests

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/templates/draft"
	view "slipway/templates/tests"
	"slipway/web/page"
)

type handler struct{ app *app.App }

// Routes adds the area's addresses.
func Routes(r *echo.Group, a *app.App) {
	h := handler{a}
	g := r.Group("/releases/:key/tests")
	g.GET("", h.show)
	g.POST("/verify", h.verify)
	g.POST("/builds", h.recordBuild)
	g.GET("/builds/:n", h.showBuild)
	g.POST("/builds/:n/outputs", h.addOutput)
	g.POST("/runs", h.recordRun)
	g.POST("/runs/report", h.uploadRun)
	g.GET("/runs/:n", h.showRun)
	g.POST("/runs/:n/tolerate", h.tolerateRun)
	g.POST("/criteria", h.addCriterion)
	g.POST("/criteria/draw", h.drawCriteria)
	g.POST("/criteria/:n", h.judge)
	g.POST("/errors", h.reportError)
	g.POST("/errors/:error", h.moveError)
	g.POST("/rehearsals", h.rehearse)
	g.POST("/rehearsals/:n/witness", h.witness)
}

func (h handler) show(c echo.Context) error {
	return h.render(c, http.StatusOK, draft.Draft{Form: c.QueryParam("do")})
}

func (h handler) render(c echo.Context, status int, d draft.Draft) error {
	v, err := h.view(c, d)
	if err != nil {
		return err
	}
	return page.Render(c, status, view.Page(v))
}

func (h handler) view(c echo.Context, d draft.Draft) (view.View, error) {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	v := view.View{Draft: d}
	var err error
	if v.Head, err = h.app.Release.Head(ctx, actor, key); err != nil {
		return v, err
	}
	v.Sheet, err = h.app.Build.Sheet(ctx, actor, key)
	return v, err
}

// deed is what a form asks a service to do.
type deed func(ctx context.Context, actor identity.Actor, key string) error

// act does a deed and leads back to its part of the page; when it is refused the
// page comes back with the form open and everything typed.
func (h handler) act(c echo.Context, form, anchor, flash string, do deed) error {
	if err := do(c.Request().Context(), page.Actor(c), c.Param("key")); err != nil {
		return h.again(c, form, err, view.Page)
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "tests")+anchor, flash)
}

// again shows the page of a refused form; other failures pass on.
func (h handler) again(c echo.Context, form string, err error, component func(view.View) templ.Component) error {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Refused, fault.Conflict, fault.TooLarge, fault.Unavailable:
	default:
		return err
	}
	d := draft.Draft{Form: form, Values: c.Request().PostForm, Errors: page.Errors(err)}
	if f, ok := fault.As(err); ok {
		d.Blockers = f.Blockers
	}
	v, failed := h.view(c, d)
	if failed != nil {
		return err
	}
	return page.Again(c, err, component(v))
}

// at reads the number in the address; anything else is not there.
func at(c echo.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Param("n"), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "There is nothing at this address.")
	}
	return n, nil
}

// moment reads a time in the viewer's zone into a field's fault.
func moment(c echo.Context, check *fault.Check, field, value string) db.Time {
	t, err := page.When(value, page.Zone(c).String())
	if err != nil {
		check.Field(field, "Write the time like 2026-11-23 14:30.")
	}
	return t
}

func lines(text string) []string { return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") }
