package releases_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/release"
	"slipway/web/webtest"
)

func TestTheTwelveAreasOfReadiness(t *testing.T) {
	s := webtest.Demo(t)
	page := s.As("stefan").Get(at(t, s, shelfLabels, "readiness")).Status(http.StatusOK).Has("#counts", "7 areas stand in the way of A4").Lacks("#areas", "Report")
	count(t, page, "#areas > .rows > li", 12)
	for _, area := range release.Areas() {
		page.Has("#"+area.Code+" h3", area.Name)
	}
	if first, _ := page.Doc().Find("#areas > .rows > li").First().Attr("id"); first != "infrastructure" {
		t.Errorf("the red area is not first, but %s", first)
	}
	page.Has("#infrastructure .st", "Red").Has("#people .st", "Amber").Has("#people", "Elin Berg deals with it by Mon 23 Nov").Has("#finance .st", "Green").Has("#data .st", "Not reported").
		Has("#evidence", "The media was hashed anew within a day").Lacks("#evidence", "Readiness:")
}

func TestAReportOnReadiness(t *testing.T) {
	s := webtest.Demo(t)
	omar, stefan := s.As("omar"), s.As("stefan")
	to := at(t, s, shelfLabels, "readiness")
	open := omar.Get(to+"?do=data").Status(http.StatusOK).Has("#data form", "What you saw")
	version := func(p *webtest.Page) string {
		return p.Doc().Find("#data input[name=version_data]").AttrOr("value", "")
	}
	owner, _ := open.Doc().Find("#f-owner_data option:not([value=''])").First().Attr("value")
	form := url.Values{"area": {"data"}, "version_data": {version(open)}, "colour_data": {"amber"}, "note_data": {"One index is built by night."}, "owner_data": {owner}, "due_data": {"2026-11-27T12:00"}}
	stefan.Post(to, form).Status(http.StatusForbidden)
	for name, c := range map[string]struct{ field, value, says string }{
		"amber of nobody":      {"owner_data", "", "somebody who deals with it"},
		"amber for ever":       {"due_data", "", "a date that lies ahead"},
		"amber until last May": {"due_data", "2026-05-27T12:00", "a date that lies ahead"},
		"amber until soon":     {"due_data", "soon", "Write the time like"},
		"no colour":            {"colour_data", "", "green, amber or red"},
		"a colour of its own":  {"colour_data", "blue", "green, amber or red"},
		"nothing seen":         {"note_data", " ", "what you saw"},
		"a stranger":           {"owner_data", "99999", "a person from the list"},
	} {
		page := omar.Post(to, with(form, c.field, c.value)).Status(http.StatusUnprocessableEntity)
		if text := strings.ToLower(page.Text("#f-" + c.field + "-error")); !strings.Contains(text, strings.ToLower(c.says)) {
			t.Errorf("%s: %q under the field, want %q", name, text, c.says)
		}
		if c.field != "note_data" {
			typed(t, page, "#f-note_data", "One index is built by night.")
		}
	}
	omar.Post(to, with(form, "area", "weather")).Status(http.StatusUnprocessableEntity)
	if codes := twice(omar, to, with(form, "once", "one-press")); codes != [2]int{http.StatusSeeOther, http.StatusSeeOther} {
		t.Errorf("two clicks answered %v", codes)
	}
	stefan.Get(to).Has("#data .st", "Amber").Has("#data", "One index is built by night.").Has("#counts", "6 areas stand in the way")
	stale := omar.Post(to, with(form, "colour_data", "red", "note_data", "The index failed.")).Status(http.StatusConflict).Has("[role=alert]", "Somebody else saved this")
	typed(t, stale, "#f-note_data", "The index failed.")
	omar.Post(to, with(form, "colour_data", "red", "note_data", "The index failed.", "version_data", version(stale))).Status(http.StatusSeeOther)
	s.As("chen").Get(at(t, s, shelfLabels, "gates", "A4")).Has("#criterion-readiness-data", "The index failed.").Has("#criteria", "7 not met")
	// what is over is not reported on
	omar.Get(at(t, s, greeting, "readiness")).Status(http.StatusOK).Lacks("#areas", "Report")
	omar.Post(at(t, s, greeting, "readiness"), form).Status(http.StatusConflict)
}

func TestAllAreasOfReadinessAreSavedAtOnce(t *testing.T) {
	s := webtest.Demo(t)
	omar, stefan := s.As("omar"), s.As("stefan")
	to := at(t, s, shelfLabels, "readiness")
	stefan.Get(to+"?do=all").Status(http.StatusOK).Lacks("#areas", "all at once").Lacks("main", "Save the reports")
	omar.Get(to).Status(http.StatusOK).Has("#areas a", "Report on all at once")
	open := omar.Get(to + "?do=all").Status(http.StatusOK)
	count(t, open, "#areas form", 1)
	count(t, open, "#areas textarea", 12)
	form := url.Values{}
	open.Doc().Find("#areas form input[type=hidden], #areas form input:checked, #areas form textarea").Each(func(_ int, field *goquery.Selection) {
		form.Add(field.AttrOr("name", ""), field.AttrOr("value", field.Text()))
	})
	open.Doc().Find("#areas form option[selected]").Each(func(_ int, o *goquery.Selection) {
		form.Add(o.Parent().AttrOr("name", ""), o.AttrOr("value", ""))
	})
	open.Doc().Find("#areas form input[type=datetime-local]").Each(func(_ int, field *goquery.Selection) {
		form.Add(field.AttrOr("name", ""), field.AttrOr("value", ""))
	})
	stefan.Post(to, form).Status(http.StatusForbidden)
	omar.Post(to, form).Status(http.StatusUnprocessableEntity).Has("[role=alert]", "Nothing new was said")
	said := with(form, "colour_data", "green", "note_data", "Tried on a copy.", "note_support", "The desk knows.")
	refused := omar.Post(to, said).Status(http.StatusUnprocessableEntity).Has("#f-colour_support-error", "green, amber or red")
	typed(t, refused, "#f-note_data", "Tried on a copy.")
	typed(t, refused, "#f-note_support", "The desk knows.")
	omar.Post(to, with(said, "colour_support", "green")).Status(http.StatusSeeOther)
	omar.Get(to).Has("#counts", "5 areas stand in the way").Has("#data", "Omar Nasser").Has("#support .st", "Green").Has("#people .st", "Amber").Has("#finance", "Sofia Marttinen")
}
