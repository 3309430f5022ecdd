package services

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	view "slipway/templates/services"
	"slipway/web/page"
)

func (h handler) takeBaseline(c echo.Context) error {
	sheet, err := h.editable(c)
	if err != nil {
		return err
	}
	var f struct {
		Name string `form:"name"`
	}
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	b, err := h.app.Catalog.Snapshot(c.Request().Context(), page.Actor(c), sheet.Service.ID, f.Name)
	if err != nil {
		return h.service(c, f.Name, err)
	}
	return page.Redirect(c, view.BaselinesLink(sheet.Service.Key), fmt.Sprintf("Baseline %d is taken, %d items.", b.Number, len(b.Lines)))
}

func (h handler) showBaseline(c echo.Context) error {
	n, err := id(c, "number")
	if err != nil {
		return err
	}
	with := int64(-1) // the one before it
	if asked := c.QueryParam("with"); asked != "" {
		if with, err = strconv.ParseInt(asked, 10, 64); err != nil || with < 0 {
			return fault.New(fault.NotFound, "There is no baseline %q to compare with.", asked)
		}
	}
	sheet, err := h.app.Catalog.Baseline(c.Request().Context(), c.Param("key"), n, with)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Baseline(view.BaselineView{BaselineSheet: *sheet}))
}
