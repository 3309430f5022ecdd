package handover

import (
	"bytes"
	"context"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/review"
	"slipway/templates/draft"
)

// sheet has one of everything, with every deed allowed.
func sheet() *review.Sheet {
	row := db.Row{ID: 3, Version: 2}
	return &review.Sheet{
		Release: &release.Release{Key: "PAY-1", State: release.EarlyLife, PackageDigest: "sha256:a", ELSDays: 2}, Now: 9e7, Viewer: 4,
		EarlyLife: &review.EarlyLife{Row: row, State: review.Active, StartedAt: 1, Days: 2, LeadID: 4, LeadName: "Elin"},
		Roster:    []review.Shift{{Row: row, Day: 1, Shift: "day", PersonName: "Elin"}}, Uncovered: []int64{2},
		Days:      []review.ServiceDay{{Row: row, Day: 1, Stable: true, Levels: "99 %"}},
		Incidents: []review.Incident{{Row: row, Number: 1, Title: "Down", Severity: 1, State: review.IncidentOpen, OpenedAt: 5}},
		Transfers: []review.Transfer{{Row: row, Number: 1, Topic: "Restart", State: review.TransferDelivered, ReceiverID: 4, ReceiverName: "Elin"},
			{Row: row, Number: 2, Topic: "Backup", State: review.TransferPlanned, GiverID: 4}},
		Items:    []review.HandoverItem{{Row: row, Number: 1, Kind: "runbook", State: review.HandoverOpen}, {Row: row, Number: 2, Kind: "access", State: review.HandoverOffered, OfferedByID: 5}},
		Values:   []review.Value{{Criterion: build.Criterion{Row: row, Number: 1, Statement: "Cards", State: build.Pass}, Check: review.LiveCheck{Row: row, State: build.Planned}}},
		Promises: []review.Promise{{Row: row, Number: 1, Title: "Cards", Outcome: review.Deviated}},
		Review:   &review.PIR{Row: row, State: review.PirDue, Due: 7}, Actions: []review.Action{{Row: row, Number: 1, Title: "Spare", State: review.ActionOpen, OwnerID: 4, OwnerName: "Elin"}},
		People: []identity.Person{{ID: 4, Name: "Elin"}},
		MayRun: true, MayAcceptExit: true, MayPlan: true, MayOffer: true, MayDecide: true, MayMeasure: true, MayReport: true, MayState: true, MayApprove: true, MayHold: true, MayAgree: true,
	}
}

func rendered(t *testing.T, v View) *goquery.Document {
	t.Helper()
	var out bytes.Buffer
	if err := Page(v).Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestEveryFormOpensAlone opens each form by its link: it stands there with a
// button, every field is labelled, and no id occurs twice.
func TestEveryFormOpensAlone(t *testing.T) {
	head := &release.Head{Release: sheet().Release}
	closed := rendered(t, View{Head: head, Sheet: sheet(), Zone: "UTC"})
	forms := map[string]bool{}
	closed.Find("a[href*='?do=']").Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		forms[href[bytes.IndexByte([]byte(href), '=')+1:bytes.IndexByte([]byte(href), '#')]] = true
	})
	if len(forms) < 15 {
		t.Errorf("the page offers %d forms", len(forms))
	}
	before := closed.Find("form").Length()
	for form := range forms {
		doc := rendered(t, View{Head: head, Sheet: sheet(), Zone: "UTC", Draft: draft.Draft{Form: form}})
		if doc.Find("textarea, select, input:not([type=hidden])").Length() == 0 || doc.Find("form").Length() < before {
			t.Errorf("%s: no form opens", form)
		}
		checkPage(t, form, doc)
	}
}

func checkPage(t *testing.T, name string, doc *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if seen[id] {
			t.Errorf("%s: the id %q occurs twice", name, id)
		}
		seen[id] = true
	})
	doc.Find("textarea, select, input:not([type=hidden]):not([type=radio])").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if doc.Find("label[for='"+id+"']").Length() != 1 {
			t.Errorf("%s: the field %q has no label of its own", name, id)
		}
	})
	if doc.Find("[style]").Length() > 0 {
		t.Errorf("%s: a style stands in the page", name)
	}
}
