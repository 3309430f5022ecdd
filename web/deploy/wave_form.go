package deploy

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/policy"
	view "slipway/templates/deploy"
	"slipway/templates/rollout"
	"slipway/web/page"
)

// planRoutes lists the form of a wave.
func (h *handler) planRoutes(g *echo.Group) {
	g.GET("/releases/:key/waves/new", h.newWave)
	g.POST("/releases/:key/waves", h.addWave)
	g.GET("/releases/:key/waves/:n/preview", h.previewWave)
	g.GET("/releases/:key/waves/:n/edit", h.askWave)
	g.POST("/releases/:key/waves/:n/edit", h.editWave)
}

type waveForm struct {
	Version        int64  `form:"version"`
	Name           string `form:"name"`
	Environment    string `form:"environment"`
	Pilot          bool   `form:"pilot"`
	Filter         string `form:"filter"`
	WindowStart    string `form:"window_start"`
	WindowEnd      string `form:"window_end"`
	SoakHours      int64  `form:"soak_hours"`
	SuccessPercent int64  `form:"success_percent"`
	FailurePercent int64  `form:"failure_percent"`
	FailureCount   int64  `form:"failure_count"`
	Trigger        string `form:"trigger"`
	Method         string `form:"method"`
	NoReturn       bool   `form:"no_return"`
	Outage         string `form:"outage"`
	rollout.Form
	Picked         string  `form:"picked"`
	Older          string  `form:"older"`
	ConfirmMinutes int64   `form:"confirm_minutes"`
	Consent        bool    `form:"consent"`
	Parallel       int64   `form:"parallel"`
	Lead           int64   `form:"lead"`
	Staff          []int64 `form:"staff"`
	Then           string  `form:"then"`
}

// edit reads the times in the release's zone.
func (f waveForm) edit(zone string) (deploy.WaveEdit, error) {
	e := deploy.WaveEdit{Name: f.Name, EnvironmentKey: f.Environment, Pilot: f.Pilot, Filter: f.Filter, Picked: f.Picked, Older: f.Older, SoakHours: f.SoakHours, SuccessPercent: f.SuccessPercent,
		FailurePercent: f.FailurePercent, FailureCount: f.FailureCount, Trigger: f.Trigger, NoReturn: f.NoReturn, Outage: policy.ReadOutage(f.Outage), Rollout: f.Rollout(), Method: f.Method, ConfirmMinutes: f.ConfirmMinutes, Consent: f.Consent, Parallel: f.Parallel, LeadID: f.Lead, StaffIDs: f.Staff}
	var check fault.Check
	read := func(name, typed string) db.Time {
		t, err := page.When(typed, zone)
		check.Need(err == nil, name, "Write the time like 2026-11-23 14:30.")
		return t
	}
	e.WindowStart, e.WindowEnd = read("window_start", f.WindowStart), read("window_end", f.WindowEnd)
	return e, check.Err("The wave was not saved.")
}

// firstEdit is what a new wave begins with: the whole window, and all of its
// targets good.
var firstEdit = deploy.WaveEdit{SuccessPercent: 100, FailurePercent: 10}

// waveView fills the form: wave number n, or a new one for 0.
func (h *handler) waveView(c echo.Context, n int64, t view.Trial) (view.WaveFormView, error) {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	v := view.WaveFormView{Trial: t, Number: n, Edit: firstEdit}
	var err error
	if v.Head, err = h.app.Release.Head(ctx, actor, key); err != nil {
		return v, err
	}
	if v.Staff, v.Leads, err = h.app.Deploy.Staffable(ctx, actor, key); err != nil {
		return v, err
	}
	list, err := h.app.Deploy.Environments(ctx, actor)
	if err != nil {
		return v, err
	}
	v.Environments = list.Environments
	if n == 0 {
		v.Edit.WindowStart, v.Edit.WindowEnd = v.Head.WindowStart, v.Head.WindowEnd
		return v, nil
	}
	_, w, err := h.app.Deploy.FindWave(ctx, actor, key, n)
	if err != nil {
		return v, err
	}
	v.Edit, v.Version = w.Edit(), w.Version
	return v, nil
}

