// Package policies is the release policies and the release and deployment
// models.
package policies

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/fault"
)

type handler struct{ app *app.App }

// Routes lists the addresses.
func Routes(r *echo.Group, a *app.App) {
	h := handler{a}
	r.GET("/policies", h.list)
	r.GET("/policies/new", h.newPolicy)
	r.POST("/policies/new", h.createPolicy)
	r.GET("/policies/:key", h.showPolicy)
	r.GET("/policies/:key/:number", h.showPolicy)
	r.GET("/policies/:key/edit", h.editPolicy)
	r.POST("/policies/:key/edit", h.savePolicy)
	r.POST("/policies/:key/approve", h.approvePolicy)
	r.POST("/policies/:key/activate", h.activatePolicy)
	r.GET("/models", h.models)
	r.GET("/models/new", h.newModel)
	r.POST("/models/new", h.createModel)
	r.GET("/models/:key", h.showModel)
	r.GET("/models/:key/:number", h.showModel)
	r.GET("/models/:key/edit", h.editModel)
	r.POST("/models/:key/edit", h.saveModel)
	r.POST("/models/:key/approve", h.approveModel)
}

// number reads the version asked for; 0 where the address names none.
func number(c echo.Context) (int64, error) {
	if c.Param("number") == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "There is no version of that number.")
	}
	return n, nil
}
