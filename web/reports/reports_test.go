package reports_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/dbtest"
	"slipway/internal/identity"
	"slipway/internal/report"
	"slipway/web/webtest"
)

func TestTheFiguresOfTheDemonstration(t *testing.T) {
	s := webtest.Demo(t)
	maya := s.As("maya")
	page := maya.Get("/reports").Status(http.StatusOK)
	t.Run("each figure says what it is and what it was counted from", func(t *testing.T) {
		page.Has(".page-head", "1 December 2025 to 23 November 2026").Has("#key-on-time", "releases completed").Has("#key-recovery", "not enough data").Has("#key-recovery", "needs 5")
		n := 0
		page.Doc().Find("#measures tr[id^='m-']").Each(func(_ int, row *goquery.Selection) {
			n++
			cells := row.Find("td")
			if cells.Length() != 3 || strings.TrimSpace(cells.Eq(0).Text()) == "" || !strings.ContainsAny(cells.Eq(1).Text(), "0123456789") || len(strings.TrimSpace(cells.Eq(2).Text())) < 20 {
				t.Errorf("%q is not explained", row.Text())
			}
		})
		if n < 20 {
			t.Errorf("%d measures", n)
		}
	})
	t.Run("charts tell their numbers", func(t *testing.T) {
		for _, card := range []string{"#months", "#slips"} {
			svg := page.Doc().Find(card + " svg[role='img']")
			label, _ := svg.Attr("aria-labelledby")
			if svg.Length() != 1 || len(page.Text("[id='"+label+"']")) < 40 || page.Doc().Find(card+" details table tbody tr").Length() == 0 {
				t.Errorf("%s has no picture with its numbers in words and in a table", card)
			}
		}
		if page.Doc().Find("svg[style], text[style], .plot script").Length() > 0 {
			t.Error("a chart carries its own style")
		}
		total := 0
		page.Doc().Find("#months tbody tr").Each(func(_ int, row *goquery.Selection) {
			if n, err := strconv.Atoi(strings.TrimSpace(row.Find("td").First().Text())); err == nil {
				total += n
				if keys := row.Find("a.key").Length(); keys != n {
					t.Errorf("%q names %d releases", row.Text(), keys)
				}
			}
		})
		page.Has(".page-head", strconv.Itoa(total)+" releases deployed").Has("#months tbody", "not recorded").Has("#run-t", "nothing is recorded of")
	})
	t.Run("the download holds the same numbers", func(t *testing.T) {
		href, _ := page.Doc().Find("a[href^='/reports.csv']").Attr("href")
		answer := maya.Get(href).Status(http.StatusOK)
		if kind, name := answer.Head.Get("Content-Type"), answer.Head.Get("Content-Disposition"); kind != "text/csv; charset=utf-8" || name != `attachment; filename="slipway-figures-2026-11-23.csv"` {
			t.Errorf("%s, %s", kind, name)
		}
		rows, err := csv.NewReader(strings.NewReader(answer.Body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string][]string{}
		for _, row := range rows[1:] {
			seen[row[1]] = row
			if row[7] != "2025-12-01" || row[8] != "2026-11-23" || row[11] == "" {
				t.Errorf("no period or no definition: %v", row)
			}
		}
		page.Doc().Find("#measures tr[id^='m-']").Each(func(_ int, tr *goquery.Selection) {
			name, shown, basis := strings.TrimSpace(tr.Find("th").Text()), strings.TrimSpace(tr.Find("td").Eq(0).Text()), tr.Find("td").Eq(1).Text()
			row := seen[name]
			if row == nil {
				t.Errorf("%s is not in the download", name)
				return
			}
			if unknown := strings.Contains(shown, "not enough data"); unknown != (row[2] == "") {
				t.Errorf("%s is %q on the page and %q in the download", name, shown, row[2])
			}
			if !strings.Contains(basis, row[5]+" "+row[6]) || row[3] == "share" && !strings.HasPrefix(basis, row[4]+" of ") {
				t.Errorf("%s is of %q on the page, of %v in the download", name, basis, row[4:7])
			}
			if value, err := strconv.ParseFloat(row[2], 64); err == nil && row[3] == "share" && shown != strconv.FormatFloat(100*value, 'f', 1, 64)+" %" {
				t.Errorf("%s is %q on the page and %v in the download", name, shown, value)
			}
		})
	})
	t.Run("narrowed to a service, a type and a period", func(t *testing.T) {
		page := maya.Get("/reports?service=PAY&type=minor&from=2026-08-01&until=2026-10-31").Status(http.StatusOK)
		page.Has(".page-head", "1 August 2026 to 31 October 2026").Has("#measures", "1 August 2026 to 31 October 2026").Lacks("#measures", "Targets that run")
		for selector, want := range map[string]string{"[name='from']": "2026-08-01", "[name='until']": "2026-10-31"} {
			if value, _ := page.Doc().Find(selector).Attr("value"); value != want {
				t.Errorf("%s keeps %q", selector, value)
			}
		}
		if page.Text("[name='service'] option[selected]") != "Payments API" || page.Text("[name='type'] option[selected]") != "Minor" {
			t.Error("the filter forgets what was chosen")
		}
		page.Doc().Find("#months a.key, #slips a.key, #risks .key").Each(func(_ int, key *goquery.Selection) {
			if !strings.HasPrefix(key.Text(), "PAY-") {
				t.Errorf("%s is of another service", key.Text())
			}
		})
		if href, _ := page.Doc().Find("a[download]").Attr("href"); !strings.Contains(maya.Get(href).Status(http.StatusOK).Body, "2026-08-01,2026-10-31,PAY,minor") {
			t.Errorf("%s holds something else", href)
		}
		if rows := page.Doc().Find("#months tbody tr").Length(); rows != 3 {
			t.Errorf("%d months", rows)
		}
	})
	t.Run("what makes no sense is said beside the field", func(t *testing.T) {
		for query, field := range map[string]string{
			"from=yesterday": "from", "until=2026-02-31": "until", "from=2026-05-02&until=2026-05-01": "until", "service=NONE": "service", "type=huge": "type", "from=2001-01-01": "from", "from=0001-01-01": "from",
		} {
			page := maya.Get("/reports?" + query).Status(http.StatusUnprocessableEntity)
			id, _ := page.Doc().Find("[name='" + field + "'][aria-invalid]").Attr("id")
			if id == "" || page.Text("[id='"+id+"-error']") == "" || page.Doc().Find("#summary a[href='#"+id+"']").Length() == 0 {
				t.Errorf("%s: no reason beside %s\n%s", query, field, page.Text("main"))
			}
			if code := maya.Get("/reports.csv?" + query).Code; code != http.StatusUnprocessableEntity {
				t.Errorf("%s is downloaded with %d", query, code)
			}
		}
		page := maya.Get("/reports?from=yesterday&until=2026-05-01&type=minor")
		if kept, _ := page.Doc().Find("[name='until']").Attr("value"); kept != "2026-05-01" || page.Text("[name='type'] option[selected]") != "Minor" {
			t.Error("what was typed is lost")
		}
	})
	t.Run("who reads them", func(t *testing.T) {
		for name, code := range map[string]int{"ada": http.StatusOK, "dario": http.StatusOK, "stefan": http.StatusForbidden} {
			p := s.As(name)
			if got := p.Get("/reports").Code; got != code {
				t.Errorf("%s: %d", name, got)
			}
			if got := p.Get("/reports.csv").Code; got != code {
				t.Errorf("%s: %d for the download", name, got)
			}
		}
	})
	t.Run("restricted releases do not count for those who do not see them", func(t *testing.T) {
		pay := s.App.Report
		all, err := pay.Figures(context.Background(), local(t, s, "ada"), report.Query{})
		if err != nil {
			t.Fatal(err)
		}
		outsider := dbtest.UserWith(t, s.App.DB, "lotte", identity.Grant{Role: identity.TestManager, ServiceID: serviceID(t, s, "LOY")})
		some, err := pay.Figures(context.Background(), outsider, report.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if was, is := all.Measure("emergency").Cases, some.Measure("emergency").Cases; is != was-1 {
			t.Errorf("%d releases were made, %d for an outsider; one is restricted", was, is)
		}
	})
	if n := maya.Statements("/reports"); n > 30 {
		t.Errorf("the figures take %d statements, want at most 30", n)
	}
}

func local(t *testing.T, s *webtest.Server, name string) identity.Actor {
	t.Helper()
	a, err := s.App.Identity.Local(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func serviceID(t *testing.T, s *webtest.Server, key string) int64 {
	t.Helper()
	list, err := s.App.Release.Choices(context.Background(), local(t, s, "maya"), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range list.Services {
		if service.Key == key {
			return service.ID
		}
	}
	t.Fatalf("there is no service %s", key)
	return 0
}

// Before anything happened every figure lacks data, and no month counts zero.
func TestNothingIsKnownOfAnEmptyRecord(t *testing.T) {
	s := webtest.New(t)
	page := s.As("maya").Get("/reports").Status(http.StatusOK)
	// The library holds files already, and targets report what they had before.
	page.Doc().Find("#measures tr[id^='m-']:not(#m-accuracy):not(#m-unauthorised)").Each(func(_ int, row *goquery.Selection) {
		if !strings.Contains(row.Find("td").First().Text(), "not enough data") {
			t.Errorf("a figure of nothing: %q", row.Text())
		}
	})
	page.Has("#slips", "No release was completed").Has("#outcomes", "No release ended").Has("#risks", "No risk").Has("#months tbody", "not recorded").Lacks("#months tbody td.num", "0")
}
