package tests_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/release"
	"slipway/web/webtest"
)

// judged finds a release of the demonstration of which tess judges criteria now.
func judged(t *testing.T, s *webtest.Server) (key, at string, form url.Values) {
	t.Helper()
	tess, err := s.App.Identity.Local(context.Background(), "tess")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.App.Release.List(context.Background(), tess, release.Filter{State: release.BuildTest})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		link, there := s.As("tess").Get(r.Link("tests")).Doc().Find("#criteria a[href*='do=criterion-']").First().Attr("href")
		if !there {
			continue
		}
		page := s.As("tess").Get(link[:strings.Index(link, "#")])
		box := page.Doc().Find("#criteria form[enctype='multipart/form-data']")
		action, _ := box.Attr("action")
		version, _ := box.Find("[name=version]").Attr("value")
		if box.Find("[name=files][type=file][multiple]").Length() != 1 {
			t.Fatalf("the form of a verdict takes no files: %s", link)
		}
		return r.Key, action[:strings.Index(action, "?")], url.Values{"version": {version}, "verb": {"pass"}, "measured": {"as asked"}, "evidence": {"The series below."}}
	}
	t.Fatal("nothing is judged in the demonstration")
	return "", "", nil
}

func TestFilesAreAttachedToAVerdict(t *testing.T) {
	s := webtest.Demo(t)
	key, at, form := judged(t, s)
	tess := s.As("tess")
	row := "#criterion-" + at[strings.LastIndex(at, "/")+1:]
	for name, want := range map[string]int{"maya": http.StatusForbidden, "dario": http.StatusForbidden, "bruno": http.StatusForbidden, "stefan": http.StatusNotFound} { // it is restricted
		s.As(name).Send(at, form, "mine.csv", "by "+name).Status(want)
	}
	bad := tess.Send(at, form, "tool.exe", "MZ\x90\x00\x03\x00\x00\x00").Status(http.StatusUnprocessableEntity).Has("#criteria #f-files-error", "tool.exe is neither a picture")
	if bad.Text("#f-evidence") != "The series below." {
		t.Errorf("what was typed came back as %q", bad.Text("#f-evidence"))
	}
	form.Set("measured", "")
	tess.Send(at, form, "series.csv", "1,2,3\n").Status(http.StatusUnprocessableEntity).Has("#f-measured-error", "Enter what was measured").Has("#criteria form .files", "series.csv")
	form.Set("measured", "as asked")
	tess.Send(at, form).Status(http.StatusSeeOther)
	maya := s.As("maya")
	maya.Get("/releases/"+key+"/tests").Has(row+" .files", "series.csv").Lacks("main", "mine.csv")
	history := maya.Get("/releases/"+key+"/history").Has("#files", "verdict on “").Has("#record", "attached series.csv to verdict on")
	file, _ := history.Doc().Find("#files a[download]").First().Attr("href")
	maya.Get(file).Status(http.StatusOK)
	s.As("stefan").Get(file).Status(http.StatusNotFound)
}
