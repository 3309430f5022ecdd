// Package api is Slipway for programs: JSON at /api/v1/, described at
// /api/openapi.json. A request brings an API token; the pages' own scripts bring
// the session instead, and pass the same origin check as a form.
package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/web/guard"
	"slipway/web/page"
)

const (
	prefix  = "/api/v1"
	problem = "application/problem+json" // RFC 9457
)

type handler struct {
	app   *app.App
	dml   *dml.Service
	turns turns
}

// Routes adds the API. SameOrigin is the check that the pages' forms pass.
func Routes(e *echo.Echo, a *app.App, store *guard.Store, sameOrigin echo.MiddlewareFunc, version string) {
	h := &handler{app: a, dml: a.DML, turns: turns{at: map[string]*turn{}}}
	g := e.Group(prefix, h.problems, sameOrigin, store.Caller)
	config := huma.DefaultConfig("Slipway", version)
	config.Info.Description = "Errors are problem documents (RFC 9457). A token does no more than its scopes and its owner's roles allow; none signs or approves."
	config.Servers = []*huma.Server{{URL: prefix}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "An API token from the account page"}}
	config.Security = []map[string][]string{{"token": {}}}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	api := humaecho.NewWithGroup(e, g, config)
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		next(huma.WithValue(ctx, actorKey{}, page.Actor(humaecho.Unwrap(ctx))))
	})
	h.mediaRoutes(api, g)
	h.keepRoutes(api)
	h.uploadRoutes(api, g)
	h.resultRoutes(api)
	e.GET("/api/openapi.json", func(c echo.Context) error { return c.JSON(http.StatusOK, api.OpenAPI()) })
}

type actorKey struct{}

func actorOf(ctx context.Context) identity.Actor {
	actor, _ := ctx.Value(actorKey{}).(identity.Actor)
	return actor
}

// problems answers with a problem document whatever a handler returned.
func (h *handler) problems(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil || c.Response().Committed || errors.Is(err, context.Canceled) {
			return err
		}
		m := h.problem(c.Request().Context(), err)
		if c.Request().Method == http.MethodHead {
			return c.NoContent(m.Status)
		}
		c.Response().Header().Set(echo.HeaderContentType, problem)
		return c.JSON(m.Status, m)
	}
}

// problem tells an error to a program, with every blocker and field in Errors.
// What nobody named is logged and shown as an apology.
func (h *handler) problem(ctx context.Context, err error) *huma.ErrorModel {
	var done *huma.ErrorModel
	if errors.As(err, &done) {
		return done
	}
	m := &huma.ErrorModel{Status: page.Status(err)}
	switch {
	case errors.Is(err, blob.ErrFull):
		m.Status = http.StatusInsufficientStorage
	case errors.Is(err, dml.ErrBusy):
		m.Status = http.StatusLocked
	}
	m.Title = http.StatusText(m.Status)
	var wire *echo.HTTPError
	f, known := fault.As(err)
	switch {
	case known && f.Kind != fault.Internal:
		m.Detail = f.Message
		for _, b := range f.Blockers {
			m.Errors = append(m.Errors, &huma.ErrorDetail{Message: b.Sentence + " (" + b.Owner + ", " + b.Link + ")", Location: b.Code})
		}
		for _, field := range f.Fields {
			m.Errors = append(m.Errors, &huma.ErrorDetail{Message: field.Message, Location: field.Name})
		}
	case errors.As(err, &wire):
		m.Detail = "There is nothing at this address, or not by this method. The addresses are described at /api/openapi.json."
	default:
		h.app.Log.ErrorContext(ctx, "api", "error", err)
		m.Detail = "Something went wrong here; it was logged."
	}
	return m
}
