package dml

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/dml"
	"slipway/internal/identity"
	pages "slipway/templates/dml"
	"slipway/web/page"
)

// queueOnFront is how much of the quarantine the front page shows.
const queueOnFront = 8

func (h *handler) library(c echo.Context) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	v := pages.LibraryView{
		Filter: dml.Filter{Query: c.QueryParam("q"), Kind: dml.Kind(c.QueryParam("kind")), State: dml.State(c.QueryParam("state")),
			Store: dml.Store(c.QueryParam("store")), Cursor: c.QueryParam("after")},
		MaySubmit: actor.Can(identity.DmlSubmit, 0),
		Staff:     actor.Can(identity.ReportRead, 0),
	}
	var err error
	if v.Page, err = h.dml.List(ctx, actor, v.Filter); err != nil {
		return err
	}
	if v.Totals, err = h.dml.Totals(ctx); err != nil {
		return err
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, pages.ItemsCard(v))
	}
	if v.Queue, err = h.dml.Queue(ctx, actor, queueOnFront); err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.LibraryPage(v))
}

func (h *handler) quarantine(c echo.Context) error {
	ctx := c.Request().Context()
	queue, err := h.dml.Queue(ctx, page.Actor(c), 200)
	if err != nil {
		return err
	}
	totals, err := h.dml.Totals(ctx)
	if err != nil {
		return err
	}
	waiting := totals.Waiting
	if len(queue) == 0 { // nothing the viewer may know of
		waiting = 0
	}
	return page.Render(c, http.StatusOK, pages.QuarantinePage(queue, waiting))
}
