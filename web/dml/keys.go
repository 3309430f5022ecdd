package dml

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	pages "slipway/templates/dml"
	"slipway/web/page"
)

func (h *handler) keys(c echo.Context) error {
	v, err := h.keysView(c)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.KeysPage(*v))
}

func (h *handler) keysView(c echo.Context) (*pages.KeysView, error) {
	actor := page.Actor(c)
	list, err := h.dml.Keys(c.Request().Context(), actor)
	if err != nil {
		return nil, err
	}
	v := &pages.KeysView{Keys: list, Now: h.db.Now(), MayKeep: actor.Can(identity.DmlKeys, 0)}
	return v, h.db.View(c.Request().Context(), func(tx *db.Tx) (err error) {
		v.Services, err = h.catalog.ListServices(tx)
		return err
	})
}

// trustKey adds a key.
func (h *handler) trustKey(c echo.Context) error {
	var form pages.KeyForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	k, err := h.takeKey(c, form)
	if err == nil {
		return page.Redirect(c, dml.KeysLink+"#"+pages.KeyID(k.ID), k.Title()+" is trusted. What it has signed is being judged again.")
	}
	v, again := h.keysView(c)
	if again != nil {
		return again
	}
	v.Form, v.Errors = form, page.Errors(err)
	return page.Again(c, err, pages.KeysPage(*v))
}

// takeKey reads the days in UTC, as those of entitlements.
func (h *handler) takeKey(c echo.Context, form pages.KeyForm) (*dml.TrustedKey, error) {
	var check fault.Check
	from, err := page.When(form.ValidFrom, "UTC")
	check.Need(err == nil, "valid_from", "Write the day like 2026-11-23.")
	to, err := page.When(form.ValidTo, "UTC")
	check.Need(err == nil, "valid_to", "Write the day like 2026-11-23.")
	want := dml.TrustedKey{Name: form.Name, Holder: form.Holder, Kind: dml.KeyKind(form.Kind), Text: form.Key, ValidFrom: from, ValidTo: to}
	err = h.db.View(c.Request().Context(), func(tx *db.Tx) error {
		known, err := h.catalog.ListServices(tx)
		for _, s := range known {
			if slices.Contains(form.Services, s.Key) {
				want.Services, want.ServiceKeys = append(want.Services, s.ID), append(want.ServiceKeys, s.Key)
			}
		}
		check.Need(len(want.Services) == len(form.Services), "services", "Choose services of the list.")
		return err
	})
	if err == nil {
		err = check.Err("The key was not added.")
	}
	if err != nil {
		return nil, err
	}
	return h.dml.TrustKey(c.Request().Context(), page.Actor(c), want)
}

// revokeKey ends the trust in a key.
func (h *handler) revokeKey(c echo.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return echo.ErrNotFound
	}
	if err := identity.Authorize(page.Actor(c), identity.DmlKeys, 0); err != nil {
		return err
	}
	var form pages.RevokeForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	if form.How != pages.Retired && form.How != pages.Compromised {
		err = &fault.Fault{Kind: fault.Invalid, Message: "The key was not revoked.", Fields: []fault.Field{{Name: "how", Message: "Say whether what it has signed stays good."}}}
	}
	if err == nil {
		err = h.dml.RevokeKey(c.Request().Context(), page.Actor(c), id, form.Version, dml.Revocation{Why: form.Why, Compromised: form.How == pages.Compromised})
	}
	if err == nil {
		return page.Redirect(c, dml.KeysLink+"#"+pages.KeyID(id), "The key is revoked. What it has signed is being judged again.")
	}
	v, again := h.keysView(c)
	if again != nil {
		return again
	}
	v.RevokeID, v.Revoke, v.RevokeErrors, v.Blockers = id, form, page.Errors(err), blockers(err)
	return page.Again(c, err, pages.KeysPage(*v))
}
