//go:build e2e

package e2e

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"context"
)

//go:embed testdata/axe.js
var axe string

type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		Target  []any
		Summary string `json:"failureSummary"`
		HTML    string
	}
}

// scheme imitates a system that is light or dark.
func (p *person) scheme(name string) {
	p.t.Helper()
	p.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return chromedp.Void{}, err
	})
}

// violations runs axe with the WCAG A and AA rules and its best practices,
// every disclosure open.
func (p *person) violations() []violation {
	p.t.Helper()
	eval[bool](p, `(() => { for (const d of document.querySelectorAll('details')) d.open = true; return true })()`)
	eval[bool](p, axe+"\n;true")
	raw := eval[string](p, `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => JSON.stringify(r.violations))`)
	var found []violation
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		p.t.Fatal(err)
	}
	return found
}

// accessible asserts that a page has no violation, light and dark, at desktop
// and phone width, and that it does not scroll sideways on a phone.
func (p *person) accessible(t *testing.T, path string) {
	t.Helper()
	for _, width := range []int64{1440, 390} {
		p.viewport(width, 1000)
		for _, scheme := range []string{"light", "dark"} {
			p.scheme(scheme)
			p.open(path)
			for _, v := range p.violations() {
				for _, n := range v.Nodes {
					t.Errorf("%s, %s at %d px: %s: %s\n  %v %s\n  %s", path, scheme, width, v.ID, v.Help, n.Target, n.HTML, n.Summary)
				}
			}
		}
		if wide := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 && width < 1000 {
			t.Errorf("%s is %d px too wide on a phone: %s", path, wide, eval[string](p, fmt.Sprintf(`(() => {
  const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > %d + 1 && !e.closest('.table-responsive')).slice(0, 3)
  return out.map(e => e.outerHTML.slice(0, 120)).join(' / ') })()`, width)))
		}
	}
}
