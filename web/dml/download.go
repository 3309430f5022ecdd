package dml

import (
	"github.com/labstack/echo/v4"

	"slipway/web/page"
)

// download sends the file of a version.
func (h *handler) download(c echo.Context) error {
	id, err := versionID(c)
	if err != nil {
		return err
	}
	return page.SendMedia(c, h.dml, id)
}
