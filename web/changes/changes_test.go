package changes_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/web/webtest"
)

func freeze() url.Values {
	return url.Values{"title": {"Year end"}, "reason": {"The books are closed"}, "starts_at": {"2026-11-24T18:00"}, "stops_at": {"2026-11-25T06:00"},
		"zone": {"Europe/Oslo"}, "exempt": {"emergency"}}
}

func TestAFreezeFromTheFormToTheFeed(t *testing.T) {
	s := webtest.New(t)
	chen, maya := s.As("chen"), s.As("maya")
	maya.Get("/freezes/new").Status(http.StatusForbidden)
	maya.Post("/freezes", freeze()).Status(http.StatusForbidden)
	wrong := freeze()
	wrong.Set("zone", "Mars/Base")
	chen.Post("/freezes", wrong).Status(http.StatusUnprocessableEntity).Has(".field-error", "time zone")
	to := chen.Post("/freezes", freeze()).Status(http.StatusSeeOther).Location()
	for _, view := range []string{"week", "month"} {
		maya.Get("/calendar?view="+view).Status(http.StatusOK).Has("table.lanes .freeze", "Year end")
	}
	maya.Get("/calendar?view=agenda").Status(http.StatusOK).Has("#agenda", "Year end")
	if feed := maya.Get("/calendar.ics").Status(http.StatusOK).Body; !strings.Contains(feed, "DTSTART:20261124T170000Z") {
		t.Errorf("the feed does not begin the freeze at 17:00 UTC:\n%s", feed)
	}
	maya.Get(to).Status(http.StatusOK).Lacks("main", "Cancel the freeze")
	chen.Post(to+"/cancel", url.Values{"version": {"7"}, "reason": {"over"}}).Status(http.StatusConflict).Has("#cancel textarea", "over").Lacks("#override textarea", "over")
	chen.Post(to+"/cancel", url.Values{"version": {"1"}, "reason": {"over"}}).Status(http.StatusSeeOther)
	maya.Get("/calendar?view=agenda").Lacks("main", "Year end")
}

func TestAChangeByHandAndWhatIsRefused(t *testing.T) {
	s := webtest.New(t)
	maya, chen, olga, stefan := s.As("maya"), s.As("chen"), s.As("olga"), s.As("stefan")
	service, _ := maya.Get("/changes/new").Status(http.StatusOK).Doc().Find("select[name=service] option[value!='']").First().Attr("value")
	form := url.Values{"title": {"New tariff table"}, "service": {service}, "reason": {"Law"}, "zone": {"Europe/Oslo"}, "version": {"1"}}
	stefan.Post("/changes", form).Status(http.StatusForbidden)
	to := maya.Post("/changes", form).Status(http.StatusSeeOther).Location()
	do := func(verb, version string) url.Values { return url.Values{"verb": {verb}, "version": {version}} }
	maya.Post(to+"/do", do("submit", "1")).Status(http.StatusConflict).Has(".blockers", "return").Has(".blockers", "risks").Has(".blockers", "resources")
	for name, text := range map[string]string{"return": "Right bills", "risks": "Wrong bills", "resources": "Two days", "responsible": "Maya", "relationship": "none"} {
		form.Set(name, text)
	}
	maya.Post(to, form).Status(http.StatusSeeOther)
	form.Set("reason", "typed over a newer change")
	maya.Post(to, form).Status(http.StatusConflict).Has("textarea[name=reason]", "typed over a newer change")
	maya.Post(to+"/do", do("submit", "2")).Status(http.StatusSeeOther)
	chen.Post(to+"/do", do("assess", "3")).Status(http.StatusSeeOther)
	maya.Post(to+"/do", do("authorise", "4")).Status(http.StatusForbidden)
	olga.Post(to+"/do", do("authorise", "4")).Status(http.StatusSeeOther)
	maya.Get(to).Has("main", "Authorised")
	maya.Get("/changes?q=tariff").Has("tbody", "New tariff table")
	maya.Get("/changes/CHG-999999").Status(http.StatusNotFound)
}

