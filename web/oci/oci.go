// Package oci serves the media library by OCI distribution 1.1 at /v2/: docker,
// skopeo, oras and helm push to incoming/ITEM and pull from dml/ITEM. The
// protocol is cuelabs' ociserver; what it leaves undone is done in front of it.
//
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
package oci

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"strings"

	"cuelabs.dev/go/oci/ociregistry/ociserver"
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/fault"
	"slipway/web/guard"
)

// Routes adds the registry. It has no session and no cookie: each request
// brings a token, as the password of basic authentication.
func Routes(e *echo.Echo, a *app.App) {
	h := &handler{a}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		e.Add(method, "/v2", h.serve)
		e.Add(method, "/v2/*", h.serve)
	}
}

type handler struct{ app *app.App }

func (h *handler) serve(c echo.Context) error {
	w, req := c.Response(), c.Request()
	w.Header().Set("Docker-Distribution-API-Version", "registry/2.0")
	actor, err := guard.MachineOf(c, h.app.Identity)
	if err != nil {
		if fault.KindOf(err) == fault.Unauthenticated {
			w.Header().Set("WWW-Authenticate", `Basic realm="Slipway", charset="UTF-8"`)
		}
		h.fail(w, req, err)
		return nil
	}
	req.Body = guard.Patient(w, req.Body)
	registry := h.app.DML.Registry(actor)
	b := backend{registry: registry, chunked: req.Header.Get("Content-Range") != "", failed: new(error)}
	if err := front(registry, req); err != nil {
		h.fail(w, req, err)
		return nil
	}
	fail := func(w http.ResponseWriter, req *http.Request, err error) { h.fail(w, req, cmp.Or(*b.failed, err)) }
	ociserver.New(b, &ociserver.Options{WriteError: fail}).ServeHTTP(w, req)
	return nil
}

// maxBody bounds what ociserver would read into memory without end.
const maxBody = 4<<20 + 1

func isManifestPut(req *http.Request) bool {
	return req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/manifests/")
}

// bounded reads a manifest; nil without an error when there is more of it.
func bounded(body io.Reader) (io.ReadCloser, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err == nil && len(data) == maxBody {
		return nil, nil
	}
	return io.NopCloser(bytes.NewReader(data)), err
}
