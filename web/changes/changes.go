package changes

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/change"
	"slipway/internal/fault"
	"slipway/internal/identity"
	view "slipway/templates/changes"
	"slipway/web/page"
)

const perPage = 50

func (h handler) list(c echo.Context) error {
	actor := page.Actor(c)
	f := change.Filter{State: change.State(c.QueryParam("state")), Text: c.QueryParam("q"), Limit: perPage}
	f.Before, _ = strconv.ParseInt(c.QueryParam("before"), 10, 64)
	list, err := h.app.Change.List(c.Request().Context(), actor, f)
	if err != nil {
		return err
	}
	v := view.ListView{Changes: list, State: c.QueryParam("state"), Text: f.Text, Raises: actor.Can(identity.ChangeEdit, 0)}
	if len(list) == perPage {
		v.Next = "/changes?" + url.Values{"q": {f.Text}, "state": {v.State}, "before": {strconv.FormatInt(list[len(list)-1].Number, 10)}}.Encode()
	}
	return page.Render(c, http.StatusOK, view.List(v))
}

type changeForm struct {
	Version      int64  `form:"version"`
	Service      int64  `form:"service"`
	Title        string `form:"title"`
	Reason       string `form:"reason"`
	Return       string `form:"return"`
	Risks        string `form:"risks"`
	Resources    string `form:"resources"`
	Responsible  string `form:"responsible"`
	Relationship string `form:"relationship"`
	Zone         string `form:"zone"`
	WindowStart  string `form:"window_start"`
	WindowEnd    string `form:"window_end"`
	Emergency    bool   `form:"emergency"`
	Incident     string `form:"incident"`
}

func (f changeForm) request() (q change.Request, err error) {
	q = change.Request{Title: f.Title, ServiceID: f.Service, Reason: f.Reason, Return: f.Return, Risks: f.Risks, Resources: f.Resources,
		Responsible: f.Responsible, Relationship: f.Relationship, Emergency: f.Emergency, Incident: f.Incident}
	var check fault.Check
	if q.WindowStart, err = page.When(f.WindowStart, f.Zone); err != nil {
		check.Field("window_start", err.Error())
	}
	if q.WindowEnd, err = page.When(f.WindowEnd, f.Zone); err != nil {
		check.Field("window_end", err.Error())
	}
	return q, check.Err("The change is not complete.")
}

func (h handler) newChange(c echo.Context) error {
	actor := page.Actor(c)
	if err := identity.Authorize(actor, identity.ChangeEdit, 0); err != nil {
		return err
	}
	return h.form(c, view.FormView{Request: change.Request{Responsible: actor.Name}}, nil)
}

func (h handler) form(c echo.Context, v view.FormView, cause error) (err error) {
	if v.Services, err = h.services(c.Request().Context()); err != nil {
		return err
	}
	if v.Errors = page.Errors(cause); cause != nil {
		return page.Again(c, cause, view.Form(v))
	}
	return page.Render(c, http.StatusOK, view.Form(v))
}

func (h handler) raise(c echo.Context) error {
	var f changeForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	ctx := c.Request().Context()
	q, err := f.request()
	if err != nil {
		return h.form(c, view.FormView{Request: q}, err)
	}
	if q.ServiceName, err = h.serviceName(ctx, q.ServiceID); err != nil {
		return err
	}
	made, err := h.app.Change.Open(ctx, page.Actor(c), q)
	if err != nil {
		return h.form(c, view.FormView{Request: q}, err)
	}
	return page.Redirect(c, made.Link(), made.Key+" is raised.")
}

func (h handler) edit(c echo.Context) error {
	d, err := h.app.Change.Dossier(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	if err := identity.Authorize(page.Actor(c), identity.ChangeEdit, d.Change.ServiceID); err != nil {
		return err
	}
	return h.form(c, formOf(d.Change), nil)
}

func formOf(c *change.Change) view.FormView {
	return view.FormView{Key: c.Key, Version: c.Version, Bound: c.ReleaseKey != "", Request: change.Request{Title: c.Title, ServiceID: c.ServiceID,
		Reason: c.Reason, Return: c.Return, Risks: c.Risks, Resources: c.Resources, Responsible: c.Responsible, Relationship: c.Relationship,
		Emergency: c.Emergency, Incident: c.Incident, WindowStart: c.WindowStart, WindowEnd: c.WindowEnd}}
}

func (h handler) save(c echo.Context) error {
	var f changeForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	ctx, key := c.Request().Context(), c.Param("key")
	d, err := h.app.Change.Dossier(ctx, page.Actor(c), key)
	if err != nil {
		return err
	}
	q, err := f.request()
	if err == nil {
		err = h.app.Change.Edit(ctx, page.Actor(c), key, q, f.Version)
	}
	if err != nil {
		v := formOf(d.Change) // a stale form comes back with the newer version and what was typed
		v.Request = q
		return h.form(c, v, err)
	}
	return page.Redirect(c, "/changes/"+key, key+" is saved.")
}

func (h handler) show(c echo.Context) error { return h.dossier(c, view.ChangeView{}, nil) }

func (h handler) dossier(c echo.Context, v view.ChangeView, cause error) error {
	d, err := h.app.Change.Dossier(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	v.Dossier, v.Errors, v.Refusal = *d, page.Errors(cause), cause
	if cause != nil {
		return page.Again(c, cause, view.Show(v))
	}
	return page.Render(c, http.StatusOK, view.Show(v))
}

func (h handler) do(c echo.Context) error {
	verb, reason := change.Verb(c.FormValue("verb")), c.FormValue("reason")
	err := h.app.Change.Do(c.Request().Context(), page.Actor(c), c.Param("key"), verb, reason, page.Version(c))
	if err != nil {
		return h.dossier(c, view.ChangeView{Reason: reason}, err)
	}
	return page.Redirect(c, "/changes/"+c.Param("key"), c.Param("key")+" is moved on.")
}

func (h handler) advise(c echo.Context) error {
	b := change.BoardRecord{Board: c.FormValue("board"), Members: c.FormValue("members"), Advice: c.FormValue("advice"), Minutes: c.FormValue("minutes")}
	held, err := page.When(c.FormValue("held_at"), c.FormValue("zone"))
	if b.HeldAt = held; err == nil {
		err = h.app.Change.Advise(c.Request().Context(), page.Actor(c), c.Param("key"), b)
	}
	if err != nil {
		return h.dossier(c, view.ChangeView{Board: b}, err)
	}
	return page.Redirect(c, "/changes/"+c.Param("key")+"#boards", "The board's advice is recorded.")
}
