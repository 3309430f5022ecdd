// Package handover serves the page of early life, knowledge transfer, handover,
// live value and the post-implementation review.
package handover

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/templates/draft"
	view "slipway/templates/handover"
	"slipway/web/page"
)

type handler struct{ app *app.App }

// Routes adds the area's addresses.
func Routes(r *echo.Group, a *app.App) {
	h := handler{a}
	g := r.Group("/releases/:key/handover")
	g.GET("", h.show)
	g.POST("/lead", h.takeLead)
	g.POST("/attest", h.attest)
	g.POST("/exit", h.requestExit)
	g.POST("/exit/accept", h.acceptExit)
	g.POST("/exit/extend", h.extend)
	g.POST("/roster", h.addShifts)
	g.POST("/roster/:n/remove", h.removeShift)
	g.POST("/days", h.recordDay)
	g.POST("/incidents", h.reportIncident)
	g.POST("/incidents/:n", h.moveIncident)
	g.POST("/transfers", h.planTransfer)
	g.POST("/transfers/:n", h.moveTransfer)
	g.POST("/transfers/:n/plan", h.reviseTransfer)
	g.POST("/items/offer", h.offerAll)
	g.POST("/items/:n/offer", h.offer)
	g.POST("/items/:n/withdraw", h.withdraw)
	g.POST("/items/:n/decide", h.decide)
	g.POST("/value/:n", h.measure)
	g.POST("/package/:n", h.state)
	g.POST("/package/:n/approve", h.approve)
	g.POST("/review", h.hold)
	g.POST("/review/agree", h.agree)
	g.POST("/actions", h.addAction)
	g.POST("/actions/:n", h.reviseAction)
	g.POST("/actions/:n/done", h.finishAction)
}

func (h handler) show(c echo.Context) error {
	v, err := h.view(c, draft.Draft{Form: c.QueryParam("do")})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Page(v))
}

func (h handler) view(c echo.Context, d draft.Draft) (view.View, error) {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	v := view.View{Draft: d, Zone: zone(c)}
	var err error
	if v.Sheet, err = h.app.Review.Sheet(ctx, actor, key); err != nil {
		return v, err
	}
	v.Head, err = h.app.Release.Head(ctx, actor, key)
	return v, err
}

// deed is what a form asks the service to do with the numbered row of the address.
type deed func(ctx context.Context, actor identity.Actor, key string, n int64) error

// act does a deed and leads back to its part of the page; when it is refused the
// page comes back with the form open and everything typed.
func (h handler) act(c echo.Context, form, anchor, flash string, do deed) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	if n != 0 && form != "" {
		form += "-" + c.Param("n")
	}
	err = do(c.Request().Context(), page.Actor(c), c.Param("key"), n)
	if err == nil {
		return page.Redirect(c, page.Path("releases", c.Param("key"), "handover")+anchor, flash)
	}
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
	return page.Again(c, err, view.Page(v))
}

// files reads a form whose files are kept with the numbered row of the address.
func (h handler) files(c echo.Context, attach func(ctx context.Context, actor identity.Actor, key string, n int64, name string, body io.Reader) error) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	return page.BindFiles(c, func(name string, body io.Reader) error {
		return attach(c.Request().Context(), page.Actor(c), c.Param("key"), n, name, body)
	})
}

// number reads the row's number in the address, 0 where the address has none.
func number(c echo.Context) (int64, error) {
	if c.Param("n") == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(c.Param("n"), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "There is nothing at this address.")
	}
	return n, nil
}

func zone(c echo.Context) string { return page.Zone(c).String() }

// moment reads a time in the viewer's zone; a wrong one is told on its field.
func moment(c echo.Context, field, value string) (db.Time, error) {
	t, err := page.When(value, zone(c))
	if err != nil {
		return 0, &fault.Fault{Kind: fault.Invalid, Message: "This was not saved.", Fields: []fault.Field{{Name: field, Message: "Write the time like 2026-11-23 14:30."}}}
	}
	return t, nil
}
