package tests

import (
	"bytes"
	"context"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/templates/draft"
)

// sheet has one of everything, with every deed allowed.
func sheet() *build.Sheet {
	row := db.Row{ID: 3, Version: 2}
	finding := release.Finding{Code: "x", Title: "Tests passed", State: release.Met, Link: "/x"}
	return &build.Sheet{
		Release: &release.Release{Key: "PAY-1", State: release.BuildTest, PackageDigest: "sha256:a", PackageVersion: 2}, Viewer: 4,
		Builds: []build.Build{{Row: row, Number: 1, Name: "server", Result: build.Succeeded, EndedAt: 5}},
		Runs:   []build.TestRun{{Row: row, Number: 1, Name: "unit", PackageDigest: "sha256:a", RanAt: 5, Counts: build.Counts{Tests: 1, Failed: 1}}},
		Criteria: []build.Criterion{{Row: row, Number: 1, Kind: build.Utility, Statement: "Cards", State: build.Fail, PackageDigest: "sha256:a"},
			{Row: row, Number: 2, Kind: build.Warranty, Statement: "Nights", State: build.Pass, PackageDigest: "sha256:old"}},
		Errors:     []build.KnownError{{Row: row, Number: 1, Title: "Slow", State: build.Tolerated, Relation: build.Introduced}},
		Others:     []build.KnownError{{Row: row, Number: 2, Title: "Old", State: build.Transferred}},
		Rehearsals: []build.Rehearsal{{Row: row, Number: 1, Result: build.Succeeded, PackageDigest: "sha256:a", ByID: 5, RehearsedAt: 5}},
		Findings:   []release.Finding{finding, finding, finding, finding, finding, finding, finding},
		Operations: []identity.Person{{ID: 4, Name: "Omar"}},
		MayBuild:   true, MayTest: true, MayDraw: true, MayReport: true, MayRehearse: true,
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
	closed := rendered(t, View{Head: head, Sheet: sheet()})
	forms := map[string]bool{}
	closed.Find("a[href*='?do=']").Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		forms[href[bytes.IndexByte([]byte(href), '=')+1:bytes.IndexByte([]byte(href), '#')]] = true
	})
	if len(forms) < 8 {
		t.Errorf("the page offers %d forms", len(forms))
	}
	before := closed.Find("form").Length()
	for form := range forms {
		doc := rendered(t, View{Head: head, Sheet: sheet(), Draft: draft.Draft{Form: form}})
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

func TestAVerdictOnAnEarlierPackageIsUnknown(t *testing.T) {
	doc := rendered(t, View{Head: &release.Head{}, Sheet: sheet()})
	if text := doc.Find("#criterion-2 .g-unknown").Text(); text != "Unknown" {
		t.Errorf("a stale verdict is shown as %q", text)
	}
}
