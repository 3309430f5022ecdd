package dml

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	pages "slipway/templates/dml"
	"slipway/web/page"
)

func (h *handler) item(c echo.Context) error {
	v, err := h.itemView(c, c.Param("*"))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.ItemPage(*v))
}

func (h *handler) itemView(c echo.Context, key string) (*pages.ItemView, error) {
	d, err := h.dml.Detail(c.Request().Context(), page.Actor(c), key)
	if err != nil {
		return nil, err
	}
	return &pages.ItemView{Detail: *d, Edit: pages.FormOf(d.Item), Keep: pages.KeepFormOf(d.Item)}, nil
}

func (h *handler) editItem(c echo.Context) error {
	key := c.Param("*")
	var form pages.ItemForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	err := h.dml.EditItem(c.Request().Context(), page.Actor(c), key, form.Version, dml.ItemEdit{Name: form.Name, Provenance: dml.Provenance(form.Provenance),
		Supplier: form.Supplier, Description: form.Description, Licence: form.Licence, LicenceKey: form.LicenceKey,
		MustBeSigned: form.MustBeSigned})
	if err == nil {
		return page.Redirect(c, "/dml/"+key, "The item is saved.")
	}
	v, again := h.itemView(c, key)
	if again != nil {
		return again
	}
	// What was typed is kept, upon the row as it is now.
	form.Version = v.Detail.Item.Row.Version
	v.Edit, v.EditOpen = form, true
	v.Errors, v.Blockers = page.Errors(err), blockers(err)
	return page.Again(c, err, pages.ItemPage(*v))
}

// verbs are the decisions of a custodian, by the last part of the address.
func (h *handler) verbs() map[string]func(c echo.Context, id int64, form pages.DecideForm) error {
	decision := func(f pages.DecideForm) dml.Decision { return dml.Decision{ChangeKey: f.Change, Note: f.Note} }
	return map[string]func(c echo.Context, id int64, form pages.DecideForm) error{
		"accept": func(c echo.Context, id int64, f pages.DecideForm) error {
			return h.dml.Accept(c.Request().Context(), page.Actor(c), id, f.Version, decision(f))
		},
		"reject": func(c echo.Context, id int64, f pages.DecideForm) error {
			return h.dml.Reject(c.Request().Context(), page.Actor(c), id, f.Version, decision(f))
		},
		"retire": func(c echo.Context, id int64, f pages.DecideForm) error {
			return h.dml.Retire(c.Request().Context(), page.Actor(c), id, f.Version, decision(f))
		},
		"doubt": func(c echo.Context, id int64, f pages.DecideForm) error {
			return h.dml.MarkSuspect(c.Request().Context(), page.Actor(c), id, f.Version, decision(f))
		},
		"clear": func(c echo.Context, id int64, f pages.DecideForm) error {
			return h.dml.Clear(c.Request().Context(), page.Actor(c), id, f.Version, decision(f))
		},
		"check": func(c echo.Context, id int64, _ pages.DecideForm) error {
			return h.dml.RunChecks(c.Request().Context(), page.Actor(c), id)
		},
	}
}

var done = map[string]string{
	"accept": "%s is accepted into the library.", "reject": "%s is rejected.", "retire": "%s is retired.",
	"doubt": "%s is marked as suspect.", "clear": "%s is cleared.", "check": "%s has been checked.",
}

func (h *handler) decide(c echo.Context) error {
	id, err := versionID(c)
	if err != nil {
		return err
	}
	act, ok := h.verbs()[c.Param("verb")]
	if !ok {
		return echo.ErrNotFound
	}
	var form pages.DecideForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	var m *dml.Version
	find := func(tx *db.Tx) (err error) { m, err = h.dml.VersionByID(tx, id); return err }
	if err := h.db.View(c.Request().Context(), find); err != nil {
		return err
	}
	if err = act(c, id, form); err == nil {
		return page.Redirect(c, m.Link()+"#"+pages.VersionID(id), fmt.Sprintf(done[c.Param("verb")], m.Title()))
	}
	v, again := h.itemView(c, m.ItemKey)
	if again != nil {
		return again
	}
	v.DecideID, v.DecideWas = id, form
	v.Errors, v.Blockers = page.Errors(err), blockers(err)
	if note, ok := v.Errors["note"]; ok { // the page holds one note for each version
		delete(v.Errors, "note")
		v.Errors[pages.NoteName(id)] = note
	}
	return page.Again(c, err, pages.ItemPage(*v))
}

func versionID(c echo.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return 0, echo.ErrNotFound
	}
	return id, nil
}

func blockers(err error) []fault.Blocker {
	if f, ok := fault.As(err); ok {
		return f.Blockers
	}
	return nil
}
