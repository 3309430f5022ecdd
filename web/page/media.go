package page

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/dml"
)

// SendMedia sends a version's verified bytes, always as a file to keep: nothing
// from the library is ever shown in the library's own origin.
func SendMedia(c echo.Context, library *dml.Service, versionID int64) error {
	r := c.Request()
	if r.Header.Get("Range") != "" || r.Header.Get("If-None-Match") != "" || r.Method == http.MethodHead {
		v, parts, err := library.OpenParts(r.Context(), Actor(c), versionID)
		if err != nil {
			return err
		}
		defer parts.Close()
		fileHeaders(c, v)
		http.ServeContent(c.Response(), r, "", v.DecidedAt.Std(), parts)
		return nil
	}
	reading, err := library.Open(r.Context(), Actor(c), versionID)
	if err != nil {
		return err
	}
	defer reading.Close()
	fileHeaders(c, reading.Version)
	header := c.Response().Header()
	header.Set(echo.HeaderContentLength, strconv.FormatInt(reading.Version.Size, 10))
	header.Set("Accept-Ranges", "bytes")
	c.Response().WriteHeader(http.StatusOK)
	if _, err := io.Copy(c.Response(), reading); err != nil {
		// The length was promised, so the server now cuts the connection and
		// the browser knows that the file is not whole.
		return fmt.Errorf("send %s: %w", reading.Version.Ref(), err)
	}
	return nil
}

func fileHeaders(c echo.Context, v *dml.Version) {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, v.MediaType)
	header.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": v.FileName}))
	header.Set(echo.HeaderXContentTypeOptions, "nosniff")
	header.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", `"`+v.Digest.String()+`"`)
	header.Set("Repr-Digest", "sha-256=:"+base64Of(v)+":")
}

// base64Of is the digest as RFC 9530 spells it.
func base64Of(v *dml.Version) string {
	sum, err := hex.DecodeString(v.Digest.Hex())
	if err != nil { // a stored digest is always valid
		return ""
	}
	return base64.StdEncoding.EncodeToString(sum)
}
