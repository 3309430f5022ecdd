// Package changes is the changes, the freezes and the calendar.
package changes

import (
	"context"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/templates/ui"
)

type handler struct{ app *app.App }

// Routes lists the addresses.
func Routes(r *echo.Group, a *app.App) {
	h := handler{a}
	r.GET("/changes", h.list)
	r.POST("/changes", h.raise)
	r.GET("/changes/agenda", h.agenda)
	r.GET("/changes/new", h.newChange)
	r.GET("/changes/:key", h.show)
	r.POST("/changes/:key", h.save)
	r.GET("/changes/:key/edit", h.edit)
	r.POST("/changes/:key/do", h.do)
	r.POST("/changes/:key/advice", h.advise)
	r.GET("/calendar", h.calendar)
	r.GET("/calendar.ics", h.feed)
	r.POST("/conflicts", h.acceptConflict)
	r.GET("/freezes", h.freezes)
	r.POST("/freezes", h.addFreeze)
	r.GET("/freezes/new", h.newFreeze)
	r.GET("/freezes/:key", h.showFreeze)
	r.POST("/freezes/:key/cancel", h.cancelFreeze)
	r.POST("/freezes/:key/override", h.overrideFreeze)
}

// services are the choices of a service.
func (h handler) services(ctx context.Context) (options []ui.Option, err error) {
	err = h.app.DB.View(ctx, func(tx *db.Tx) error {
		list, err := h.app.Catalog.ListServices(tx)
		for _, s := range list {
			options = append(options, ui.Option{Value: strconv.FormatInt(s.ID, 10), Label: s.Name})
		}
		return err
	})
	return options, err
}

// serviceName gives the name of a chosen service; 0 is none.
func (h handler) serviceName(ctx context.Context, id int64) (name string, err error) {
	if id == 0 {
		return "", nil
	}
	err = h.app.DB.View(ctx, func(tx *db.Tx) error {
		var s *catalog.ServiceRecord
		if s, err = h.app.Catalog.ServiceByID(tx, id); err == nil {
			name = s.Name
		}
		return err
	})
	return name, err
}

// freezeNumber reads F-12 of an address.
func freezeNumber(c echo.Context) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(c.Param("key"), "F-"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.NotFound, "There is no freeze %s.", c.Param("key"))
	}
	return n, nil
}
