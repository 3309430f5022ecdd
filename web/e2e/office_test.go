//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway/internal/dbtest"
	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// office is one server with the people who work on it, each in a browser of
// their own, and the clock on its wall.
type office struct {
	*webtest.Server
	t      *testing.T
	people map[string]*person
	key    string // of the release that the journey follows
	begun  time.Time
	works  bool // its background work is done
}

func open(t *testing.T, s *webtest.Server) *office {
	return &office{Server: s, t: t, people: map[string]*person{}, begun: time.Now()}
}

// as gives a person's browser, signed in.
func (o *office) as(name string) *person {
	o.t.Helper()
	if o.people[name] == nil {
		o.people[name] = signIn(o.t, o.URL, name)
	}
	return o.people[name]
}

// at opens one of the release's pages for a person.
func (o *office) at(name string, page ...string) *person {
	o.t.Helper()
	p := o.as(name)
	p.open("/" + strings.Join(append([]string{"releases", o.key}, page...), "/"))
	return p
}

// chapter says in the test's output how far a journey is.
func (o *office) chapter(title string) {
	o.t.Helper()
	o.t.Logf("%5.1f s  %s", time.Since(o.begun).Seconds(), title)
}

// now is the time on the wall.
func (o *office) now() time.Time { return o.App.DB.Now().Std() }

// later lets time go by.
func (o *office) later(by time.Duration) { dbtest.Advance(o.App.DB, by) }

// local is a moment as a field for date and time takes it.
func (o *office) local(at time.Time) string {
	o.t.Helper()
	zone, err := time.LoadLocation(sample.Zone)
	if err != nil {
		o.t.Fatal(err)
	}
	return at.In(zone).Format("2006-01-02T15:04")
}

// file writes a file to be uploaded.
func (o *office) file(name, content string) string {
	o.t.Helper()
	path := filepath.Join(o.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// release reads the release past its pages, for what only the record shows.
func (o *office) release() *release.Release {
	o.t.Helper()
	ctx := context.Background()
	maya, err := o.App.Identity.Local(ctx, "maya")
	if err != nil {
		o.t.Fatal(err)
	}
	r, err := o.App.Release.Find(ctx, maya, o.key)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// stands asserts the state of the release, and shows what a person sees if it differs.
func (o *office) stands(want release.State) {
	o.t.Helper()
	if got := o.release().State; got != want {
		o.t.Fatalf("%s is %s, not %s\n%s", o.key, got, want, o.at("maya").text())
	}
}

// approve has somebody approve a gate on its page.
func (o *office) approve(name string, code release.GateCode, comment string) {
	o.t.Helper()
	p := o.at(name, "gates", string(code))
	p.tick("Approve " + string(code))
	p.fill("Comment, or what must be mended", comment)
	p.press("Sign the decision")
}

// confirm has somebody confirm a criterion of a gate.
func (o *office) confirm(name string, code release.GateCode, criterion, seen string) {
	o.t.Helper()
	p := o.at(name, "gates", string(code))
	p.pressIn(criterion, "Confirm it")
	p.fill("What you saw", seen)
	p.pressIn(criterion, "Confirm it")
	p.see(seen)
}

// junit is a report of a suite whose cases all passed.
func junit(suite string, cases int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><testsuites><testsuite name=%q tests="%d" failures="0" errors="0" skipped="0" time="4.2">`, suite, cases)
	for n := range cases {
		fmt.Fprintf(&b, `<testcase classname=%q name="case %d" time="0.35"/>`, suite, n+1)
	}
	b.WriteString(`</testsuite></testsuites>`)
	return b.String()
}
