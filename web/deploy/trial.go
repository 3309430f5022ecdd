package deploy

import (
	"context"
	"net/url"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/identity"
	view "slipway/templates/deploy"
	"slipway/templates/draft"
	"slipway/web/page"
)

// deed is what a form of a release's deployment asks the service to do.
type deed func(ctx context.Context, actor identity.Actor, key string) error

// opened is the form that the address asks to stand open.
func opened(c echo.Context) view.Trial {
	form := c.QueryParam("do")
	if form == "" {
		return view.Trial{}
	}
	return view.Trial{Draft: draft.Draft{Form: form}}
}

// tried is a form that was sent, with what came of it.
func tried(form string, values url.Values, cause error) view.Trial {
	t := view.Trial{Draft: draft.Draft{Form: form, Values: values, Errors: page.Errors(cause)}}
	if f, ok := fault.As(cause); ok {
		t.Blockers = f.Blockers
		t.Refused = f.Kind == fault.Refused || f.Kind == fault.Conflict
	}
	return t
}

// again draws a page once more around a form that was refused, with everything
// typed and every reason; what is not the person's to mend goes on.
func again(c echo.Context, form string, cause error, drawn func(view.Trial) (templ.Component, error)) error {
	switch fault.KindOf(cause) {
	case fault.Invalid, fault.Refused, fault.Conflict, fault.TooLarge, fault.Unavailable:
	default:
		return cause
	}
	component, err := drawn(tried(form, c.Request().PostForm, cause))
	if err != nil {
		return err
	}
	return page.Again(c, cause, component)
}

// number reads a number of the address; anything else is not there.
func number(c echo.Context, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "There is nothing of that number here.")
	}
	return n, nil
}

// drawnFrom is the record version that the form was drawn from. A form without
// one is of no version at all, and so never the newest.
func drawnFrom(c echo.Context) int64 {
	if v := page.Version(c); v > 0 {
		return v
	}
	return -1
}
