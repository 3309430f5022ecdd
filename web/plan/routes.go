// Package plan is a release's plan, risks and stakeholders, and the register
// of risks.
package plan

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/fault"
	"slipway/web/page"
)

type handler struct{ app *app.App }

// Routes lists the addresses.
func Routes(r *echo.Group, a *app.App) {
	h := handler{a}
	r.GET("/releases/:key/plan", h.show)
	r.POST("/releases/:key/plan", h.save)
	r.GET("/releases/:key/plan/edit", h.edit)
	r.POST("/releases/:key/plan/draw", h.draw)
	r.POST("/releases/:key/plan/submit", h.submit)
	r.POST("/releases/:key/plan/agreement", h.say)
	r.GET("/releases/:key/plan/:number", h.show)
	r.GET("/releases/:key/risks", h.risks)
	r.POST("/releases/:key/risks", h.saveRisk)
	r.POST("/releases/:key/risks/:number/move", h.moveRisk)
	r.GET("/releases/:key/stakeholders", h.stakeholders)
	r.POST("/releases/:key/stakeholders", h.saveStakeholder)
	r.POST("/releases/:key/stakeholders/:number/remove", h.removeStakeholder)
	r.POST("/releases/:key/notices", h.saveNotice)
	r.POST("/releases/:key/notices/:number/send", h.sendNotice)
	r.POST("/releases/:key/notices/:number/acknowledge", h.acknowledge)
	r.GET("/risks", h.register)
}

// number reads a number of the address.
func number(c echo.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "There is nothing of that number here.")
	}
	return n, nil
}

// zone is the one that the viewer types times in.
func zone(c echo.Context) string { return page.Zone(c).String() }
