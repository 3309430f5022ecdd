package releases_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/db"
	"slipway/internal/release"
	"slipway/web/webtest"
)

func TestTheWholeRecordInOnePage(t *testing.T) {
	s := webtest.Demo(t)
	stefan := s.As("stefan")
	r := found(t, s, settlement)
	page := stefan.Get(r.Link("history")).Status(http.StatusOK).Has("#facts", r.PackageDigest).Has("#phases", "Authorise the build").Has("#gates", "A4 deploy").
		Has("#gates", "Olga Petrova as change authority").Has("#packages", "verified by Tess Okonkwo").Has("#exceptions", "Alarms for the new version are set up and were seen to fire confirmed by Omar Nasser").
		Has("#record", "each").Has("#record nav b", "Everything")
	if n := page.Doc().Find("#gates > .rows > li").Length(); n != len(release.GateCodes()) {
		t.Errorf("%d gates", n)
	}
	page.Doc().Find("#gates details").First().Each(func(_ int, d *goquery.Selection) {
		if !strings.Contains(d.Text(), "Met:") {
			t.Errorf("a decision holds no criteria: %s", d.Text())
		}
	})
	count(t, page, "#record .timeline > li", 100)
	// page by page to the beginning, every entry once
	seen, pages := map[string]bool{}, 0
	for next, more := r.Link("history"), true; more; pages++ {
		leaf := stefan.Get(next).Status(http.StatusOK)
		leaf.Doc().Find("#record .timeline > li").Each(func(_ int, li *goquery.Selection) {
			id, _ := li.Attr("id")
			if seen[id] {
				t.Errorf("%s stands on two pages", id)
			}
			seen[id] = true
		})
		next, more = leaf.Doc().Find("a[rel=next]").Attr("href")
		next = strings.TrimSuffix(next, "#record")
		if pages > 0 {
			leaf.Lacks("main", "Authorisations by").Has("#record", "The newest entries, and the dossier")
		}
		if !more {
			leaf.Has("#record .timeline", "planned "+r.Key)
		}
	}
	if len(seen) < 101 || pages < 2 {
		t.Errorf("%d entries on %d pages", len(seen), pages)
	}
}

func TestTheRecordIsReadByRoom(t *testing.T) {
	s := webtest.Demo(t)
	ada := s.As("ada")
	to := at(t, s, settlement, "history")
	all := 0
	for _, c := range release.Chapters() {
		page := ada.Get(to+"?of="+c.Code).Status(http.StatusOK).Has("#record [aria-current=true] b", c.Name)
		all += page.Doc().Find("#record .timeline > li").Length()
		if next, more := page.Doc().Find("a[rel=next]").Attr("href"); more && !strings.Contains(next, "of="+c.Code) {
			t.Errorf("the next page forgets %s: %s", c.Code, next)
		}
	}
	if all < 101 {
		t.Errorf("the rooms hold %d entries together", all)
	}
	ada.Get(to+"?of=gates").Has("#record .timeline", "approved A4").Lacks("#record .timeline", "claimed Step")
	ada.Get(to+"?of=deployment").Has("#record .timeline", "claimed Step").Lacks("#record .timeline", "approved A4")
	ada.Get(to+"?of=weather").Status(http.StatusOK).Has("#record nav b", "Everything")
	ada.Get(at(t, s, revisionD, "history")+"?of=package").Has("#record .empty", "Nothing of this kind")
	part := fragment(t, ada, to+"?of=plan").Status(http.StatusOK).Has("#record .timeline", "plan")
	if strings.Contains(part.Body, "<h1") {
		t.Error("the part is a whole page")
	}
}

// Every entry of the demonstration belongs to a chapter, so that a reader who
// goes through the chapters misses nothing.
func TestNoEntryIsOutsideTheChapters(t *testing.T) {
	s := webtest.Demo(t)
	ctx, maya := context.Background(), actor(t, s, "maya")
	list, err := s.App.Release.List(ctx, maya, release.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	entries := func(key, chapter string) (actions map[int64]string) {
		actions = map[int64]string{}
		for leaf := (release.Leaf{Chapter: chapter}); ; {
			sheet, err := s.App.Release.History(ctx, maya, key, leaf)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range sheet.Entries {
				actions[e.Seq] = e.Action
			}
			if leaf.Before = sheet.Next; sheet.Next == 0 {
				return actions
			}
		}
	}
	for _, r := range list {
		left := entries(r.Key, "")
		for _, c := range release.Chapters() {
			for seq := range entries(r.Key, c.Code) {
				delete(left, seq)
			}
		}
		for _, action := range left {
			t.Errorf("%s: %s is in no chapter", r.Key, action)
		}
	}
}

func TestTheRecordIsCheckedAgainstItsHashes(t *testing.T) {
	s := webtest.Demo(t)
	stefan := s.As("stefan")
	to := at(t, s, settlement, "history")
	stefan.Get(to).Has("#record a", "Check the record").Lacks("#record", "entries checked")
	stefan.Get(to+"?verify=1").Status(http.StatusOK).Has("#record .notice", "entries checked: each matches its hash")
	err := s.App.DB.InTx(context.Background(), func(tx *db.Tx) error {
		return tx.Gorm().Exec("UPDATE audit_entries SET actor = 'Nobody' WHERE action = 'gate.approve' AND release_key = ?", found(t, s, settlement).Key).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	stefan.Get(to+"?verify=1").Status(http.StatusOK).Has("#record [role=alert]", "The record does not hold.").Has("#record [role=alert]", "its content does not match its hash")
	stefan.Get(at(t, s, goodsIn, "history")+"?verify=1").Has("#record .notice", "entries checked")
}