func TestAConflictIsAcceptedWithAReason(t *testing.T) {
	s := webtest.Demo(t)
	chen, maya := s.As("chen"), s.As("maya")
	chen.Get("/calendar").Has("#conflicts details h3", "accepted, with a reason")
	if err := s.App.DB.InTx(context.Background(), func(tx *db.Tx) error { return tx.Gorm().Exec("DELETE FROM conflict_acceptances").Error }); err != nil {
		t.Fatal(err)
	}
	maya.Get("/calendar").Has("#conflicts", "both need").Lacks("#conflicts", "Accept the conflict")
	page := chen.Get("/calendar").Has("#conflicts summary", "Accept the conflict").Lacks("#conflicts", "accepted, with")
	form := url.Values{}
	for _, name := range []string{"one", "other", "shared"} {
		value, _ := page.Doc().Find("#conflicts form input[name=" + name + "]").First().Attr("value")
		form.Set(name, value)
	}
	form.Set("reason", " ")
	maya.Post("/conflicts", form).Status(http.StatusForbidden)
	refused := chen.Post("/conflicts", form).Status(http.StatusUnprocessableEntity).Has("#conflicts details[open] #f-reason-error", "Say why")
	if open := refused.Doc().Find("#conflicts details[open]").Length(); open != 1 {
		t.Errorf("%d forms stand open", open)
	}
	form.Set("reason", "Different people carry them out")
	chen.Post("/conflicts", form).Status(http.StatusSeeOther)
	chen.Get("/calendar").Has("#conflicts details", "Accepted by Chen Wei: Different people carry them out")
}

func TestTheAgendaOfTheBoard(t *testing.T) {
	s := webtest.New(t)
	maya, chen := s.As("maya"), s.As("chen")
	maya.Get("/changes/agenda").Status(http.StatusOK).Has("main", "No change waits for a decision")
	service, _ := maya.Get("/changes/new").Doc().Find("select[name=service] option[value!='']").First().Attr("value")
	raise := func(title, from string) string {
		form := url.Values{"title": {title}, "service": {service}, "zone": {"Europe/Oslo"}, "reason": {"Law"}, "return": {"Right bills"}, "risks": {"Wrong bills"},
			"resources": {"Two days"}, "responsible": {"Maya"}, "relationship": {"none"}}
		if from != "" {
			form.Set("window_start", from+"T20:00")
			form.Set("window_end", from+"T22:00")
		}
		to := maya.Post("/changes", form).Status(http.StatusSeeOther).Location()
		maya.Post(to+"/do", url.Values{"verb": {"submit"}, "version": {"1"}}).Status(http.StatusSeeOther)
		return to
	}
	undated, late, early := raise("Undated", ""), raise("Late", "2026-12-09"), raise("Early", "2026-12-02")
	maya.Post("/changes", url.Values{"title": {"A draft"}, "service": {service}, "reason": {"Law"}, "zone": {"Europe/Oslo"}}).Status(http.StatusSeeOther)
	chen.Post(early+"/do", url.Values{"verb": {"assess"}, "version": {"2"}}).Status(http.StatusSeeOther)
	chen.Post(early+"/advice", url.Values{"board": {"CAB"}, "advice": {"recommend"}, "members": {"Olga"}}).Status(http.StatusSeeOther)
	page := chen.Get("/changes/agenda").Status(http.StatusOK).Has("main", "3 changes wait for a decision; 3 can be decided now.").Lacks("main", "A draft").
		Has("#agenda", "Assess for").Has("#agenda", "Authorise or reject").Has("#agenda", "Wrong bills").Has("#agenda", "Recommend").Has("button[data-print]", "Print the agenda")
	var order []string
	for _, a := range page.Doc().Find("#agenda th a.key").EachIter() {
		href, _ := a.Attr("href")
		order = append(order, href)
	}
	if want := []string{early, late, undated}; strings.Join(order, " ") != strings.Join(want, " ") {
		t.Errorf("the agenda reads %v, want %v", order, want)
	}
	chen.Post(early+"/do", url.Values{"verb": {"authorise"}, "version": {"3"}})
	chen.Get("/changes").Has(".page-head", "Agenda of the board")
}

func TestTheAgendaHoldsOpenGatesAndDebts(t *testing.T) {
	s := webtest.Demo(t)
	chen := s.As("chen").Get("/changes/agenda").Status(http.StatusOK)
	chen.Has("#agenda", "Decide in retrospect").Has("#agenda", "Decide A1 plan").Has("#agenda", "12 blockers until it can be decided").Has("#agenda", "open risks").
		Has("#agenda", "Rotation of the card keys")
	s.As("stefan").Get("/changes/agenda").Status(http.StatusOK).Lacks("body", "Rotation of the card keys")
	if n := s.As("maya").Statements("/changes/agenda"); n > 20 {
		t.Errorf("the agenda takes %d statements", n)
	}
}
