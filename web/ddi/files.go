package ddi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	"slipway/internal/fault"
)

const sumSuffix = ".MD5SUM"

func (h *handler) artifactOf(c *call, f *deploy.ParcelFile) artifact {
	href := h.base(c) + "/softwaremodules/" + id(f.Module) + "/artifacts/" + url.PathEscape(f.FileName)
	links := map[string]link{"download": {href}, "md5sum": {href + sumSuffix}}
	if strings.HasPrefix(href, "http://") {
		links["download-http"], links["md5sum-http"] = link{href}, link{href + sumSuffix}
	}
	return artifact{Filename: f.FileName, Size: f.Size, Hashes: hashes{SHA1: f.SHA1, MD5: f.MD5, SHA256: f.SHA256}, Links: links}
}

func (h *handler) artifacts(c *call) error {
	f, err := h.moduleOf(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, []artifact{h.artifactOf(c, f)})
}

// artifact sends a file, or its MD5 in a line. The name is only compared with
// the library's: it leads to no file by itself.
func (h *handler) artifact(c *call) error {
	module, err := c.number("module")
	if err != nil {
		return err
	}
	ctx, name := c.Request().Context(), param(c, "file")
	f, err := h.app.Deploy.Module(ctx, c.dev, module)
	if err != nil {
		return err
	}
	if name == f.FileName+sumSuffix {
		return c.Blob(http.StatusOK, "text/plain", fmt.Appendf(nil, "%s  %s", f.MD5, f.FileName))
	}
	if name != f.FileName {
		return fault.New(fault.NotFound, "The module has no such file.")
	}
	leave, err := h.slot(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if f, err = h.app.Deploy.File(ctx, c.dev, module, name); err != nil {
		return err
	}
	v, body, err := h.app.Deploy.Bytes(ctx, f)
	if err != nil {
		return err
	}
	defer body.Close()
	return send(c, f, v.DecidedAt.Std(), body)
}

// slowest is below which a download is given up: whoever takes no bytes must
// not keep others from theirs.
const (
	slowest  = 8 << 10 // bytes a second
	patience = 5 * time.Minute
)

// send goes around echo's response, so that the kernel can copy the file.
func send(c *call, f *deploy.ParcelFile, at time.Time, body io.ReadSeeker) error {
	w := c.Response().Writer
	header := w.Header()
	header.Set(echo.HeaderContentType, echo.MIMEOctetStream)
	header.Set(echo.HeaderContentDisposition, `attachment; filename="`+strings.NewReplacer(`"`, "", "\r", "", "\n", "").Replace(f.FileName)+`"`)
	header.Set("ETag", `"`+f.SHA1+`"`)
	header.Set("Cache-Control", "private, no-cache")
	connection := http.NewResponseController(w)
	if err := connection.SetWriteDeadline(time.Now().Add(patience + time.Duration(f.Size/slowest)*time.Second)); err == nil {
		defer func() { _ = connection.SetWriteDeadline(time.Time{}) }() // the connection may be used again
	}
	status := &noted{ResponseWriter: w, res: c.Response()}
	http.ServeContent(status, c.Request(), "", at, body)
	return nil
}

// noted tells echo what was answered, and keeps the way of the kernel open.
type noted struct {
	http.ResponseWriter
	res *echo.Response
}

// WriteHeader notes the status.
func (n *noted) WriteHeader(code int) {
	n.res.Status, n.res.Committed = code, true
	if length, err := strconv.ParseInt(n.Header().Get(echo.HeaderContentLength), 10, 64); err == nil {
		n.res.Size = length
	}
	n.ResponseWriter.WriteHeader(code)
}

// ReadFrom lets the connection read from a file by itself.
func (n *noted) ReadFrom(r io.Reader) (int64, error) {
	if from, ok := n.ResponseWriter.(io.ReaderFrom); ok {
		return from.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{n.ResponseWriter}, r)
}

// slot is one of the places for downloads.
func (h *handler) slot(ctx context.Context) (leave func(), err error) {
	leave = func() { <-h.downloads }
	select {
	case h.downloads <- struct{}{}:
		return leave, nil
	default:
	}
	wait := time.NewTimer(h.config.Queue)
	defer wait.Stop()
	select {
	case h.downloads <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		return nil, fault.New(fault.TooMany, "Too many devices fetch files now; come again in a while.")
	}
}
