//go:build e2e

package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
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

// scheme imitates a system that is light or dark. It asks for little motion too:
// a colour that is on its way to another is not what is looked at.
func (p *person) scheme(name string) {
	p.t.Helper()
	p.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return chromedp.Void{}, err
	})
}

// The rules that are run: WCAG's A and AA with axe's best practices; and those
// of them that look at colours, which are all that a scheme can change.
const (
	everyRule   = `{type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}`
	colourRules = `{type: 'rule', values: ['color-contrast', 'link-in-text-block']}`
)

func (p *person) violations(rules string) []violation {
	p.t.Helper()
	raw := eval[string](p, `axe.run(document, {resultTypes: ['violations'], preload: false, iframes: false, runOnly: `+rules+`}).then(r => JSON.stringify(r.violations))`)
	var found []violation
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		p.t.Fatal(err)
	}
	return found
}

// bringsAxe lets every page that is opened from now on come with axe, which costs
// less than to send it to each.
func (p *person) bringsAxe() {
	p.t.Helper()
	p.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: axe})
		return chromedp.Void{}, err
	})
}

// accessible asserts that the page on show, with every disclosure open, has no
// violation in the light on a desktop and in the dark on a phone, and that it
// does not scroll sideways there.
func (p *person) accessible() {
	p.t.Helper()
	p.disclosed()
	p.scheme("light")
	p.report(1440, "light", p.violations(everyRule))
	p.viewport(390, 1000)
	p.scheme("dark")
	p.report(390, "dark", p.violations(everyRule))
	p.narrow()
}

// accessibleToo asserts the same the other way round, of a page that was looked
// at as somebody else saw it, or in another state.
func (p *person) accessibleToo() {
	p.t.Helper()
	p.disclosed()
	p.scheme("dark")
	p.report(1440, "dark", p.violations(colourRules))
	p.viewport(390, 1000)
	p.scheme("light")
	p.report(390, "light", p.violations(everyRule))
	p.narrow()
}

// disclosed opens every disclosure of the page, and has axe ready.
func (p *person) disclosed() {
	p.t.Helper()
	eval[bool](p, `(() => { for (const d of document.querySelectorAll('details')) d.open = true; return true })()`)
	if !eval[bool](p, "!!window.axe") {
		eval[bool](p, axe+"\n;true")
	}
}

// narrow asserts that the page does not scroll sideways on the phone it is on.
func (p *person) narrow() {
	p.t.Helper()
	if wide := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		p.t.Errorf("%s is %d px too wide on a phone: %s", p.path(), wide, eval[string](p, `[...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest('.table-responsive')).slice(0, 3)
  .map(e => e.outerHTML.slice(0, 160)).join('\n  ')`))
	}
	p.viewport(1440, 1000)
}

func (p *person) report(width int64, scheme string, found []violation) {
	p.t.Helper()
	for _, v := range found {
		for _, n := range v.Nodes {
			p.t.Errorf("%s as %s, %s at %d px: %s\n  %v %s\n  %s", p.path(), p.name, scheme, width, fmt.Sprintf("%s: %s", v.ID, v.Help), n.Target, n.HTML, n.Summary)
		}
	}
}
