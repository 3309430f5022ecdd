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

// TestEveryRouteForEveryRole holds what each role gets at each address, so that
// a change of the policy table shows in review. Reading is asked for as it is;
// writing is asked for with an empty form, which nobody's rules accept: what
// matters there is who is refused as a person (303 to the sign-in, 403, 404)
// and who gets as far as the form (409, 422).
func TestEveryRouteForEveryRole(t *testing.T) {
	s := webtest.Demo(t)
	handler, err := web.New(s.App, web.Config{Zone: sample.Zone})
	if err != nil {
		t.Fatal(err)
	}
	routes := slices.DeleteFunc(handler.Routes(), func(r *echo.Route) bool {
		return !slices.Contains([]string{http.MethodGet, http.MethodPost}, r.Method) || strings.HasPrefix(r.Path, "/static") || r.Path == "/logout" ||
			r.Path == "/account/logout-everywhere" || r.Path == "/preferences/theme" || r.Path == "/account/preferences" || strings.HasSuffix(r.Path, "/*") && r.Method == echo.RouteNotFound
	})
	slices.SortFunc(routes, func(a, b *echo.Route) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	browsers := map[string]*webtest.Person{"nobody": s.Nobody()}
	names := []string{"nobody"}
	for _, role := range identity.Roles() {
		name := sample.Holder(role)
		browsers[name] = s.As(name)
		names = append(names, name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-66s", "route")
	for _, name := range names {
		fmt.Fprintf(&b, " %-6s", name)
	}
	b.WriteByte('\n')
	for _, r := range routes {
		fmt.Fprintf(&b, "%-4s %-61s", r.Method, r.Path)
		for _, name := range names {
			p := browsers[name]
			var code int
			if r.Method == http.MethodGet {
				code = p.Get(s.Address(r.Path)).Code
			} else {
				code = p.Post(s.Address(r.Path), nil).Code
			}
			if code >= 500 && code != http.StatusServiceUnavailable {
				t.Errorf("%s %s as %s: %d", r.Method, s.Address(r.Path), name, code)
			}
			fmt.Fprintf(&b, " %-6d", code)
		}
		b.WriteByte('\n')
	}
	const golden = "testdata/routes.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")
	for i := range max(len(wantLines), len(gotLines)) {
		var w, g string
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if w != g {
			t.Errorf("%s line %d\n was %s\n now %s\nrun go test ./web -run EveryRoute -update if this is meant", golden, i+1, w, g)
			break
		}
	}
}
