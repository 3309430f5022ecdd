package changes

import (
	"fmt"
	"net/http"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/labstack/echo/v4"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/zone"
	view "slipway/templates/changes"
	"slipway/web/page"
)

// reading is the zone the viewer reads days in.
func reading(c echo.Context) *time.Location {
	if c.QueryParam("tz") == "UTC" {
		return time.UTC
	}
	return zone.OrUTC(page.Actor(c).Zone)
}

func (h handler) calendar(c echo.Context) error {
	return h.showCalendar(c, view.Accepting{}, nil)
}

func (h handler) showCalendar(c echo.Context, tried view.Accepting, cause error) error {
	ctx, actor, loc := c.Request().Context(), page.Actor(c), reading(c)
	v := view.CalendarView{View: c.QueryParam("view"), Zone: loc, Freezes: actor.Can(identity.FreezeEdit, 0), Decides: actor.Can(identity.ChangeAuthorise, 0), Errors: page.Errors(cause), Tried: tried}
	length := 28
	switch v.View {
	case "week":
		length = 7
	case "agenda":
	default:
		v.View = "month"
	}
	now := h.app.DB.Now().Std().In(loc)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, loc)
	first := today
	if from, err := time.ParseInLocation(time.DateOnly, c.QueryParam("from"), loc); err == nil && from.Year() > 1999 && from.Year() < 2200 {
		first = from
	}
	first = first.AddDate(0, 0, -(int(first.Weekday())+6)%7) // weeks begin on Monday
	for i := range length {
		day := first.AddDate(0, 0, i)
		v.Days = append(v.Days, view.Day{At: day, Weekend: day.Weekday() == time.Saturday || day.Weekday() == time.Sunday, Today: day.Equal(today)})
	}
	last := first.AddDate(0, 0, length)
	address := func(at time.Time) string {
		return fmt.Sprintf("/calendar?view=%s&from=%s", v.View, at.Format(time.DateOnly))
	}
	v.Earlier, v.Later = address(first.AddDate(0, 0, -length)), address(last)
	var err error
	if v.Calendar, err = h.app.Change.CalendarEntries(ctx, actor, db.At(first), db.At(last)); err != nil {
		return err
	}
	options, err := h.services(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, o := range options {
		names = append(names, o.Label)
	}
	v.Arrange(names)
	if cause != nil {
		return page.Again(c, cause, view.Calendar(v))
	}
	return page.Render(c, http.StatusOK, view.Calendar(v))
}

func (h handler) acceptConflict(c echo.Context) error {
	t := view.Accepting{One: c.FormValue("one"), Other: c.FormValue("other"), Shared: c.FormValue("shared"), Reason: c.FormValue("reason")}
	err := h.app.Change.AcceptConflict(c.Request().Context(), page.Actor(c), t.One, t.Other, t.Shared, t.Reason)
	if err != nil {
		return h.showCalendar(c, t, err)
	}
	return page.Redirect(c, "/calendar#conflicts", "The conflict is accepted.")
}

// feed is the calendar as iCalendar: four weeks back, half a year ahead.
func (h handler) feed(c echo.Context) error {
	now := h.app.DB.Now().Std()
	cal, err := h.app.Change.CalendarEntries(c.Request().Context(), page.Actor(c), db.At(now.AddDate(0, 0, -28)), db.At(now.AddDate(0, 6, 0)))
	if err != nil {
		return err
	}
	out := ics.NewCalendarFor("Slipway")
	out.SetMethod(ics.MethodPublish)
	out.SetName("Slipway change calendar")
	for _, e := range cal.Entries {
		var event *ics.VEvent
		if e.Freeze != nil {
			event = out.AddEvent(fmt.Sprintf("%s-%d@slipway", e.Freeze.Key(), e.From))
			event.SetSummary(e.Freeze.Key() + " " + e.Freeze.Title + " (freeze, " + e.Freeze.Scope() + ")")
			event.SetDescription(e.Freeze.Reason)
			if e.Freeze.State == change.FreezeCancelled {
				event.SetStatus(ics.ObjectStatusCancelled)
			}
		} else {
			event = out.AddEvent(fmt.Sprintf("%s-%s@slipway", e.Booking.ReleaseKey, e.Booking.Part))
			event.SetSummary(e.Booking.Name() + " " + e.Booking.Title)
			event.SetStatus(icsStatus(e.Booking.Standing))
		}
		event.SetDtStampTime(now)
		event.SetStartAt(e.From.Std())
		event.SetEndAt(e.To.Std())
	}
	return c.Blob(http.StatusOK, "text/calendar; charset=utf-8", []byte(out.Serialize()))
}

