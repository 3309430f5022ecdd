package releases

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/release"
	"slipway/internal/zone"
	"slipway/templates/draft"
	view "slipway/templates/releases"
	"slipway/web/page"
)

// drafted keeps what was typed and what was wrong with it.
func drafted(form string, values url.Values, cause error) draft.Draft {
	d := draft.Draft{Form: form, Values: values, Errors: page.Errors(cause)}
	if f, ok := fault.As(cause); ok {
		d.Blockers = f.Blockers
	}
	return d
}

// zoneOf is the zone that the viewer types times in.
func zoneOf(c echo.Context) string { return page.Zone(c).String() }

// ask shows the form; what an address carries is filled in already.
func (h handler) ask(c echo.Context) error {
	v, err := h.newView(c, c.QueryParams(), nil)
	if err == nil && v.Choices.Service == nil && len(v.Choices.Services) == 1 { // the only one there is
		values := c.QueryParams()
		values.Set("service", v.Choices.Services[0].Key)
		v, err = h.newView(c, values, nil)
	}
	if err != nil {
		return err
	}
	v.Only()
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.ForService(v))
	}
	return page.Render(c, http.StatusOK, view.New(v))
}

func (h handler) newView(c echo.Context, values url.Values, cause error) (v view.NewView, err error) {
	actor := page.Actor(c)
	v = view.NewView{Draft: drafted("new", values, cause), Zone: zoneOf(c), Viewer: actor.UserID, Units: values["units"]}
	v.Choices, err = h.app.Release.Choices(c.Request().Context(), actor, values.Get("service"))
	return v, err
}

type newForm struct {
	Service     string  `form:"service"`
	Title       string  `form:"title"`
	Summary     string  `form:"summary"`
	Value       string  `form:"value"`
	Type        string  `form:"type"`
	Model       int64   `form:"model"`
	Scale       string  `form:"scale"`
	Delivery    string  `form:"delivery"`
	Execution   string  `form:"execution"`
	Key         string  `form:"key"`
	Owner       int64   `form:"owner"`
	WindowStart string  `form:"window_start"`
	WindowEnd   string  `form:"window_end"`
	Zone        string  `form:"zone"`
	Restricted  bool    `form:"restricted"`
	Incident    string  `form:"incident"`
	Units       []int64 `form:"units"`
}

func (f newForm) request() (release.Request, error) {
	start, end, err := window(f.WindowStart, f.WindowEnd, f.Zone)
	return release.Request{ServiceKey: f.Service, Title: f.Title, Summary: f.Summary, Value: f.Value, Type: release.Type(f.Type), ModelVersionID: f.Model,
		Approach: release.Approach{Scale: f.Scale, Delivery: f.Delivery, Execution: f.Execution}, Key: f.Key, OwnerID: f.Owner,
		WindowStart: start, WindowEnd: end, Zone: f.Zone, Restricted: f.Restricted, Incident: f.Incident, UnitIDs: f.Units}, err
}

// window reads a stretch of time as it was typed, and says which end is wrong.
// A zone that is none is for the service to refuse, with all the rest.
func window(from, to, in string) (start, end db.Time, err error) {
	if !zone.Known(in) {
		return 0, 0, nil
	}
	var check fault.Check
	if start, err = page.When(from, in); err != nil {
		check.Field("window_start", err.Error())
	}
	if end, err = page.When(to, in); err != nil {
		check.Field("window_end", err.Error())
	}
	return start, end, check.Err("The window could not be read.")
}

func (h handler) create(c echo.Context) error {
	var f newForm
	err := page.Bind(c, &f)
	if err != nil {
		return h.newAgain(c, err)
	}
	request, err := f.request()
	if err != nil {
		return h.newAgain(c, err)
	}
	made, err := h.app.Release.Create(c.Request().Context(), page.Actor(c), request)
	if err != nil {
		return h.newAgain(c, err)
	}
	return page.Redirect(c, made.Link(), made.Key+" is planned. Submit it when its scope is named.")
}

func (h handler) newAgain(c echo.Context, cause error) error {
	v, err := h.newView(c, c.Request().PostForm, cause)
	if err != nil {
		return err
	}
	return page.Again(c, cause, view.New(v))
}
