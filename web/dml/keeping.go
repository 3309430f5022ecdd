package dml

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	pages "slipway/templates/dml"
	"slipway/web/page"
)

func (h *handler) health(c echo.Context) error {
	health, err := h.dml.Health(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, pages.VerificationCard(health))
	}
	return page.Render(c, http.StatusOK, pages.HealthPage(health))
}

// verify has everything hashed again.
func (h *handler) verify(c echo.Context) error {
	if _, err := h.dml.VerifyAll(c.Request().Context(), page.Actor(c)); err != nil {
		return err
	}
	return page.Redirect(c, "/dml/health#verification", "Everything is being hashed again.")
}

// collect has a collection run now.
func (h *handler) collect(c echo.Context) error {
	if _, err := h.dml.AskCollection(c.Request().Context(), page.Actor(c), dml.DefaultGrace); err != nil {
		return err
	}
	return page.Redirect(c, "/dml/health#collections", "The collection has begun.")
}

// plan shows the dry run of a collection.
func (h *handler) plan(c echo.Context) error {
	plan, err := h.dml.Plan(c.Request().Context(), page.Actor(c), dml.DefaultGrace)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.PlanPage(plan, page.Actor(c).Can(identity.DmlKeep, 0)))
}

// retention shows what a rule would let go, or saves it.
func (h *handler) retention(c echo.Context) error {
	key, ctx := c.Param("*"), c.Request().Context()
	var form pages.KeepForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	rule, err := ruleOf(form)
	switch {
	case err != nil:
	case form.Preview != "":
		if form.Going, err = h.dml.PreviewRetention(ctx, page.Actor(c), key, rule); err == nil {
			form.Previewed = true
		}
	default:
		if err = h.dml.SetRetention(ctx, page.Actor(c), key, form.Version, rule); err == nil {
			return page.Redirect(c, "/dml/"+key+"#retention", "The rule is saved. Bytes go at the next collection, not before.")
		}
	}
	v, again := h.itemView(c, key)
	if again != nil {
		return again
	}
	if !form.Previewed {
		form.Version = v.Detail.Item.Row.Version
	}
	form.Open = true
	v.Keep = form
	if err == nil {
		return page.Render(c, http.StatusOK, pages.ItemPage(*v))
	}
	v.Errors, v.Blockers = page.Errors(err), blockers(err)
	return page.Again(c, err, pages.ItemPage(*v))
}

// ruleOf reads the number that belongs to the rule; the other one is ignored.
func ruleOf(form pages.KeepForm) (dml.Retention, error) {
	rule := dml.Retention{Rule: dml.KeepRule(form.Rule)}
	var err error
	switch rule.Rule {
	case dml.KeepDays:
		if rule.Days, err = strconv.ParseInt(form.Days, 10, 64); err != nil {
			return rule, wrong("days", "Give a number of days.")
		}
	case dml.KeepLast:
		if rule.Last, err = strconv.ParseInt(form.Last, 10, 64); err != nil {
			return rule, wrong("last", "Give a number of versions.")
		}
	}
	return rule, nil
}

func (h *handler) placeHold(c echo.Context) error {
	var form pages.HoldForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	id, err := strconv.ParseInt(form.Held, 10, 64)
	if err != nil {
		err = wrong("held", "Choose what is held.")
	}
	if err == nil || form.Item == "" {
		_, err = h.dml.PlaceHold(c.Request().Context(), page.Actor(c), dml.HoldRequest{ItemKey: form.Item, MediaVersionID: id, Reason: form.Reason})
		if err == nil {
			return page.Redirect(c, "/dml/"+form.Item+"#holds", "The hold is placed.")
		}
	}
	form.Open = true
	return h.kept(c, form.Item, err, func(v *pages.ItemView) { v.Hold = form })
}

func (h *handler) liftHold(c echo.Context) error {
	id, err := versionID(c)
	if err != nil {
		return err
	}
	var form pages.LiftForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	hold, err := h.dml.LiftHold(c.Request().Context(), page.Actor(c), id, form.Version, form.Reason)
	if err == nil {
		return page.Redirect(c, hold.Link(), "The hold is lifted.")
	}
	if hold == nil || hold.ID == 0 {
		return err
	}
	form.ID = id
	return h.kept(c, hold.ItemKey, err, func(v *pages.ItemView) { v.Lift = form })
}

func (h *handler) rehearse(c echo.Context) error {
	var form pages.RehearseForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	id, err := strconv.ParseInt(form.Version, 10, 64)
	if err != nil {
		err = wrong("rehearsed", "Choose a version.")
	} else {
		var r *dml.Rehearsal
		if r, err = h.dml.Rehearse(c.Request().Context(), page.Actor(c), id, nil, form.Note); err == nil {
			return page.Redirect(c, "/dml/"+form.Item+"#rehearsals", "The restore was rehearsed. "+r.Detail)
		}
	}
	form.Open = true
	return h.kept(c, form.Item, err, func(v *pages.ItemView) { v.Rehearse = form })
}

// kept shows the item again with what was typed. Who may not act, or asks for
// nothing that exists, is told so instead.
func (h *handler) kept(c echo.Context, key string, err error, fill func(*pages.ItemView)) error {
	if kind := fault.KindOf(err); kind == fault.Forbidden || kind == fault.NotFound || key == "" {
		return err
	}
	v, again := h.itemView(c, key)
	if again != nil {
		return again
	}
	fill(v)
	v.Errors, v.Blockers = page.Errors(err), blockers(err)
	if message, ok := v.Errors["lift_reason"]; ok {
		delete(v.Errors, "lift_reason")
		v.Errors[pages.LiftName(v.Lift.ID)] = message
	}
	return page.Again(c, err, pages.ItemPage(*v))
}
