package dml

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	pages "slipway/templates/dml"
	"slipway/web/page"
)

const licencesOnPage = 50

func (h *handler) licences(c echo.Context) error {
	v, err := h.licencesView(c)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.LicencesPage(*v))
}

func (h *handler) licencesView(c echo.Context) (*pages.LicencesView, error) {
	actor := page.Actor(c)
	list, err := h.dml.Licences(c.Request().Context(), actor, c.QueryParam("after"), licencesOnPage+1)
	if err != nil {
		return nil, err
	}
	v := &pages.LicencesView{Licences: list, Now: h.db.Now(), MayEdit: actor.Can(identity.DmlDecide, 0), Form: pages.LicenceForm{Metric: string(dml.PerDevice)}}
	if len(list) > licencesOnPage {
		v.Licences = list[:licencesOnPage]
		v.Next = "/dml/licences?after=" + url.QueryEscape(v.Licences[licencesOnPage-1].Key)
	}
	return v, nil
}

func (h *handler) licence(c echo.Context) error {
	v, err := h.licenceView(c, c.Param("key"))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.LicencePage(*v))
}

func (h *handler) licenceView(c echo.Context, key string) (*pages.LicenceView, error) {
	actor := page.Actor(c)
	l, err := h.dml.LicenceDetail(c.Request().Context(), actor, key)
	if err != nil {
		return nil, err
	}
	return &pages.LicenceView{Licence: *l, Now: h.db.Now(), Form: licenceForm(l.Licence), MayEdit: actor.Can(identity.DmlDecide, 0)}, nil
}

func licenceForm(l dml.Licence) pages.LicenceForm {
	return pages.LicenceForm{Version: l.Row.Version, Key: l.Key, Name: l.Name, Supplier: l.Supplier, Metric: string(l.Metric), Entitled: l.Entitled,
		ValidFrom: day(l.ValidFrom), ValidTo: day(l.ValidTo), PurchaseOrder: l.PurchaseOrder, Proof: l.ProofKey}
}

func day(t db.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Std().Format("2006-01-02")
}

func (h *handler) saveLicence(c echo.Context) error {
	var form pages.LicenceForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	err := h.keepLicence(c, form)
	if err == nil {
		return page.Redirect(c, dml.LicenceLink(form.Key), "The entitlement is saved.")
	}
	if form.Version != 0 {
		return h.licenceAgain(c, form, err)
	}
	v, again := h.licencesView(c)
	if again != nil {
		return again
	}
	v.Form, v.Errors = form, page.Errors(err)
	return page.Again(c, err, pages.LicencesPage(*v))
}

// licenceAgain shows the licence as it is now, with what was typed.
func (h *handler) licenceAgain(c echo.Context, form pages.LicenceForm, err error) error {
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	v, again := h.licenceView(c, form.Key)
	if again != nil {
		return again
	}
	form.Version = v.Licence.Row.Version
	v.Form, v.Errors = form, page.Errors(err)
	return page.Again(c, err, pages.LicencePage(*v))
}

// keepLicence reads the dates in UTC: an entitlement holds for whole days,
// wherever the reader is.
func (h *handler) keepLicence(c echo.Context, form pages.LicenceForm) error {
	var check fault.Check
	from, err := page.When(form.ValidFrom, "UTC")
	check.Need(err == nil, "valid_from", "Write the day like 2026-11-23.")
	to, err := page.When(form.ValidTo, "UTC")
	check.Need(err == nil, "valid_to", "Write the day like 2026-11-23.")
	if err := check.Err("The licence was not saved."); err != nil {
		return err
	}
	return h.dml.SaveLicence(c.Request().Context(), page.Actor(c), form.Version, dml.Licence{Key: form.Key, Name: form.Name, Supplier: form.Supplier,
		Metric: dml.Metric(form.Metric), Entitled: form.Entitled, ValidFrom: from, ValidTo: to, PurchaseOrder: form.PurchaseOrder, ProofKey: form.Proof})
}
