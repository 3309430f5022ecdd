//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web"
	"slipway/web/webtest"
)

// look is one page and who looks at it. Again is one that somebody else, or
// another state, shows with other forms.
type look struct {
	who, path string
	again     bool
}

// readers are asked in turn who may read a page.
var readers = []string{"maya", "root", nobody}

const nobody = "nobody"

// besides are pages whose forms somebody else sees.
var besides = map[string][]string{
	"olga":   {"/", "/releases/:key/gates/:code", "/releases/:key/emergency", "/changes/:key"},
	"sofia":  {"/", "/policies/:key", "/models/:key", "/services/:key", "/releases/:key/risks", "/releases/:key/plan", "/releases/:key/handover"},
	"chen":   {"/changes/:key/edit", "/freezes/:key"},
	"bruno":  {"/releases/:key/package", "/releases/:key/tests"},
	"tess":   {"/releases/:key/tests"},
	"cora":   {"/dml/quarantine", "/dml/*", "/dml/compare", "/dml/licences/:key"},
	"elin":   {"/", "/releases/:key/handover"},
	"omar":   {"/", "/releases/:key/handover", "/releases/:key/readiness"},
	"dario":  {"/", "/releases/:key/deployment", "/releases/:key/waves/:n/run"},
	"stefan": {"/", "/releases/:key", "/releases/:key/stakeholders", "/status"},
	"ada":    {"/audit", "/releases/:key/history"},
}

// TestEveryPageIsAccessible looks at every page of the demonstration, whoever
// may read it, and at every state of a release.
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	s := webtest.Demo(t)
	looks := everyPage(t, s)
	queue := make(chan look, len(looks))
	for _, l := range looks {
		queue <- l
	}
	close(queue)
	for tab := range 3 {
		t.Run(fmt.Sprintf("tab %d", tab+1), func(t *testing.T) {
			t.Parallel()
			people := map[string]*person{nobody: visitor(t, s.URL, nobody)}
			for l := range queue {
				p := people[l.who]
				if p == nil {
					p = signIn(t, s.URL, l.who)
					p.bringsAxe()
					people[l.who] = p
				}
				p.open(l.path)
				if l.again {
					p.accessibleToo()
				} else {
					p.accessible()
				}
			}
		})
	}
}

func everyPage(t *testing.T, s *webtest.Server) []look {
	t.Helper()
	handler, err := web.New(s.App, web.Config{Zone: sample.Zone})
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]*webtest.Person{nobody: s.Nobody()}
	as := func(who string) *webtest.Person {
		if people[who] == nil {
			people[who] = s.As(who)
		}
		return people[who]
	}
	seen := map[[2]string]bool{}
	var looks []look
	add := func(who, path string, again bool) bool {
		answer := as(who).Get(path)
		if answer.Code != http.StatusOK || !strings.HasPrefix(answer.Head.Get("Content-Type"), "text/html") || !strings.Contains(answer.Body, "<html") {
			return false
		}
		if at := [2]string{who, path}; !seen[at] {
			seen[at] = true
			looks = append(looks, look{who, path, again})
		}
		return true
	}
	var routes []string
	for _, r := range handler.Routes() {
		if r.Method == http.MethodGet && !strings.HasPrefix(r.Path, "/static") {
			routes = append(routes, r.Path)
		}
	}
	slices.Sort(routes)
	for _, route := range slices.Compact(routes) {
		for _, who := range readers {
			if add(who, s.Address(route), false) {
				break
			}
		}
	}
	for who, pages := range besides {
		for _, route := range pages {
			add(who, s.Address(route), true)
		}
	}
	maya, err := s.App.Identity.Local(t.Context(), "maya")
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range release.States() {
		list, err := s.App.Release.List(t.Context(), maya, release.Filter{State: state})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 {
			add("maya", "/releases/"+list[0].Key, true)
		}
	}
	return looks
}
