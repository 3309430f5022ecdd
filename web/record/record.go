// Package record is the audit record for those who may read all of it.
package record

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/identity"
	view "slipway/templates/record"
	"slipway/web/page"
)

const perPage = 100

type handler struct{ app *app.App }

// Routes are the record's addresses.
func Routes(g *echo.Group, a *app.App) {
	g.GET("/audit", handler{a}.show)
}

func (h handler) show(c echo.Context) error {
	if err := identity.Authorize(page.Actor(c), identity.AuditRead, 0); err != nil {
		return err
	}
	before, _ := strconv.ParseInt(c.QueryParam("before"), 10, 64)
	var v view.View
	err := h.app.DB.View(c.Request().Context(), func(tx *db.Tx) (err error) {
		if v.Entries, err = audit.Recent(tx, before, perPage); err != nil {
			return err
		}
		if c.QueryParam("verify") != "" {
			v.Checked, err = check(tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(v.Entries) == perPage {
		v.Next = "/audit?before=" + strconv.FormatInt(v.Entries[perPage-1].Seq, 10)
	}
	return page.Render(c, http.StatusOK, view.Page(v))
}

func check(tx *db.Tx) (*view.Checked, error) {
	n, err := audit.Verify(tx)
	var broken audit.Broken
	if errors.As(err, &broken) {
		return &view.Checked{Entries: n, Broken: broken.Error()}, nil
	}
	return &view.Checked{Entries: n}, err
}
