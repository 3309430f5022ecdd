package services

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"slipway/internal/catalog"
	"slipway/internal/fault"
	view "slipway/templates/services"
	"slipway/web/page"
)

func (h handler) newPromise(c echo.Context) error {
	return h.promising(c, 0, view.PromiseForm{Kind: catalog.PromiseKind(c.QueryParam("kind"))}, nil)
}

// promising shows the form of a statement, new where the number is 0. A stale
// form comes back with what was typed, beside what somebody else saved.
func (h handler) promising(c echo.Context, id int64, f view.PromiseForm, cause error) error {
	sheet, err := h.editable(c)
	if err != nil {
		return err
	}
	v := view.PromiseEdit{Form: f, Service: sheet.Service, ID: id, Answer: answer(cause)}
	if id != 0 {
		p, err := promiseIn(sheet, id)
		if err != nil {
			return err
		}
		if fault.KindOf(cause) == fault.Conflict {
			v.Form.Version = p.Version
			v.Newer = differing(view.Saved{Label: "Part of the package", Now: string(p.Kind), Typed: string(f.Kind)}, view.Saved{Label: "What it is about", Now: p.Aspect, Typed: f.Aspect},
				view.Saved{Label: "Statement", Now: p.Statement, Typed: f.Statement}, view.Saved{Label: "Measure", Now: p.Measure, Typed: f.Measure},
				view.Saved{Label: "Target", Now: p.Target, Typed: f.Target})
		}
	}
	if cause != nil {
		return page.Again(c, cause, view.EditPromise(v))
	}
	return page.Render(c, http.StatusOK, view.EditPromise(v))
}

// promiseIn finds a statement that still stands in the package.
func promiseIn(sheet *catalog.Sheet, id int64) (*catalog.Promise, error) {
	at := slices.IndexFunc(sheet.Promises, func(p catalog.Promise) bool { return p.ID == id })
	if at < 0 {
		return nil, fault.New(fault.NotFound, "The service package of %s does not hold this any more.", sheet.Service.Name)
	}
	return &sheet.Promises[at], nil
}

func promiseFormOf(p *catalog.Promise) view.PromiseForm {
	return view.PromiseForm{Version: p.Version, Kind: p.Kind, Aspect: p.Aspect, Statement: p.Statement, Measure: p.Measure, Target: p.Target}
}

func (h handler) addPromise(c echo.Context) error { return h.writePromise(c, 0) }

// writePromise saves a statement, new where the number is 0.
func (h handler) writePromise(c echo.Context, id int64) error {
	sheet, err := h.editable(c)
	if err != nil {
		return err
	}
	var f view.PromiseForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	p := &catalog.Promise{ServiceID: sheet.Service.ID, Kind: f.Kind, Aspect: f.Aspect, Statement: f.Statement, Measure: f.Measure, Target: f.Target}
	p.ID, p.Version = id, f.Version
	if err := h.app.Catalog.SavePromise(c.Request().Context(), page.Actor(c), p); err != nil {
		return h.promising(c, id, f, err)
	}
	return page.Redirect(c, view.PartLink(sheet.Service.Key, p.Kind), "The service package is saved.")
}

func (h handler) editPromise(c echo.Context) error {
	id, err := id(c, "id")
	if err != nil {
		return err
	}
	sheet, err := h.editable(c)
	if err != nil {
		return err
	}
	p, err := promiseIn(sheet, id)
	if err != nil {
		return err
	}
	return h.promising(c, id, promiseFormOf(p), nil)
}

func (h handler) savePromise(c echo.Context) error {
	id, err := id(c, "id")
	if err != nil {
		return err
	}
	return h.writePromise(c, id)
}

func (h handler) retirePromise(c echo.Context) error {
	id, err := id(c, "id")
	if err != nil {
		return err
	}
	sheet, err := h.editable(c)
	if err != nil {
		return err
	}
	p, err := promiseIn(sheet, id)
	if err != nil {
		return err
	}
	if err := h.app.Catalog.RetirePromise(c.Request().Context(), page.Actor(c), sheet.Service.Key, id, page.Version(c)); err != nil {
		return h.promising(c, id, promiseFormOf(p), err) // the fresh statement, with its reason
	}
	return page.Redirect(c, view.PartLink(sheet.Service.Key, p.Kind), "It is taken out of the service package.")
}
