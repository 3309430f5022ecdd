package web_test

import (
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"slipway/internal/identity"
	"slipway/internal/sample"
	"slipway/web"
	"slipway/web/webtest"
)

var update = flag.Bool("update", false, "write the golden file anew")

const (
	golden = "testdata/routes.golden"
	nobody = "nobody"
)

// TestEveryRouteForEveryRole holds what each role gets at each address, so that
// a change of the policy table shows in review. Reading is asked for as it is;
// writing is asked for with an empty form, which nobody's rules accept: what
// matters there is who is refused as a person (303 to the sign-in, 403, 404)
// and who gets as far as the form (409, 422).
//
// Each role has a demonstration of its own, so that none meets what another
// has done, and reads everything before it writes. Who may do what is the same
// on every database: on PostgreSQL three of them only see that no statement fails.
func TestEveryRouteForEveryRole(t *testing.T) {
	handler, err := web.New(webtest.Empty(t).App, web.Config{Zone: sample.Zone})
	if err != nil {
		t.Fatal(err)
	}
	routes := asked(handler.Routes())
	if os.Getenv("SLIPWAY_TEST_PG") != "" {
		s := webtest.Demo(t)
		for _, name := range []string{"ada", "maya", "root"} {
			answers(t, s, name, routes)
		}
		return
	}
	names := []string{nobody}
	for _, role := range identity.Roles() {
		names = append(names, sample.Holder(role))
	}
	codes := make([][]int, len(names))
	t.Run("as", func(t *testing.T) {
		for i, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				codes[i] = answers(t, webtest.Demo(t), name, routes)
			})
		}
	})
	if !t.Failed() {
		compare(t, table(routes, names, codes))
	}
}

// asked are the routes that lead to pages and forms, but for those that would
// end the session they are asked in.
func asked(all []*echo.Route) []*echo.Route {
	routes := slices.DeleteFunc(all, func(r *echo.Route) bool {
		return !slices.Contains([]string{http.MethodGet, http.MethodPost}, r.Method) || strings.HasPrefix(r.Path, "/static") ||
			slices.Contains([]string{"/logout", "/account/logout-everywhere", "/preferences/theme", "/account/preferences"}, r.Path)
	})
	slices.SortFunc(routes, func(a, b *echo.Route) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return routes
}

func answers(t *testing.T, s *webtest.Server, name string, routes []*echo.Route) []int {
	p := s.Nobody()
	if name != nobody {
		p = s.As(name)
	}
	codes := make([]int, len(routes))
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for i, r := range routes {
			if r.Method != method {
				continue
			}
			path := s.Address(r.Path)
			if method == http.MethodGet {
				codes[i] = p.Get(path).Code
			} else {
				codes[i] = p.Post(path, nil).Code
			}
			if codes[i] >= 500 && codes[i] != http.StatusServiceUnavailable {
				t.Errorf("%s %s as %s: %d", r.Method, path, name, codes[i])
			}
		}
	}
	return codes
}

func table(routes []*echo.Route, names []string, codes [][]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-66s", "route")
	for _, name := range names {
		fmt.Fprintf(&b, " %-6s", name)
	}
	for i, r := range routes {
		fmt.Fprintf(&b, "\n%-4s %-61s", r.Method, r.Path)
		for n := range names {
			fmt.Fprintf(&b, " %-6d", codes[n][i])
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func compare(t *testing.T, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	content, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	was, now := strings.Split(string(content), "\n"), strings.Split(got, "\n")
	for _, line := range was {
		if !slices.Contains(now, line) {
			t.Errorf("was %s", line)
		}
	}
	for _, line := range now {
		if !slices.Contains(was, line) {
			t.Errorf("now %s", line)
		}
	}
	if t.Failed() {
		t.Logf("%s differs; run go test ./web -run EveryRoute -update if this is meant", golden)
	}
}
