package policies

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/policy"
	view "slipway/templates/policies"
	"slipway/web/page"
)

func (h handler) newPolicy(c echo.Context) error {
	return h.drawing(c, policyFormOf(policy.Standard()), nil)
}

// drawing shows the form of a new policy.
func (h handler) drawing(c echo.Context, f view.PolicyForm, cause error) (err error) {
	v := view.PolicyEdit{Form: f}
	if v.Open, err = h.app.Policy.Open(c.Request().Context(), page.Actor(c)); err != nil {
		return err
	}
	v.Writes = "This is the standard policy, complete as it stands; change what differs here. Saving makes version 1, a draft, which a service owner who did not write it approves."
	return answer(c, v, cause)
}

func answer(c echo.Context, v view.PolicyEdit, cause error) error {
	if v.Form.Add == "" {
		sparePolicy(&v.Form)
	}
	v.Errors, v.Refusal = page.Errors(cause), cause
	if cause != nil {
		return page.Again(c, cause, view.EditPolicy(v))
	}
	return page.Render(c, http.StatusOK, view.EditPolicy(v))
}

// typed reads the form. Where one more row is asked for it comes with it;
// otherwise it comes tidy and is to be saved.
func typed(c echo.Context) (f view.PolicyForm, more bool, err error) {
	if err := page.Bind(c, &f); err != nil {
		return f, false, err
	}
	if f.Types == nil {
		f.Types = map[string]view.TypeForm{}
	}
	if f.Stages == nil {
		f.Stages = map[string]view.StageForm{}
	}
	if f.Add != "" {
		growPolicy(&f)
		return f, true, nil
	}
	tidyPolicy(&f)
	return f, false, nil
}

func (h handler) createPolicy(c echo.Context) error {
	f, more, err := typed(c)
	if err != nil {
		return err
	}
	if more {
		return h.drawing(c, f, nil)
	}
	p := &policy.Policy{Key: f.Key, Name: f.Name}
	for _, id := range f.Services {
		n, _ := strconv.ParseInt(id, 10, 64)
		p.Services = append(p.Services, n)
	}
	v, err := h.app.Policy.Create(c.Request().Context(), page.Actor(c), p, rulesOf(f))
	if err != nil {
		return h.drawing(c, f, err)
	}
	return page.Redirect(c, v.Link(), "The policy is drawn up. A service owner who did not write it approves it.")
}

func (h handler) editPolicy(c echo.Context) error {
	_, newest, err := h.app.Policy.ToEdit(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	f := policyFormOf(newest.Rules)
	f.Version = newest.Version
	return h.editing(c, f, nil)
}

// editing shows the form of the next version. A stale form comes back with
// what was typed, beside what somebody else saved meanwhile.
func (h handler) editing(c echo.Context, f view.PolicyForm, cause error) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	p, newest, err := h.app.Policy.ToEdit(ctx, actor, key)
	if err != nil {
		return err
	}
	v := view.PolicyEdit{Form: f, Key: p.Key, Name: p.Name, Writes: writes(newest.State == policy.Draft, newest.Number, newest.AuthorName, "in force")}
	if fault.KindOf(cause) == fault.Conflict {
		v.Form.Version = newest.Version
		v.Newer = rulesOf(f).Differences(newest.Rules)
	}
	return answer(c, v, cause)
}

// writes says what saving makes.
func writes(draft bool, n int64, author, holds string) string {
	if draft {
		return fmt.Sprintf("Version %d is a draft, last written by %s. Saving writes over it; who wrote it does not approve it.", n, author)
	}
	return fmt.Sprintf("Saving makes version %d, a draft. Version %d stays %s until the draft is approved; releases keep the version they began with.", n+1, n, holds)
}

func (h handler) savePolicy(c echo.Context) error {
	f, more, err := typed(c)
	if err != nil {
		return err
	}
	if more {
		return h.editing(c, f, nil)
	}
	v, err := h.app.Policy.Edit(c.Request().Context(), page.Actor(c), c.Param("key"), f.Version, rulesOf(f))
	if err != nil {
		return h.editing(c, f, err)
	}
	return page.Redirect(c, v.Link(), fmt.Sprintf("Version %d is saved as a draft.", v.Number))
}
