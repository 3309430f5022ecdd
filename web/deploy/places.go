package deploy

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/web/page"
)

// placeRoutes lists those of all deployments, and of where they go.
func (h *handler) placeRoutes(g *echo.Group) {
	g.GET("/deployments", h.deployments)
	g.GET("/environments", h.environments)
	g.GET("/environments/new", h.newEnvironment)
	g.POST("/environments/new", h.addEnvironment)
	g.GET("/environments/:key", h.environment)
	g.GET("/environments/:key/edit", h.editEnvironment)
	g.POST("/environments/:key/edit", h.saveEnvironment)
	g.POST("/environments/:key/remove", h.removeEnvironment)
	g.POST("/environments/:key/pull", h.savePull)
	g.POST("/environments/:key/hook", h.saveHook)
	g.POST("/environments/:key/hook/secret", h.rotateSecret)
	g.POST("/environments/:key/keys", h.makeKey)
	g.POST("/environments/:key/keys/:n/retire", h.retireKey)
	g.GET("/environments/:key/hosts", h.hosts)
	g.POST("/environments/:key/hosts", h.importHosts)
	g.POST("/environments/:key/hosts/look", h.lookAtHosts)
	g.POST("/environments/:key/hosts/accept", h.acceptHosts)
	g.POST("/environments/:key/gateway", h.rotateGateway)
	g.POST("/environments/:key/gateway/end", h.endGateway)
	g.GET("/targets", h.targets)
	g.GET("/targets/new", h.newTarget)
	g.POST("/targets/new", h.addTarget)
	g.GET("/targets/import", h.newImport)
	g.POST("/targets/import", h.importTargets)
	g.GET("/targets/:key", h.target)
	g.GET("/targets/:key/edit", h.editTarget)
	g.POST("/targets/:key/edit", h.saveTarget)
	g.POST("/targets/:key/host", h.saveHost)
	g.POST("/targets/:key/host/look", h.lookAtHost)
	g.POST("/targets/:key/host/accept", h.acceptHostKey)
	g.POST("/targets/:key/host/refuse", h.refuseHostKey)
	g.POST("/targets/:key/token", h.rotateToken)
	g.POST("/targets/:key/token/end", h.endToken)
	g.POST("/targets/:key/accept", h.acceptReport)
	g.POST("/targets/:key/retire", h.retireTarget)
	g.POST("/targets/:key/restore", h.restoreTarget)
}

// position reads a whole number; what is none is out of every range.
func position(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// read fills a form, so that what was typed is there if it is refused.
func read(c echo.Context) error {
	var none struct{}
	return page.Bind(c, &none)
}