func icsStatus(s change.Standing) ics.ObjectStatus {
	switch s {
	case change.Proposed:
		return ics.ObjectStatusTentative
	case change.Dropped:
		return ics.ObjectStatusCancelled
	}
	return ics.ObjectStatusConfirmed
}

func (h handler) freezes(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/calendar") }

type freezeForm struct {
	Title      string   `form:"title"`
	Reason     string   `form:"reason"`
	Service    int64    `form:"service"`
	Starts     string   `form:"starts_at"`
	Stops      string   `form:"stops_at"`
	Zone       string   `form:"zone"`
	Recurrence string   `form:"recurrence"`
	Until      string   `form:"until_at"`
	Exempt     []string `form:"exempt"`
}

func (h handler) newFreeze(c echo.Context) error {
	if err := identity.Authorize(page.Actor(c), identity.FreezeEdit, 0); err != nil {
		return err
	}
	return h.freezeForm(c, view.FreezeForm{Freeze: change.Freeze{Zone: reading(c).String()}}, nil)
}

func (h handler) freezeForm(c echo.Context, v view.FreezeForm, cause error) (err error) {
	if v.Services, err = h.services(c.Request().Context()); err != nil {
		return err
	}
	if v.Errors = page.Errors(cause); cause != nil {
		return page.Again(c, cause, view.NewFreeze(v))
	}
	return page.Render(c, http.StatusOK, view.NewFreeze(v))
}

func (f freezeForm) freeze() (out change.Freeze, err error) {
	out = change.Freeze{Title: f.Title, Reason: f.Reason, ServiceID: f.Service, Zone: f.Zone, Recurrence: change.Recurrence(f.Recurrence)}
	for i, t := range f.Exempt {
		if i > 0 {
			out.Exempt += ","
		}
		out.Exempt += t
	}
	var check fault.Check
	for _, moment := range []struct {
		into       *db.Time
		name, text string
	}{{&out.StartsAt, "starts_at", f.Starts}, {&out.StopsAt, "stops_at", f.Stops}, {&out.UntilAt, "until_at", f.Until}} {
		if *moment.into, err = page.When(moment.text, f.Zone); err != nil {
			check.Field(moment.name, err.Error())
		}
	}
	return out, check.Err("The freeze is not complete.")
}

func (h handler) addFreeze(c echo.Context) error {
	var f freezeForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	freeze, err := f.freeze()
	again := view.FreezeForm{Freeze: freeze, Starts: f.Starts, Stops: f.Stops, Until: f.Until}
	if err != nil {
		return h.freezeForm(c, again, err)
	}
	if freeze.ServiceName, err = h.serviceName(c.Request().Context(), f.Service); err != nil {
		return err
	}
	made, err := h.app.Change.AddFreeze(c.Request().Context(), page.Actor(c), freeze)
	if err != nil {
		return h.freezeForm(c, again, err)
	}
	return page.Redirect(c, "/freezes/"+made.Key(), "Freeze "+made.Key()+" is added.")
}

func (h handler) showFreeze(c echo.Context) error {
	return h.freezePage(c, view.FreezeView{Release: c.QueryParam("release")}, nil)
}

func (h handler) freezePage(c echo.Context, v view.FreezeView, cause error) error {
	number, err := freezeNumber(c)
	if err != nil {
		return err
	}
	if v.Freeze, v.Overrides, err = h.app.Change.Freeze(c.Request().Context(), page.Actor(c), number); err != nil {
		return err
	}
	v.Edits = page.Actor(c).Can(identity.FreezeEdit, v.Freeze.ServiceID)
	v.Errors, v.Refusal = page.Errors(cause), cause
	if cause != nil {
		return page.Again(c, cause, view.Freeze(v))
	}
	return page.Render(c, http.StatusOK, view.Freeze(v))
}

func (h handler) cancelFreeze(c echo.Context) error {
	number, err := freezeNumber(c)
	if err != nil {
		return err
	}
	if err := h.app.Change.CancelFreeze(c.Request().Context(), page.Actor(c), number, c.FormValue("reason"), page.Version(c)); err != nil {
		return h.freezePage(c, view.FreezeView{Cancelling: true, CancelReason: c.FormValue("reason")}, err)
	}
	return page.Redirect(c, "/freezes/"+c.Param("key"), "The freeze is cancelled.")
}

func (h handler) overrideFreeze(c echo.Context) error {
	number, err := freezeNumber(c)
	if err != nil {
		return err
	}
	release, reason := c.FormValue("release"), c.FormValue("reason")
	if err := h.app.Change.OverrideFreeze(c.Request().Context(), page.Actor(c), number, release, reason); err != nil {
		return h.freezePage(c, view.FreezeView{Release: release, Reason: reason}, err)
	}
	return page.Redirect(c, "/freezes/"+c.Param("key"), release+" may pass this freeze.")
}
