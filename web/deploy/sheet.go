package deploy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

// sheetRoutes lists the run sheet of a wave and its steps.
func (h *handler) sheetRoutes(g *echo.Group) {
	s := h.app.Deploy
	g.GET("/releases/:key/waves/:n/run", h.showSheet)
	g.POST("/releases/:key/waves/:n/notes", h.leaveNote)
	g.POST("/releases/:key/waves/:n/notes/:id/read", h.readNote)
	g.POST("/releases/:key/waves/:n/steps", h.addStep)
	g.POST("/releases/:key/waves/:n/steps/:step/edit", h.editStep)
	g.POST("/releases/:key/waves/:n/steps/:step/remove", h.step("remove", "Step %d is removed.", s.RemoveStep))
	g.POST("/releases/:key/waves/:n/steps/:step/claim", h.step("claim", "Step %d is yours.", s.ClaimStep))
	g.POST("/releases/:key/waves/:n/steps/:step/hand-back", h.step("hand-back", "Step %d is handed back.", s.HandBackStep))
	g.POST("/releases/:key/waves/:n/steps/:step/sign", h.stepWithFiles("sign", "evidence", "Step %d is signed.", s.SignStep))
	g.POST("/releases/:key/waves/:n/steps/:step/witness", h.stepWithFiles("witness", "note", "Step %d is witnessed.", s.WitnessStep))
	g.POST("/releases/:key/waves/:n/steps/:step/fail", h.stepWithFiles("fail", "reason", "The failure of step %d is reported.", s.FailStep))
	g.POST("/releases/:key/waves/:n/steps/:step/retry", h.stepWith("retry", "reason", "Step %d is open again.", s.RetryStep))
	g.POST("/releases/:key/waves/:n/steps/:step/skip", h.stepWith("skip", "reason", "Step %d does not apply.", s.SkipStep))
}

func (h *handler) sheetView(c echo.Context, t view.Trial) (v view.SheetView, err error) {
	n, err := number(c, "n")
	if err != nil {
		return v, err
	}
	v.Trial = t
	v.RunSheet, err = h.app.Deploy.RunSheet(c.Request().Context(), page.Actor(c), c.Param("key"), n)
	return v, err
}

func (h *handler) showSheet(c echo.Context) error {
	v, err := h.sheetView(c, opened(c))
	if err != nil {
		return err
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.Sheet(v))
	}
	return page.Render(c, http.StatusOK, view.SheetPage(v))
}

// onSheet does a deed and leads back to the run sheet; refused, the sheet comes
// back as it is now, with everything typed and every reason.
func (h *handler) onSheet(c echo.Context, form, anchor, flash string, do func(ctx context.Context, actor identity.Actor, key string, wave int64) error) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	if err := do(c.Request().Context(), page.Actor(c), c.Param("key"), n); err != nil {
		return again(c, form, err, func(t view.Trial) (templ.Component, error) {
			v, err := h.sheetView(c, t)
			return view.SheetPage(v), err
		})
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "waves", c.Param("n"), "run")+anchor, flash)
}

func (h *handler) leaveNote(c echo.Context) error {
	return h.onSheet(c, view.NoteForm, "#shift", "The next shift finds your note at the top.", func(ctx context.Context, actor identity.Actor, key string, wave int64) error {
		return h.app.Deploy.LeaveNote(ctx, actor, key, wave, c.FormValue("text"))
	})
}

func (h *handler) readNote(c echo.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	return h.onSheet(c, "", "#shift", "The note is marked as read.", func(ctx context.Context, actor identity.Actor, key string, wave int64) error {
		return h.app.Deploy.ReadNote(ctx, actor, key, wave, id)
	})
}

// stepVerb is told a step as the person saw it.
type stepVerb func(ctx context.Context, actor identity.Actor, key string, wave, number, version int64) error

// signedVerb is stepVerb with words: evidence, a note, a reason.
type signedVerb func(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, words string) error

func (h *handler) step(verb, flash string, do stepVerb) echo.HandlerFunc {
	return h.stepWith(verb, "", flash, func(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, _ string) error {
		return do(ctx, actor, key, wave, number, version)
	})
}

func (h *handler) stepWith(verb, field, flash string, do signedVerb) echo.HandlerFunc {
	return func(c echo.Context) error {
		step, err := number(c, "step")
		if err != nil {
			return err
		}
		return h.onSheet(c, view.StepForm(step, verb), fmt.Sprintf("#step-%d", step), fmt.Sprintf(flash, step), func(ctx context.Context, actor identity.Actor, key string, wave int64) error {
			return do(ctx, actor, key, wave, step, drawnFrom(c), c.FormValue(field))
		})
	}
}

// stepWithFiles is stepWith for a form to which files may be attached. They are
// kept first, as they arrive; where the words are refused, they are there when
// the form comes back.
func (h *handler) stepWithFiles(verb, field, flash string, do signedVerb) echo.HandlerFunc {
	return func(c echo.Context) error {
		wave, err := number(c, "n")
		if err != nil {
			return err
		}
		step, err := number(c, "step")
		if err != nil {
			return err
		}
		refused := page.BindFiles(c, func(name string, body io.Reader) error {
			_, err := h.app.Deploy.AttachToStep(c.Request().Context(), page.Actor(c), c.Param("key"), wave, step, name, body)
			return err
		})
		return h.stepWith(verb, field, flash, func(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, words string) error {
			if refused != nil {
				return refused
			}
			return do(ctx, actor, key, wave, number, version, words)
		})(c)
	}
}

type stepForm struct {
	Kind        string `form:"kind"`
	Title       string `form:"title"`
	Instruction string `form:"instruction"`
	Command     string `form:"command"`
	Minutes     int64  `form:"minutes"`
	Witness     bool   `form:"witness"`
	After       string `form:"after"`
}

// draft reads the numbers of the steps that it waits for, as "1, 2".
func (f stepForm) draft() (deploy.StepDraft, error) {
	d := deploy.StepDraft{Kind: deploy.StepKind(f.Kind), Title: f.Title, Instruction: f.Instruction, Command: f.Command, Minutes: f.Minutes, Witness: f.Witness}
	var check fault.Check
	for _, word := range strings.FieldsFunc(f.After, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			check.Field("after", "Write the numbers of steps, as 1, 2.")
			break
		}
		d.After = append(d.After, n)
	}
	return d, check.Err("The step was not saved.")
}

func stepDraft(c echo.Context) (deploy.StepDraft, error) {
	var f stepForm
	if err := page.Bind(c, &f); err != nil {
		return deploy.StepDraft{}, err
	}
	return f.draft()
}

func (h *handler) addStep(c echo.Context) error {
	return h.onSheet(c, view.AddStepForm, "", "The step is added.", func(ctx context.Context, actor identity.Actor, key string, wave int64) error {
		d, err := stepDraft(c)
		if err != nil {
			return err
		}
		return h.app.Deploy.AddStep(ctx, actor, key, wave, d)
	})
}

func (h *handler) editStep(c echo.Context) error {
	step, err := number(c, "step")
	if err != nil {
		return err
	}
	return h.onSheet(c, view.StepForm(step, "edit"), fmt.Sprintf("#step-%d", step), fmt.Sprintf("Step %d is saved.", step), func(ctx context.Context, actor identity.Actor, key string, wave int64) error {
		d, err := stepDraft(c)
		if err != nil {
			return err
		}
		return h.app.Deploy.EditStep(ctx, actor, key, wave, step, drawnFrom(c), d)
	})
}
