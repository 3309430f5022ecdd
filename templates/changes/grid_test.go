package changes

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/templates/ui"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func hour(day, hour int) db.Time {
	return db.At(monday.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour))
}

func view(name string) CalendarView {
	booking := func(key, service string, from, to db.Time, standing change.Standing) change.Entry {
		return change.Entry{Span: change.Span{From: from, To: to}, Booking: &change.Booking{ReleaseKey: key, ServiceName: service, FromAt: from, ToAt: to, Standing: standing}}
	}
	v := CalendarView{View: name, Zone: time.UTC, Calendar: &change.Calendar{Entries: []change.Entry{
		booking("BIL-1", "Billing", hour(-3, 0), hour(2, 0), change.Done), // began before, ends as day 2 begins
		booking("BIL-2", "Billing", hour(1, 22), hour(3, 4), change.Agreed),
		{Span: change.Span{From: hour(4, 0), To: hour(6, 0)}, Freeze: &change.Freeze{Number: 12, Title: "Weekend"}},
		booking("BIL-3", "Billing", hour(5, 1), hour(5, 2), change.Proposed),
		booking("MGW-1", "Meters", hour(6, 0), hour(30, 0), change.Running), // ends after
	}}}
	for i := range 7 {
		v.Days = append(v.Days, Day{At: monday.AddDate(0, 0, i), Weekend: i > 4})
	}
	v.Arrange([]string{"Billing", "Portal"})
	return v
}

func TestEntriesStandSideBySide(t *testing.T) {
	v := view("week")
	var got []string
	for _, lane := range v.Lanes {
		for _, row := range lane.Rows {
			line, days := lane.Service+":", 0
			for _, c := range row {
				days += c.Span
				switch {
				case c.Entry == nil:
					line += " -"
				case c.Entry.Freeze != nil:
					line += fmt.Sprintf(" %s×%d", c.Entry.Freeze.Key(), c.Span)
				default:
					line += fmt.Sprintf(" %s×%d", c.Entry.Booking.ReleaseKey, c.Span)
				}
			}
			if days != 7 {
				t.Errorf("%s spans %d days", line, days)
			}
			got = append(got, line)
		}
	}
	want := []string{"Billing: BIL-1×2 - - F-12×2 -", "Billing: - BIL-2×3 - BIL-3×1 -", "Portal: - - - - F-12×2 -", "Meters: - - - - F-12×2 MGW-1×1"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("lanes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAgendaIsTheGridsEqual: whoever cannot use the grid misses nothing.
func TestAgendaIsTheGridsEqual(t *testing.T) {
	page := func(name string) *goquery.Document {
		var out bytes.Buffer
		if err := Calendar(view(name)).Render(ui.WithFrame(context.Background(), ui.Frame{Now: monday}), &out); err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	grid, agenda := page("week").Find("table.lanes tbody").Text(), page("agenda").Find("#agenda tbody").Text()
	for _, what := range []string{"BIL-1", "BIL-2", "BIL-3", "MGW-1", "F-12 Weekend", "proposed", "agreed", "done", "running"} {
		if !strings.Contains(grid, what) || !strings.Contains(agenda, what) {
			t.Errorf("%q: grid %v, agenda %v", what, strings.Contains(grid, what), strings.Contains(agenda, what))
		}
	}
}

func TestWavesStandBelowTheirRelease(t *testing.T) {
	booking := func(key, part string, from, to db.Time) change.Entry {
		return change.Entry{Span: change.Span{From: from, To: to}, Booking: &change.Booking{ReleaseKey: key, Part: part, ServiceName: "Billing"}}
	}
	v := CalendarView{View: "month", Zone: time.UTC, Calendar: &change.Calendar{Entries: []change.Entry{
		booking("BIL-2026.11.1", "", hour(0, 1), hour(1, 20)), booking("BIL-2026.11.1", "wave 1", hour(0, 1), hour(0, 9)),
		booking("BIL-2026.11.2", "wave 1", hour(2, 1), hour(3, 9)), booking("BIL-2026.11.2", "", hour(2, 1), hour(4, 9)),
		booking("BIL-2026.11.3", "", hour(5, 1), hour(9, 9)),
	}}}
	for i := range 28 {
		v.Days = append(v.Days, Day{At: monday.AddDate(0, 0, i)})
	}
	v.Arrange(nil)
	var got []string
	for _, row := range v.Lanes[0].Rows {
		line := ""
		for _, c := range row {
			if c.Entry != nil {
				line += " " + v.label(c.Entry.Booking, c.Span)
			}
		}
		got = append(got, line)
	}
	if want := " 11.1 2026.11.2 BIL-2026.11.3| W1 W1"; strings.Join(got, "|") != want {
		t.Errorf("the rows are %q", got)
	}
	v.View = "week"
	if one := v.label(v.Calendar.Entries[1].Booking, 1); one != "11.1 wave 1" {
		t.Errorf("a day of a week says %q", one)
	}
}
