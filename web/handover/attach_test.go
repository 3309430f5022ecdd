package handover_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

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