func (h *handler) newWave(c echo.Context) error { return h.showWave(c, 0) }

func (h *handler) askWave(c echo.Context) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	return h.showWave(c, n)
}

func (h *handler) showWave(c echo.Context, n int64) error {
	v, err := h.waveView(c, n, view.Trial{})
	if err != nil {
		return err
	}
	h.preview(c, &v, v.Edit)
	return page.Render(c, http.StatusOK, view.WavePage(v))
}

// preview fills in which targets the form takes. What it cannot say now, for a
// filter that is half typed, it says in words.
func (h *handler) preview(c echo.Context, v *view.WaveFormView, e deploy.WaveEdit) {
	v.PreviewFilter = e.Filter
	if e.EnvironmentKey == "" {
		return
	}
	p, err := h.app.Deploy.PreviewWave(c.Request().Context(), page.Actor(c), c.Param("key"), v.Number, e)
	if f, ok := fault.As(err); ok && len(f.Fields) > 0 {
		v.PreviewError = f.Fields[0].Message
	} else if err != nil {
		v.PreviewError = "Which targets it takes cannot be told now."
	} else {
		v.Preview = p
	}
}

func (h *handler) previewWave(c echo.Context) error {
	var v view.WaveFormView
	if c.Param("n") != "0" {
		n, err := number(c, "n")
		if err != nil {
			return err
		}
		v.Number = n
	}
	if _, _, err := h.app.Deploy.Staffable(c.Request().Context(), page.Actor(c), c.Param("key")); err != nil {
		return err // only those who plan
	}
	q := c.QueryParams()
	h.preview(c, &v, deploy.WaveEdit{EnvironmentKey: q.Get("environment"), Filter: q.Get("filter"), Picked: q.Get("picked"), Older: q.Get("older"), Rollout: rollout.FromValues(q).Rollout()})
	return page.Render(c, http.StatusOK, view.Preview(v))
}

func (h *handler) addWave(c echo.Context) error { return h.saveWave(c, 0) }

func (h *handler) editWave(c echo.Context) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	return h.saveWave(c, n)
}

// saveWave saves the form, or shows which targets it would take.
func (h *handler) saveWave(c echo.Context, n int64) error {
	var f waveForm
	err := page.Bind(c, &f)
	if err == nil && f.Then == "preview" {
		return h.showAgain(c, n, f, nil)
	}
	kept := n
	if err == nil {
		kept, err = h.keepWave(c, n, f)
	}
	if err != nil {
		return h.showAgain(c, n, f, err)
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "deployment")+fmt.Sprintf("#wave-%d", kept), fmt.Sprintf("Wave %d is saved.", kept))
}

func (h *handler) keepWave(c echo.Context, n int64, f waveForm) (int64, error) {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	r, err := h.app.Release.Find(ctx, actor, key)
	if err != nil {
		return n, err
	}
	e, err := f.edit(r.Zone)
	if err != nil {
		return n, err
	}
	if n == 0 {
		return h.app.Deploy.AddWave(ctx, actor, key, e)
	}
	return n, h.app.Deploy.EditWave(ctx, actor, key, n, drawnFrom(c), e)
}

// showAgain draws the form with what was typed. On a conflict it carries the
// newest version, so that what is seen is what is saved next.
func (h *handler) showAgain(c echo.Context, n int64, f waveForm, cause error) error {
	v, err := h.waveView(c, n, tried(view.WaveFormName, c.Request().PostForm, cause))
	if err != nil {
		return err
	}
	if fault.KindOf(cause) != fault.Conflict && f.Version > 0 {
		v.Version = f.Version
	}
	h.preview(c, &v, deploy.WaveEdit{EnvironmentKey: f.Environment, Filter: f.Filter, Picked: f.Picked, Older: f.Older, Rollout: f.Rollout()})
	if cause == nil {
		return page.Render(c, http.StatusOK, view.WavePage(v))
	}
	return page.Again(c, cause, view.WavePage(v))
}
