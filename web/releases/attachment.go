package releases

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/web/page"
)

func (h handler) attachmentRoutes(g *echo.Group) {
	g.GET("/releases/:key/attachments/:id", h.attachment)
	g.GET("/releases/:key/attachments/:id/picture", h.picture)
}

// attachment sends an attached file, always as one to keep: what people attach
// is never shown as a page of Slipway's own.
func (h handler) attachment(c echo.Context) error {
	return h.sendAttachment(c, "attachment", func(*dml.Attachment) bool { return true })
}

// picture sends an attached picture to be shown. What is one was found from the
// bytes, and SVG is none: it can run scripts.
func (h handler) picture(c echo.Context) error {
	return h.sendAttachment(c, "inline", (*dml.Attachment).Picture)
}

func (h handler) sendAttachment(c echo.Context, disposition string, may func(*dml.Attachment) bool) error {
	none := fault.New(fault.NotFound, "There is no such file here.")
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return none
	}
	a, body, err := h.app.Release.Attachment(c.Request().Context(), page.Actor(c), c.Param("key"), id)
	if err != nil {
		return err
	}
	defer body.Close()
	if !may(a) {
		return none
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, a.MediaType)
	header.Set(echo.HeaderContentDisposition, mime.FormatMediaType(disposition, map[string]string{"filename": a.FileName}))
	header.Set(echo.HeaderXContentTypeOptions, "nosniff")
	header.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", `"`+a.Digest.String()+`"`)
	if c.Request().Header.Get("If-None-Match") == `"`+a.Digest.String()+`"` {
		return c.NoContent(http.StatusNotModified)
	}
	header.Set(echo.HeaderContentLength, strconv.FormatInt(a.Size, 10))
	c.Response().WriteHeader(http.StatusOK)
	if _, err := io.Copy(c.Response(), body); err != nil {
		// The length was promised, so that the browser knows the file is not whole.
		return fmt.Errorf("send attachment %d: %w", a.ID, err)
	}
	return nil
}
