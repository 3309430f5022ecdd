package page

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/templates/problem"
	"slipway/templates/ui"
)

var statuses = map[fault.Kind]int{
	fault.Internal: http.StatusInternalServerError, fault.Invalid: http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Refused: http.StatusConflict,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.TooMany: http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// Status is the HTTP status of an error.
func Status(err error) int {
	var he *echo.HTTPError
	if errors.As(err, &he) {
		return he.Code
	}
	return statuses[fault.KindOf(err)]
}

// Errors gives the field messages of an error for a form; the general message
// stands under the empty name.
func Errors(err error) ui.Errors {
	if err == nil {
		return nil
	}
	messages := ui.Errors{}
	f, ok := fault.As(err)
	if !ok {
		return messages
	}
	messages[""] = f.Message
	for _, field := range f.Fields {
		if _, there := messages[field.Name]; !there {
			messages[field.Name] = field.Message
		}
	}
	return messages
}

// Again renders a form once more with what was typed when err is the person's
// to mend or to send once more: 422 for wrong input, 409 for a refusal or a stale
// form, 503 where the store does not answer. Any other error goes on to the error
// handler.
func Again(c echo.Context, err error, component templ.Component) error {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Refused, fault.Conflict, fault.TooLarge, fault.TooMany, fault.Unavailable:
		return Render(c, Status(err), component)
	}
	return err
}

// ErrorHandler answers whatever a handler returned, as a page, a fragment or
// JSON. What nobody named is logged with the request id and shown as an apology.
func ErrorHandler(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed || errors.Is(err, context.Canceled) {
			return
		}
		status := Status(err)
		view := view(c, err, status)
		if status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable {
			log.ErrorContext(c.Request().Context(), "request failed", "error", err, "path", c.Path(), "request_id", view.RequestID)
		}
		if err := answer(c, status, view); err != nil {
			log.Error("cannot send the error page", "error", err)
		}
	}
}

func view(c echo.Context, err error, status int) problem.View {
	v := problem.View{Status: status, RequestID: c.Response().Header().Get(echo.HeaderXRequestID)}
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		v.Message, v.Blockers = f.Message, f.Blockers
		for _, field := range f.Fields {
			v.Fields = append(v.Fields, field.Message)
		}
	}
	if status == http.StatusNotFound && v.Message == "" {
		v.Message = "There is nothing at this address, or it is not for you to see."
	}
	return v
}

func answer(c echo.Context, status int, v problem.View) error {
	switch {
	case c.Request().Method == http.MethodHead:
		return c.NoContent(status)
	case status == http.StatusUnauthorized:
		return c.Redirect(http.StatusSeeOther, LoginAddress(c))
	case Fragment(c):
		return Render(c, status, problem.Panel(v))
	}
	return Render(c, status, problem.Page(v))
}

// LoginAddress is the sign-in page that leads back to a safe address.
func LoginAddress(c echo.Context) string {
	if c.Request().Method != http.MethodGet {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(c.Request().URL.RequestURI())
}
