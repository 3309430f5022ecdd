package dml

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	pages "slipway/templates/dml"
	"slipway/web/page"
)

// attach takes one file as evidence beside a version.
func (h *handler) attach(c echo.Context) error {
	id, err := versionID(c)
	if err != nil {
		return err
	}
	var m *dml.Version
	find := func(tx *db.Tx) (err error) { m, err = h.dml.VersionByID(tx, id); return err }
	if err := h.db.View(c.Request().Context(), find); err != nil {
		return err
	}
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "The form did not arrive whole. Send it again.")
	}
	part, err := parts.NextPart()
	if err != nil || part.FormName() != "evidence" {
		err = wrong("evidence", "Choose a file.")
	} else {
		var e *dml.Evidence
		if e, err = h.dml.Attach(c.Request().Context(), page.Actor(c), id, part.FileName(), part); err == nil {
			return page.Redirect(c, m.Link()+"#"+pages.VersionID(id), fmt.Sprintf("The %s is with %s.", e.Kind, m.Title()))
		}
	}
	v, again := h.itemView(c, m.ItemKey)
	if again != nil {
		return again
	}
	v.Errors = page.Errors(err)
	if message, ok := v.Errors["evidence"]; ok { // the page holds one such form for each version
		delete(v.Errors, "evidence")
		v.Errors[pages.EvidenceName(id)] = message
	}
	return page.Again(c, err, pages.ItemPage(*v))
}

func (h *handler) components(c echo.Context) error {
	q := dml.ComponentQuery{Text: c.QueryParam("q")}
	q.After, _ = strconv.ParseInt(c.QueryParam("after"), 10, 64) // nonsense is the first page
	found, more, err := h.dml.FindComponents(c.Request().Context(), page.Actor(c), q)
	if err != nil {
		return err
	}
	v := pages.ComponentsView{Query: q.Text, Found: found}
	if more {
		v.Next = "/dml/components?" + url.Values{"q": {q.Text}, "after": {strconv.FormatInt(found[len(found)-1].ID, 10)}}.Encode()
	}
	return page.Render(c, http.StatusOK, pages.ComponentsPage(v))
}
