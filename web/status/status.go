// Package status is what stakeholders read: public pages, feeds, and the form
// behind them.
package status

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/status"
	view "slipway/templates/status"
	"slipway/web/page"
)

type handler struct{ app *app.App }

// Public are the readers' addresses; they need no sign-in where the page is public.
func Public(g *echo.Group, a *app.App) {
	h := handler{a}
	g.GET("/status", h.list)
	g.GET("/status/:slug", h.show)
}

// Routes are the addresses of those who write the pages.
func Routes(g *echo.Group, a *app.App) {
	h := handler{a}
	g.GET("/releases/:key/status", h.showEdit)
	g.POST("/releases/:key/status", h.save)
	g.POST("/releases/:key/status/updates", h.post)
}

func (h handler) list(c echo.Context) error {
	views, err := h.app.Status.List(c.Request().Context())
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.ListPage(views))
}

// show answers with the page, or beside it with .atom or .ics.
func (h handler) show(c echo.Context) error {
	slug, format := c.Param("slug"), ""
	for _, suffix := range []string{".atom", ".ics"} {
		if base, ok := strings.CutSuffix(slug, suffix); ok {
			slug, format = base, suffix
		}
	}
	v, err := h.app.Status.Read(c.Request().Context(), page.Actor(c), slug)
	if err != nil {
		return err
	}
	address := c.Scheme() + "://" + c.Request().Host + "/status/" + slug
	switch format {
	case ".atom":
		var out bytes.Buffer
		if err := v.WriteAtom(&out, address, page.Organisation(c)); err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/atom+xml; charset=utf-8", out.Bytes())
	case ".ics":
		return c.Blob(http.StatusOK, "text/calendar; charset=utf-8", []byte(v.Calendar(address)))
	}
	return page.Render(c, http.StatusOK, view.Page(v))
}

func (h handler) showEdit(c echo.Context) error {
	return h.render(c, nil, func(*view.EditView) {})
}

// render shows the form as stored; typed puts back what a failed try typed.
func (h handler) render(c echo.Context, failure error, typed func(*view.EditView)) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	r, v, err := h.app.Status.ForRelease(ctx, actor, key)
	if err != nil {
		return err
	}
	head, err := h.app.Release.Head(ctx, actor, key)
	if err != nil {
		return err
	}
	e := view.EditView{Head: head, Page: v.Page, Posted: v.Updates, May: actor.Can(identity.NoticeSend, r.ServiceID)}
	typed(&e)
	if failure != nil {
		e.Errors = page.Errors(failure)
		if f, ok := fault.As(failure); ok {
			e.Blockers = f.Blockers
		}
		return page.Again(c, failure, view.EditPage(e))
	}
	return page.Render(c, http.StatusOK, view.EditPage(e))
}

type pageForm struct {
	Version  int64  `form:"version"`
	Slug     string `form:"slug"`
	Headline string `form:"headline"`
	Lead     string `form:"lead"`
	Notice   string `form:"notice"`
	Contact  string `form:"contact"`
	Public   bool   `form:"public"`
}

func (h handler) save(c echo.Context) error {
	var f pageForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	text := status.Page{Slug: f.Slug, Headline: f.Headline, Lead: f.Lead, NoticeText: f.Notice, Contact: f.Contact, Public: f.Public}
	if err := h.app.Status.Save(c.Request().Context(), page.Actor(c), c.Param("key"), f.Version, text); err != nil {
		return h.render(c, err, func(e *view.EditView) {
			text.Row = e.Page.Row // the fresh version, so that the next save goes through knowingly
			e.Page = text
		})
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "status"), "The status page is saved.")
}

type updateForm struct {
	Title  string `form:"title"`
	Body   string `form:"body"`
	Family string `form:"family"`
}

func (h handler) post(c echo.Context) error {
	var f updateForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	u := status.Update{Title: f.Title, Body: f.Body, Family: f.Family}
	if err := h.app.Status.Post(c.Request().Context(), page.Actor(c), c.Param("key"), u); err != nil {
		return h.render(c, err, func(e *view.EditView) { e.Update = u })
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "status"), "The update is posted.")
}
