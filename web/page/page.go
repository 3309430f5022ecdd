// Package page is what every handler uses to read a request and to answer it:
// who asks, what was typed, how to render, redirect, and fail.
package page

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/zone"
	"slipway/templates/ui"
)

const (
	actorKey    = "slipway.actor"
	settingsKey = "slipway.settings"
	flashCookie = "slipway_flash"
)

// Settings are the same for every page of one server.
type Settings struct {
	Organisation  string
	Version       string
	Zone          *time.Location // for viewers who chose none
	SecureCookies bool
	Streams       *Streams // for pages that listen
	Now           func() time.Time
	Counts        func(c echo.Context, actor identity.Actor) map[string]ui.Tally
}

// Use puts the settings where Render finds them.
func Use(s Settings) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set(settingsKey, s)
			return next(c)
		}
	}
}

// SetActor says who asks; the guard calls it.
func SetActor(c echo.Context, actor identity.Actor) { c.Set(actorKey, actor) }

// Actor is who asks; nobody (the zero Actor) on public pages.
func Actor(c echo.Context) identity.Actor {
	actor, _ := c.Get(actorKey).(identity.Actor)
	return actor
}

// Fragment tells whether htmx asks for a part of a page.
func Fragment(c echo.Context) bool {
	return c.Request().Header.Get("HX-Request-Type") == "partial"
}

// buffers are kept from page to page, since growing one is dear.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render sends a component as HTML. It is rendered to the end before the first
// byte leaves, so that a failing template gives an error page, not half a page.
func Render(c echo.Context, status int, component templ.Component) error {
	out := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(out)
	out.Reset()
	if err := component.Render(ui.WithFrame(c.Request().Context(), frameOf(c)), out); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Vary", "HX-Request, HX-Request-Type")
	return c.HTMLBlob(status, out.Bytes())
}

func frameOf(c echo.Context) ui.Frame {
	s, _ := c.Get(settingsKey).(Settings)
	actor := Actor(c)
	f := ui.Frame{Actor: actor, Theme: actor.Theme, Path: c.Request().URL.Path, Organisation: s.Organisation, Version: s.Version,
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID)}
	if s.Now != nil {
		f.Now = s.Now()
	}
	f.Zone, f.ZoneName = zoneOf(c, actor, s.Zone)
	f.OtherZone = otherZone(c, actor, s.Zone)
	f.FlashFamily, f.Flash = takeFlash(c)
	if s.Counts != nil && actor.UserID != 0 && !Fragment(c) {
		f.Counts = s.Counts(c, actor)
	}
	return f
}

// zoneOf is the zone the viewer reads times in: the one asked for in the
// address, their own, or the server's.
func zoneOf(c echo.Context, actor identity.Actor, standard *time.Location) (*time.Location, string) {
	if c.QueryParam("tz") == "UTC" {
		return time.UTC, "UTC"
	}
	return ownZone(actor, standard)
}

// otherZone is the address of the page in UTC, or back in the viewer's own zone;
// none where that is UTC.
func otherZone(c echo.Context, actor identity.Actor, standard *time.Location) string {
	if _, own := ownZone(actor, standard); own == "UTC" || c.Request().Method != http.MethodGet {
		return ""
	}
	query := c.QueryParams()
	there := maps.Clone(query)
	if query.Get("tz") == "UTC" {
		there.Del("tz")
	} else {
		there.Set("tz", "UTC")
	}
	if len(there) == 0 {
		return c.Request().URL.Path
	}
	return "?" + there.Encode()
}

func ownZone(actor identity.Actor, standard *time.Location) (*time.Location, string) {
	if own, err := zone.Load(actor.Zone); err == nil {
		return own, actor.Zone
	}
	if standard == nil {
		standard = time.UTC
	}
	return standard, standard.String()
}

// Zone is the zone the viewer types times in: their own, or the server's.
func Zone(c echo.Context) *time.Location {
	s, _ := c.Get(settingsKey).(Settings)
	zone, _ := ownZone(Actor(c), s.Zone)
	return zone
}

// Redirect answers a successful POST: 303 to the page, with a sentence to show
// there. htmx gets the address in a header, since fetch would follow a 303.
func Redirect(c echo.Context, to, flash string) error {
	if flash != "" {
		setFlash(c, "good", flash)
	}
	if c.Request().Header.Get("HX-Request") == "true" {
		c.Response().Header().Set("HX-Redirect", to)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

func setFlash(c echo.Context, family, text string) {
	s, _ := c.Get(settingsKey).(Settings)
	c.SetCookie(&http.Cookie{Name: flashCookie, Path: "/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.SecureCookies,
		Value: base64.RawURLEncoding.EncodeToString([]byte(family + " " + text))})
}

func takeFlash(c echo.Context) (family, text string) {
	cookie, err := c.Cookie(flashCookie)
	if err != nil || Fragment(c) {
		return "", ""
	}
	c.SetCookie(&http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return "", ""
	}
	family, text, _ = strings.Cut(string(raw), " ")
	return family, text
}

// Version is the record version that the form was drawn from; 0 if it has none.
func Version(c echo.Context) int64 {
	n, _ := strconv.ParseInt(c.FormValue("version"), 10, 64)
	return n
}

// When reads a date, or a date and time, as a person typed it in a named zone.
// Empty gives 0. A time that the clocks skip in spring moves on by an hour.
func When(value, in string) (db.Time, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0, nil
	}
	loc, err := zone.Load(in)
	if err != nil {
		return 0, fault.New(fault.Invalid, "There is no time zone %q.", in)
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, value, loc); err == nil {
			return db.At(t), nil
		}
	}
	return 0, fault.New(fault.Invalid, "Write the time like 2026-11-23 14:30.")
}

// Path joins segments into an address, escaping each.
func Path(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// Organisation is the name the server was started with.
func Organisation(c echo.Context) string {
	s, _ := c.Get(settingsKey).(Settings)
	return s.Organisation
}
