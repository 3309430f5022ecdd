package home_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/report"
	"slipway/web/webtest"
)

var everybody = []string{"maya", "bruno", "tess", "chen", "olga", "dario", "dina", "elin", "omar", "sofia", "cora", "stefan", "ada", "root"}

func actor(t *testing.T, s *webtest.Server, name string) identity.Actor {
	t.Helper()
	a, err := s.App.Identity.Local(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// work is what waits for a person, as their first page lists it.
func work(t *testing.T, s *webtest.Server, name string) *report.Work {
	t.Helper()
	w, err := s.App.Report.MyWork(context.Background(), actor(t, s, name))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// about gives the person's tasks whose title begins so.
func about(w *report.Work, begins string) (list []report.Task) {
	for _, tasks := range [][]report.Task{w.Decisions, w.Overdue, w.Steps, w.Handed} {
		for _, task := range tasks {
			if strings.HasPrefix(task.Title, begins) {
				list = append(list, task)
			}
		}
	}
	return list
}

func TestWhatEverybodyFinds(t *testing.T) {
	s := webtest.Demo(t)
	people := map[string]*webtest.Person{}
	for _, name := range everybody {
		people[name] = s.As(name)
	}
	t.Run("the work of each role", func(t *testing.T) {
		for name, want := range map[string]struct {
			holds string
			tasks map[string][]string // by card
		}{
			"maya":   {"You are release and deployment manager", map[string][]string{"#overdue": {"Action of the review: "}, "#decisions": {"was rolled back: build it anew", "handover items of", "Clear the way to A4, the deployment of Shelf labels", "of 12 blockers are yours: hash it now", "Submit Image for revision D"}}},
			"bruno":  {"You are packaging and build manager", map[string][]string{"#overdue": {"Risk R1: "}}},
			"tess":   {"You are test manager", map[string][]string{"#decisions": {"Verify package v1 of Rotation of the card keys", "Baselined by Bruno Costa", "Clear the way to A3, the check-in of Rotation of the card keys"}}},
			"chen":   {"You are change manager", map[string][]string{"#decisions": {"Decide A1, the plan of", "Every criterion is met; you decide as change manager", "Decide in retrospect: ", "Allow or refuse the exception from", "Agree the review of", "Authorise or reject CHG-"}}},
			"olga":   {"You are change authority", map[string][]string{"#decisions": {"Decide in retrospect: ", "Allow or refuse the exception from", "Authorise or reject CHG-"}}},
			"dario":  {"You are deployment staff", map[string][]string{"#steps": {"You hold it, in wave 1", "Continue"}}},
			"dina":   {"You are deployment staff", map[string][]string{"#steps": {"You hold it, in wave 2", "Continue"}}},
			"elin":   {"You are in early life support", map[string][]string{"#decisions": {"Agree to plan v1 of", "Readiness is amber: "}, "#overdue": {"Send the notice to"}}},
			"omar":   {"You are in operations", map[string][]string{"#decisions": {"Read the notice to"}, "#handed": {"Handover of", "Accept or return"}}},
			"sofia":  {"You are service owner", map[string][]string{"#decisions": {"Agree the review of"}}},
			"cora":   {"You are DML custodian", map[string][]string{"#decisions": {"Accept or reject", "In quarantine, submitted by Bruno Costa"}}},
			"stefan": {"You are stakeholder", map[string][]string{"#decisions": {"Read the notice to"}}},
			"ada":    {"You are auditor", map[string][]string{"#decisions": {"Nothing waits for you."}}},
			"root":   {"You are administrator", map[string][]string{"#decisions": {"Nothing waits for you."}}},
		} {
			page := people[name].Get("/").Status(http.StatusOK).Has(".page-head", want.holds)
			for card, texts := range want.tasks {
				for _, text := range texts {
					page.Has(card, text)
				}
			}
			// Who may not plan a release is not offered it.
			if offered := page.Doc().Find("a[href='/releases/new']").Length() > 0; offered != (name == "maya") {
				t.Errorf("%s is offered to plan a release: %v", name, offered)
			}
		}
	})
	t.Run("what is weighed anew is asked for once", func(t *testing.T) {
		for range 2 {
			s.As("stefan") // signing in is recorded, and whatever is recorded has the gates weighed anew
			if list := about(work(t, s, "maya"), "Clear the way to A4, the deployment of Shelf labels"); len(list) != 1 {
				t.Errorf("maya is asked %d times to clear one way", len(list))
			}
		}
	})
	t.Run("nobody is asked about their own", func(t *testing.T) {
		for _, name := range []string{"maya", "bruno", "elin"} { // they own releases
			if list := about(work(t, s, name), "Decide A"); len(list) > 0 {
				t.Errorf("%s decides %v", name, list)
			}
		}
		for _, task := range about(work(t, s, "cora"), "Accept or reject") {
			if strings.Contains(task.Why, "Cora") {
				t.Errorf("cora decides on what she submitted: %+v", task)
			}
		}
	})
	t.Run("the navigation counts what each may see", func(t *testing.T) {
		for name, p := range people {
			w := work(t, s, name)
			want := map[string]string{"/deployments": "3 live"}
			if n := len(w.Decisions) + len(w.Overdue) + len(w.Steps) + len(w.Handed); n > 0 {
				want["/"] = strconv.Itoa(n) + " waiting"
			}
			if name != "stefan" { // stakeholders do not see the quarantine
				want["/dml"] = "4 in quarantine"
			}
			for _, path := range []string{"/", "/releases"} {
				got := map[string]string{}
				p.Get(path).Doc().Find(".side .count").Each(func(_ int, c *goquery.Selection) { got[c.Parent().AttrOr("href", "")] = c.Text() })
				if !maps.Equal(got, want) {
					t.Errorf("%s at %s: %v, want %v", name, path, got, want)
				}
			}
			if n := p.Statements("/changes"); n > 4 {
				t.Errorf("%s: the counts take %d statements of a page that has them in mind", name, n)
			}
		}
	})
	t.Run("debts are loud on every page until they are paid", func(t *testing.T) {
		for name, p := range people {
			page := p.Get("/").Has(".debt", "went ahead on emergency authority").Has(".debt", "Chen Wei or Olga Petrova decides.").Has("#soon", "Retrospective decision, WHS-")
			want := "Open CHG-"
			if name == "chen" || name == "olga" {
				want = "Decide CHG-"
			}
			page.Has(".debt", want)
		}
	})
	t.Run("releases in flight, one's own or the newest", func(t *testing.T) {
		people["bruno"].Get("/").Has("#flight", "2 of yours").Lacks("#flight", "Maya Lindqvist").Has("#flight tr", "failed, 5 of 8 verified")
		people["ada"].Get("/").Has("#flight", "the newest").Has("#flight", "All 14 under way").Has("#flight", "Rotation of the card keys").
			Has("#flight", "A4 is not ready: 12 blockers")
		people["stefan"].Get("/").Has("#flight", "All 13 under way").Lacks("body", "Rotation of the card keys").Lacks("body", "card keys")
	})
	t.Run("every link leads to what it names", func(t *testing.T) {
		for _, name := range everybody {
			follow(t, people[name], people[name].Get("/"), ".debt a, #decisions a, #overdue a, #steps a, #handed a, #soon a, #flight thead + tbody tr:first-child a")
		}
	})
	t.Run("within its statements", func(t *testing.T) {
		for _, name := range everybody {
			if n := people[name].Statements("/"); n > 20 {
				t.Errorf("%s: %d statements, want at most 20", name, n)
			}
		}
	})
	t.Run("search", func(t *testing.T) { search(t, s, people) })
}

// follow opens each link once, and looks for the part of the page that it names.
func follow(t *testing.T, p *webtest.Person, from *webtest.Page, links string) {
	t.Helper()
	pages := map[string]*webtest.Page{}
	from.Doc().Find(links).Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		path, part, _ := strings.Cut(href, "#")
		if pages[path] == nil {
			pages[path] = p.Get(path)
		}
		page := pages[path]
		if page.Code != http.StatusOK || part != "" && page.Doc().Find("[id='"+part+"']").Length() == 0 {
			t.Errorf("%q leads to %s: %d, part %q", a.Text(), path, page.Code, part)
		}
	})
}

// search finds by key, title, version and digest, and nothing that is restricted.
func search(t *testing.T, s *webtest.Server, people map[string]*webtest.Person) {
	ask := func(name, query string) *webtest.Page {
		t.Helper()
		return people[name].Get("/search?q=" + url.QueryEscape(query))
	}
	ctx := context.Background()
	flying, err := s.App.Report.Search(ctx, actor(t, s, "maya"), "settlement four times")
	if err != nil || len(flying) == 0 || flying[0].Kind != "Release" || flying[0].State != "Deploying" {
		t.Fatalf("%+v, %v", flying, err)
	}
	key := flying[0].Key
	release, err := s.App.Release.Find(ctx, actor(t, s, "maya"), key)
	if err != nil {
		t.Fatal(err)
	}
	digest := strings.TrimPrefix(release.SignedDigest, "sha256:")
	t.Run("an exact match leads there", func(t *testing.T) {
		for query, to := range map[string]string{
			key: "/releases/" + key, strings.ToLower(key): "/releases/" + key, " " + key + " ": "/releases/" + key,
			release.ChangeKey: "/changes/" + release.ChangeKey, "ke-2": "/releases/", "pay-osl-1": "/targets/pay-osl-1", "pay-server": "/items/pay-server",
			"pay/pay-server": "/dml/pay/pay-server", "PAY": "/services/PAY", digest: "/releases/", "sha256:" + digest: "/releases/", digest[:12]: "/releases/", strings.ToUpper(digest[:8]): "/releases/",
		} {
			page := ask("maya", query).Status(http.StatusSeeOther)
			if !strings.HasPrefix(page.Location(), to) {
				t.Errorf("%q leads to %s, want %s", query, page.Location(), to)
			} else if code := people["maya"].Get(strings.Split(page.Location(), "#")[0]).Code; code != http.StatusOK {
				t.Errorf("%q leads to %s, which answers %d", query, page.Location(), code)
			}
		}
	})
	t.Run("what is only like it is listed", func(t *testing.T) {
		ask("maya", digest[:7]).Status(http.StatusOK).Lacks("#hits", "Package v")
		ask("maya", "settlement").Status(http.StatusOK).Has("#hits", "Settlement four times a night").Has("#hits", key).Has("#hits", "Deploying")
		ask("maya", "%").Status(http.StatusOK).Has("#hits", "Nothing that you may see matches")
		ask("maya", "  ").Status(http.StatusOK).Has("#hits", "Type a key")
		ask("maya", strings.Repeat("x", 5000)).Status(http.StatusOK).Has("#hits", "Nothing that you may see matches")
		ask("maya", `'; DROP TABLE releases; --`).Status(http.StatusOK)
		ask("maya", "<b>4711").Status(http.StatusOK)
	})
	t.Run("every hit opens for who found it", func(t *testing.T) {
		for _, name := range []string{"stefan", "ada", "dario"} {
			for _, query := range []string{"pa", "ke-", "chg-", "firmware", "4.1"} {
				follow(t, people[name], ask(name, query).Status(http.StatusOK), "#hits a")
			}
		}
	})
	t.Run("a restricted release is nowhere", func(t *testing.T) {
		hits, err := s.App.Report.Search(ctx, actor(t, s, "maya"), "Rotation of the card keys")
		if err != nil || len(hits) == 0 {
			t.Fatalf("%+v, %v", hits, err)
		}
		secret, err := s.App.Release.Find(ctx, actor(t, s, "maya"), hits[0].Key)
		if err != nil || !secret.Restricted {
			t.Fatalf("%+v, %v", secret, err)
		}
		for _, query := range []string{secret.Key, secret.Title, "card keys", secret.ChangeKey, secret.PackageDigest, strings.TrimPrefix(secret.PackageDigest, "sha256:")[:8]} {
			if query == "" {
				t.Fatal("the restricted release has no package")
			}
			ask("stefan", query).Status(http.StatusOK).Has("#hits", "Nothing that you may see matches").Lacks("#hits", secret.Key)
		}
		ask("maya", secret.PackageDigest).Status(http.StatusSeeOther)
	})
	if n := people["maya"].Statements("/search?q=settlement"); n > 16 {
		t.Errorf("a search takes %d statements, want at most 16", n)
	}
}

func TestSignedOutNothingIsShown(t *testing.T) {
	s := webtest.New(t)
	for _, path := range []string{"/", "/search?q=PAY", "/reports", "/reports.csv"} {
		if page := s.Nobody().Get(path).Status(http.StatusSeeOther); !strings.HasPrefix(page.Location(), "/login") {
			t.Errorf("%s leads to %s", path, page.Location())
		}
	}
}

// An organisation that just began says so, and never shows zero for unknown.
func TestTheFirstDay(t *testing.T) {
	s := webtest.New(t)
	s.As("maya").Get("/").Status(http.StatusOK).Has("#flight", "No release is under way").Has("#soon", "No window or freeze begins or ends").Lacks("body", "emergency authority").Lacks("body", "Handed to you")
}

// A licence that ends within a month is announced to those who keep it and to
// the owner of the service that needs it, until it is renewed.
func TestTheEndOfALicenceIsAnnounced(t *testing.T) {
	s := webtest.Demo(t)
	ctx, cora := context.Background(), actor(t, s, "cora")
	now := s.App.DB.Now()
	save := func(version int64, end db.Time) {
		t.Helper()
		if err := s.App.DML.SaveLicence(ctx, cora, version, dml.Licence{Key: "ENT-7", Name: "Seat maps", Metric: dml.PerDevice, Entitled: 5, ValidTo: end}); err != nil {
			t.Fatal(err)
		}
	}
	asked := func(name, begins string, want int) {
		t.Helper()
		if list := about(work(t, s, name), begins); len(list) != want {
			t.Errorf("%s: %d tasks begin with %q, want %d: %+v", name, len(list), begins, want, list)
		}
	}
	const renew, ends = "Renew licence ENT-7", "Licence ENT-7 of your service ends"
	save(0, now.Add(31*24*time.Hour))
	asked("cora", renew, 0)
	save(1, now.Add(29*24*time.Hour))
	asked("cora", renew, 1)
	asked("sofia", ends, 0) // nothing of hers needs it
	asked("maya", renew, 0)
	err := s.App.DB.InTx(ctx, func(tx *db.Tx) error {
		return s.App.DML.Reserve(tx, cora, dml.Reservation{LicenceKey: "ENT-7", ReleaseKey: firstKey(t, s), Quantity: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	asked("sofia", ends, 1)
	s.As("sofia").Get(about(work(t, s, "sofia"), ends)[0].Href).Status(http.StatusOK).Has("main", "Seat maps").Has("main", firstKey(t, s)).Has(".notice", "within 30 days")
	save(2, now.Add(-time.Hour))
	asked("cora", renew, 1)
	if list := about(work(t, s, "cora"), renew); list[0].Family != "bad g-clock" {
		t.Errorf("an end that is past is not late: %+v", list)
	}
	save(3, now.Add(300*24*time.Hour))
	asked("cora", renew, 0)
	asked("sofia", ends, 0)
}

// firstKey is the oldest release that everybody sees.
func firstKey(t *testing.T, s *webtest.Server) string {
	t.Helper()
	list, err := s.App.Release.List(context.Background(), actor(t, s, "stefan"), release.Filter{})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list[len(list)-1].Key
}
