// Package services is the catalogue: services with their packages,
// configuration items, release units and baselines.
package services

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/fault"
)

type handler struct{ app *app.App }

// Routes lists the addresses.
func Routes(g *echo.Group, a *app.App) {
	h := handler{a}
	g.GET("/services", h.list)
	g.GET("/services/new", h.newService)
	g.POST("/services/new", h.addService)
	g.GET("/services/:key", h.showService)
	g.GET("/services/:key/edit", h.editService)
	g.POST("/services/:key/edit", h.saveService)
	g.GET("/services/:key/package/new", h.newPromise)
	g.POST("/services/:key/package/new", h.addPromise)
	g.GET("/services/:key/package/:id/edit", h.editPromise)
	g.POST("/services/:key/package/:id/edit", h.savePromise)
	g.POST("/services/:key/package/:id/retire", h.retirePromise)
	g.POST("/services/:key/baselines", h.takeBaseline)
	g.GET("/services/:key/baselines/:number", h.showBaseline)
	g.GET("/items", h.items)
	g.GET("/items/new", h.newItem)
	g.POST("/items/new", h.addItem)
	g.GET("/items/:key", h.showItem)
	g.GET("/items/:key/edit", h.editItem)
	g.POST("/items/:key/edit", h.saveItem)
	g.POST("/items/:key/retire", h.retireItem)
	g.POST("/items/:key/restore", h.restoreItem)
	g.POST("/items/:key/relations", h.relate)
	g.POST("/items/:key/relations/:id/remove", h.unrelate)
	g.GET("/units", h.units)
	g.GET("/units/new", h.newUnit)
	g.POST("/units/new", h.addUnit)
	g.GET("/units/:id", h.showUnit)
	g.POST("/units/:id", h.saveUnit)
	g.POST("/units/:id/drop", h.dropUnit)
}

// id reads a row's number out of the address.
func id(c echo.Context, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "There is nothing of that number.")
	}
	return n, nil
}
