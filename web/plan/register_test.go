package plan_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/web/webtest"
)

func TestTheRegisterIsReadByTheMap(t *testing.T) {
	s := webtest.Demo(t)
	maya := s.As("maya")
	page := maya.Get("/risks").Status(http.StatusOK).Has("table caption", "worst first")
	rows := page.Doc().Find("tbody td[data-th=Risk]").Length()
	counted, cells := 0, page.Doc().Find(".heat td a")
	cells.Each(func(_ int, cell *goquery.Selection) {
		n, err := strconv.Atoi(cell.Text())
		if err != nil || !strings.HasPrefix(cell.AttrOr("aria-label", ""), cell.Text()+" risk") {
			t.Errorf("a cell says %q, named %q", cell.Text(), cell.AttrOr("aria-label", ""))
		}
		counted += n
		narrow := maya.Get(cell.AttrOr("href", "")).Status(http.StatusOK).Has("main", "Probability")
		if got := narrow.Doc().Find("tbody td[data-th=Risk]").Length(); got != n {
			t.Errorf("the cell of %d leads to %d", n, got)
		}
		if narrow.Doc().Find(".heat td a").Length() != cells.Length() {
			t.Error("the map is narrowed with the list")
		}
	})
	if rows == 0 || counted != rows {
		t.Errorf("%d risks are listed, %d are on the map", rows, counted)
	}
	maya.Get("/risks?probability=5&impact=5").Status(http.StatusOK).Has("main", "No risk has this probability and impact").Has("main", "Show every cell")
	maya.Get("/risks?probability=x&impact=99").Status(http.StatusOK).Has("table caption", "worst first")
	page.Lacks("table", "PAY-2026.08.1") // closed
	maya.Get("/risks?all=true").Has("table", "PAY-2026.08.1")
}
