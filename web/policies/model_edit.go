package policies

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	view "slipway/templates/policies"
	"slipway/web/page"
)

// newModel begins with the ready-made model of the address, or with one wave.
func (h handler) newModel(c echo.Context) error {
	from := c.QueryParam("from")
	if from == "" {
		return h.drawingModel(c, view.ModelForm{Scale: "phased", Delivery: "push", Execution: "manual", Waves: []view.WaveForm{firstWave()}}, "", nil)
	}
	ready := policy.Templates()
	at := slices.IndexFunc(ready, func(t policy.Template) bool { return t.Key == from })
	if at < 0 {
		return fault.New(fault.NotFound, "There is no ready-made model %q.", from)
	}
	f := modelFormOf(ready[at].Body)
	f.Key, f.Name = ready[at].Key, ready[at].Name
	return h.drawingModel(c, f, from, nil)
}

// drawingModel shows the form of a new model.
func (h handler) drawingModel(c echo.Context, f view.ModelForm, from string, cause error) error {
	if err := identity.Authorize(page.Actor(c), identity.ModelEdit, 0); err != nil {
		return err
	}
	return answerModel(c, view.ModelEdit{Form: f, Begins: policy.Templates(), From: from,
		Writes: "Saving makes version 1, a draft, which somebody who did not write it approves."}, cause)
}

func answerModel(c echo.Context, v view.ModelEdit, cause error) error {
	if v.Form.Add == "" && v.Form.Drop == "" {
		spareModel(&v.Form)
	}
	v.Errors, v.Refusal = page.Errors(cause), cause
	if cause != nil {
		return page.Again(c, cause, view.EditModel(v))
	}
	return page.Render(c, http.StatusOK, view.EditModel(v))
}

// typedModel reads the form. Where a row is asked for, or a wave is taken
// away, it comes so; otherwise it comes tidy and is to be saved.
func typedModel(c echo.Context) (f view.ModelForm, again bool, err error) {
	if err := page.Bind(c, &f); err != nil {
		return f, false, err
	}
	if f.Add != "" || f.Drop != "" {
		growModel(&f)
		return f, true, nil
	}
	tidyModel(&f)
	return f, false, nil
}

func (h handler) createModel(c echo.Context) error {
	f, again, err := typedModel(c)
	if err != nil {
		return err
	}
	if again {
		return h.drawingModel(c, f, "", nil)
	}
	v, err := h.app.Policy.CreateModel(c.Request().Context(), page.Actor(c), &policy.Model{Key: f.Key, Name: f.Name}, bodyOf(f))
	if err != nil {
		return h.drawingModel(c, f, "", err)
	}
	return page.Redirect(c, v.Link(), "The model is drawn up. Somebody who did not write it approves it.")
}

func (h handler) editModel(c echo.Context) error {
	_, newest, err := h.app.Policy.ModelToEdit(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	f := modelFormOf(newest.Body)
	f.Version = newest.Version
	return h.editingModel(c, f, nil)
}

// editingModel shows the form of the next version. A stale form comes back
// with what was typed, beside what somebody else saved meanwhile.
func (h handler) editingModel(c echo.Context, f view.ModelForm, cause error) error {
	m, newest, err := h.app.Policy.ModelToEdit(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	v := view.ModelEdit{Form: f, Key: m.Key, Name: m.Name, Writes: writes(newest.State == policy.Draft, newest.Number, newest.AuthorName, "in use")}
	if fault.KindOf(cause) == fault.Conflict {
		v.Form.Version = newest.Version
		v.Newer = bodyOf(f).Differences(newest.Body)
	}
	return answerModel(c, v, cause)
}

func (h handler) saveModel(c echo.Context) error {
	f, again, err := typedModel(c)
	if err != nil {
		return err
	}
	if again {
		return h.editingModel(c, f, nil)
	}
	v, err := h.app.Policy.EditModel(c.Request().Context(), page.Actor(c), c.Param("key"), f.Version, bodyOf(f))
	if err != nil {
		return h.editingModel(c, f, err)
	}
	return page.Redirect(c, v.Link(), fmt.Sprintf("Version %d is saved as a draft.", v.Number))
}
