package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/web/webtest"
)

// What a person does counts on the next page that they open.
func TestTheNavigationCountsAnewWhatAPersonDid(t *testing.T) {
	s := webtest.Demo(t)
	stefan := s.As("stefan")
	const waits = ".side a[href='/'] .count"
	stefan.Get("/releases").Has(waits, "1 waiting")
	actor, err := s.App.Identity.Local(context.Background(), "stefan")
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.App.Report.MyWork(context.Background(), actor)
	if err != nil || len(w.Decisions) != 1 {
		t.Fatalf("%+v, %v", w, err)
	}
	stakeholders := stefan.Get(w.Decisions[0].Href).Status(http.StatusOK)
	form := stakeholders.Doc().Find("main form[action*='acknowledge']").First()
	action, there := form.Attr("action")
	if !there {
		t.Fatal("the notice cannot be acknowledged")
	}
	stefan.Post(strings.SplitN(action, "?", 2)[0], url.Values{}).Status(http.StatusSeeOther)
	if n := stefan.Get("/releases").Doc().Find(waits).Length(); n != 0 {
		t.Error("what was done is still counted")
	}
}
