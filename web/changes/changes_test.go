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
