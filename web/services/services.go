package services

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"slipway/internal/catalog"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	view "slipway/templates/services"
	"slipway/web/page"
)

// flightsShown is how many releases in flight a service's page names.
const flightsShown = 20

func (h handler) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	overview, err := h.app.Catalog.Overview(ctx, actor)
	if err != nil {
		return err
	}
	flying, err := h.app.Release.InFlight(ctx, actor)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.List(view.ListView{Overview: *overview, InFlight: flying}))
}

func (h handler) showService(c echo.Context) error { return h.service(c, "", nil) }

// service shows a service's page; where a baseline was refused, with the name
// that was typed for it.
func (h handler) service(c echo.Context, baseline string, cause error) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	sheet, err := h.app.Catalog.Sheet(ctx, actor, c.Param("key"))
	if err != nil {
		return err
	}
	v := view.ServiceView{Sheet: *sheet, Baseline: baseline, Answer: answer(cause)}
	v.Drafts, v.Plans = actor.Can(identity.PolicyEdit, v.Service.ID), actor.Can(identity.ReleaseEdit, v.Service.ID)
	if err := h.govern(c, &v); err != nil {
		return err
	}
	v.Releases, err = h.app.Release.List(ctx, actor, release.Filter{ServiceKey: v.Service.Key, InFlight: true, Limit: flightsShown})
	if err != nil {
		return err
	}
	if cause != nil {
		return page.Again(c, cause, view.Service(v))
	}
	return page.Render(c, http.StatusOK, view.Service(v))
}

// govern finds the policy that holds for the service, and the models in use.
func (h handler) govern(c echo.Context, v *view.ServiceView) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	policies, err := h.app.Policy.Overview(ctx, actor)
	if err != nil {
		return err
	}
	for n, e := range policies.Entries {
		if slices.ContainsFunc(e.Services, func(r catalog.ServiceRecord) bool { return r.ID == v.Service.ID }) {
			v.Policy = &policies.Entries[n]
		}
	}
	models, err := h.app.Policy.ModelOverview(ctx, actor)
	if err != nil {
		return err
	}
	v.Models = slices.DeleteFunc(models.Entries, func(e policy.ModelEntry) bool { return e.InUse == nil })
	return nil
}

func answer(cause error) view.Answer { return view.Answer{Errors: page.Errors(cause), Refusal: cause} }

func (h handler) newService(c echo.Context) error {
	return h.drawingService(c, view.ServiceForm{}, nil)
}

// drawingService shows the form of a new service.
func (h handler) drawingService(c echo.Context, f view.ServiceForm, cause error) error {
	owners, err := h.app.Catalog.Owners(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	return show(c, view.ServiceEdit{Form: f, Owners: owners, Answer: answer(cause)}, cause)
}

func show(c echo.Context, v view.ServiceEdit, cause error) error {
	if cause != nil {
		return page.Again(c, cause, view.EditService(v))
	}
	return page.Render(c, http.StatusOK, view.EditService(v))
}

func serviceOf(f view.ServiceForm) *catalog.ServiceRecord {
	return &catalog.ServiceRecord{Key: f.Key, Name: f.Name, Description: f.Description, OwnerID: f.Owner, Criticality: f.Criticality, Contact: f.Contact}
}

func (h handler) addService(c echo.Context) error {
	var f view.ServiceForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	r := serviceOf(f)
	if err := h.app.Catalog.SaveService(c.Request().Context(), page.Actor(c), r); err != nil {
		return h.drawingService(c, f, err)
	}
	return page.Redirect(c, r.Link(), "The service is added. Its package says what it promises; its items are what it consists of.")
}

func serviceFormOf(r *catalog.ServiceRecord) view.ServiceForm {
	return view.ServiceForm{Version: r.Version, Key: r.Key, Name: r.Name, Description: r.Description, Owner: r.OwnerID, Criticality: r.Criticality, Contact: r.Contact}
}

func (h handler) editService(c echo.Context) error {
	sheet, err := h.editable(c)
	if err != nil {
		return err
	}
	return h.editingService(c, sheet, serviceFormOf(sheet.Service), nil)
}

// editable gives the service of the address to those who may edit it.
func (h handler) editable(c echo.Context) (*catalog.Sheet, error) {
	return h.app.Catalog.ToEdit(c.Request().Context(), page.Actor(c), c.Param("key"))
}

// editingService shows the form of a service. A stale form comes back with
// what was typed, beside what somebody else saved meanwhile.
func (h handler) editingService(c echo.Context, sheet *catalog.Sheet, f view.ServiceForm, cause error) error {
	r := sheet.Service
	v := view.ServiceEdit{Form: f, Key: r.Key, Name: r.Name, Owners: withPerson(sheet.Owners, r.OwnerID, r.OwnerName), Answer: answer(cause)}
	if fault.KindOf(cause) == fault.Conflict {
		v.Form.Version = r.Version
		v.Newer = differing(
			view.Saved{Label: "Name", Now: r.Name, Typed: f.Name}, view.Saved{Label: "Description", Now: r.Description, Typed: f.Description},
			view.Saved{Label: "Service owner", Now: r.OwnerName, Typed: personName(v.Owners, f.Owner)},
			view.Saved{Label: "Criticality", Now: r.Criticality, Typed: f.Criticality}, view.Saved{Label: "How operations is reached", Now: r.Contact, Typed: f.Contact})
	}
	return show(c, v, cause)
}

func (h handler) saveService(c echo.Context) error {
	sheet, err := h.editable(c)
	if err != nil {
		return err
	}
	var f view.ServiceForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	r := serviceOf(f)
	r.ID, r.Version = sheet.Service.ID, f.Version
	if err := h.app.Catalog.SaveService(c.Request().Context(), page.Actor(c), r); err != nil {
		return h.editingService(c, sheet, f, err)
	}
	return page.Redirect(c, r.Link(), "The service is saved.")
}
