package handover_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/review"
	"slipway/web/webtest"
)

// offerable finds a release in early life with an item that nobody offered yet.
func offerable(t *testing.T, s *webtest.Server) (*release.Release, review.HandoverItem) {
	t.Helper()
	maya, err := s.App.Identity.Local(context.Background(), "maya")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.App.Release.List(context.Background(), maya, release.Filter{State: release.EarlyLife})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		for _, item := range sheet(t, s, maya, list[i].Key).Items {
			if item.State == review.HandoverOpen || item.State == review.HandoverReturned {
				return &list[i], item
			}
		}
	}
	t.Fatal("nothing is to be handed over in the demonstration")
	return nil, review.HandoverItem{}
}

func sheet(t *testing.T, s *webtest.Server, actor identity.Actor, key string) *review.Sheet {
	t.Helper()
	sh, err := s.App.Review.Sheet(context.Background(), actor, key)
	if err != nil {
		t.Fatal(err)
	}
	return sh
}

func TestFilesAreAttachedToAHandover(t *testing.T) {
	s := webtest.Demo(t)
	r, item := offerable(t, s)
	n := strconv.FormatInt(item.Number, 10)
	maya, omar := s.As("maya"), s.As("omar")
	page, row := r.Link("handover"), "#item-"+n
	offer, decide := page+"/items/"+n+"/offer", page+"/items/"+n+"/decide"
	if box := maya.Get(page + "?do=item-" + n).Doc().Find(row + " form[enctype='multipart/form-data'] [name=files][multiple]"); box.Length() != 1 {
		t.Fatalf("%d choosers of files", box.Length())
	}
	form := url.Values{"version": {strconv.FormatInt(item.Version, 10)}, "detail": {"Revision 5 lies in the library."}}
	for _, name := range []string{"stefan", "ada", "dario"} {
		s.As(name).Send(offer, form, "mine.txt", "by "+name).Status(http.StatusForbidden)
	}
	bad := maya.Send(offer, form, "empty.txt", "").Status(http.StatusUnprocessableEntity).Has(row+" .field-error", "empty.txt is empty")
	if got := strings.TrimSpace(bad.Text("#f-detail")); got != "Revision 5 lies in the library." {
		t.Errorf("what was typed came back as %q", got)
	}
	maya.Send(offer, form, "contents.txt", "Start, stop.").Status(http.StatusSeeOther)

	form = url.Values{"version": {strconv.FormatInt(item.Version+1, 10)}, "verb": {"return"}, "reason": {""}}
	omar.Send(decide, form, "restore.log", "failed at 60 %").Status(http.StatusUnprocessableEntity).Has(row+" .field-error", "Say what is missing").Has(row+" form .files", "restore.log")
	form.Set("reason", "The restore fails.")
	omar.Send(decide, form).Status(http.StatusSeeOther)
	stefan := s.As("stefan")
	stefan.Get(page).Has(row+" .files", "contents.txt").Has(row+" .files", "restore.log").Lacks("main", "mine.txt")
	stefan.Get(r.Link("history")).Has("#files", "handover item").Has("#record", "attached restore.log to handover item")
}

func TestOpenItemsAreOfferedByOneForm(t *testing.T) {
	s := webtest.Demo(t)
	r, _ := offerable(t, s)
	maya, page := s.As("maya"), r.Link("handover")
	for _, name := range []string{"stefan", "omar"} {
		s.As(name).Get(page+"?do=items").Status(http.StatusOK).Lacks("#handover", "at once").Lacks("#handover", "Offer")
		s.As(name).Post(page+"/items/offer", url.Values{"item": {"1"}}).Status(http.StatusForbidden)
	}
	maya.Get(page).Has("#handover a", "open items at once")
	open := maya.Get(page + "?do=items").Status(http.StatusOK)
	form, texts := url.Values{}, open.Doc().Find("#handover form textarea")
	open.Doc().Find("#handover form input[type=hidden]").Each(func(_ int, field *goquery.Selection) {
		form.Add(field.AttrOr("name", ""), field.AttrOr("value", ""))
	})
	if texts.Length() < 2 || len(form["item"]) != texts.Length() {
		t.Fatalf("%d fields for %d items", texts.Length(), len(form["item"]))
	}
	maya.Post(page+"/items/offer", form).Status(http.StatusUnprocessableEntity).Has("[role=alert]", "No item was offered")
	first, last := texts.First().AttrOr("name", ""), texts.Last().AttrOr("name", "")
	form.Set(first, "In the library, revision 3.")
	form.Set(last, strings.Repeat("x", 30_000))
	bad := maya.Post(page+"/items/offer", form).Status(http.StatusUnprocessableEntity).Has("#f-"+last+"-error", "shorter")
	if got := strings.TrimSpace(bad.Text("#f-" + first)); got != "In the library, revision 3." {
		t.Errorf("what was typed came back as %q", got)
	}
	form.Set(last, "Agrees with what is installed.")
	maya.Post(page+"/items/offer", form).Status(http.StatusSeeOther)
	for _, field := range []string{first, last} {
		maya.Get(page).Has("#item-"+strings.TrimPrefix(field, "detail_")+" .st", "Offered")
	}
}

func TestFilesAreAttachedToALiveVerdict(t *testing.T) {
	s := webtest.Demo(t)
	r, _ := offerable(t, s)
	elin, err := s.App.Identity.Local(context.Background(), "elin")
	if err != nil {
		t.Fatal(err)
	}
	value := sheet(t, s, elin, r.Key).Values[0]
	n := strconv.FormatInt(value.Criterion.Number, 10)
	at := r.Link("handover") + "/value/" + n
	form := url.Values{"version": {strconv.FormatInt(value.Check.Version, 10)}, "verb": {"pass"}, "measured": {""}, "evidence": {"A week."}}
	s.As("maya").Send(at, form, "mine.csv", "1").Status(http.StatusForbidden)
	s.As("elin").Send(at, form, "week.csv", "1,2").Status(http.StatusUnprocessableEntity).Has("#value .field-error", "Enter what was measured").Has("#value form .files", "week.csv")
	form.Set("measured", "99.98 %")
	s.As("elin").Send(at, form).Status(http.StatusSeeOther)
	s.As("stefan").Get(r.Link("handover")).Has("#value-"+n+" .files", "week.csv")
}
