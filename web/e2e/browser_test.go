//go:build e2e

// Package e2e drives whole journeys in Chromium, each person in a browser of
// their own, by what they read: labels, buttons and links.
package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"slipway/internal/sample"
)

const (
	chromium = "/usr/bin/chromium"
	patience = 20 * time.Second // for one step of a person; a loaded machine is slow
)

var browser context.Context

func TestMain(m *testing.M) {
	if _, err := os.Stat(chromium); err != nil {
		fmt.Fprintln(os.Stderr, "the browser tests need Chromium: run make install")
		os.Exit(1)
	}
	profile, err := os.MkdirTemp("", "slipway-chromium-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(chromium), chromedp.UserDataDir(profile),
		chromedp.Flag("headless", true), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	var stopBrowser context.CancelFunc
	browser, stopBrowser = chromedp.NewContext(allocator)
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintln(os.Stderr, "cannot start Chromium:", err)
		os.Exit(1)
	}
	code := m.Run()
	stopBrowser()
	stopAllocator()
	os.RemoveAll(profile)
	os.Exit(code)
}

// person is one browser with cookies of its own.
type person struct {
	t    *testing.T
	ctx  context.Context
	base string
	name string
}

// visitor opens a browser that has not signed in.
func visitor(t *testing.T, base, name string) *person {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &person{t, ctx, base, name}
	p.viewport(1440, 1000)
	return p
}

// signIn opens a browser and signs in through the page.
func signIn(t *testing.T, base, name string) *person {
	t.Helper()
	p := visitor(t, base, name)
	p.open("/login")
	p.fill("User name", name)
	p.fill("Password", sample.Password)
	p.press("Sign in")
	p.see("My work")
	return p
}

func (p *person) viewport(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
}

// withoutScript turns the page's scripts off; the test's own still run.
func (p *person) withoutScript() {
	p.t.Helper()
	p.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return chromedp.Void{}, err
	})
}

func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

func (p *person) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// path is where the browser is.
func (p *person) path() string {
	p.t.Helper()
	return eval[string](p, `location.pathname`)
}

func eval[T any](p *person, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s at %s: %v\n%.300s", p.name, p.path(), err, script)
	}
	return value
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// helpers find what a person would: the field beside a label, the button or
// link with a text, within the region of a heading if one is named.
const helpers = `
const fold = s => s.replace(/\s+/g, ' ').trim()
const region = name => {
  if (!name) return document.querySelector('main') || document.body
  const head = [...document.querySelectorAll('main h2, main h3, main summary, main tr, main li, main legend, main article')].find(h => fold(h.textContent).includes(name) && (h.matches('tr, li, article') || fold(h.textContent).length < 200))
  if (!head) return null
  const box = head.matches('tr, li, article') ? head : head.closest('section, details, article, fieldset, form') || head.parentElement
  for (let d = box; d; d = d.parentElement) if (d.matches('details')) d.open = true
  return box
}
const openUp = e => { for (let d = e; d; d = d.parentElement) if (d.matches && d.matches('details')) d.open = true }
const field = (within, name) => {
  const box = region(within); if (!box) return null
  const label = [...box.querySelectorAll('label')].find(l => fold(l.textContent).replace(/ \(optional\)$/, '') === name) || [...box.querySelectorAll('label')].find(l => fold(l.textContent).startsWith(name))
  const found = label ? label.control || label.querySelector('input, textarea, select') : box.querySelector('[name="' + name + '"], [aria-label="' + name + '"]')
  if (found) openUp(found)
  return found
}
const button = (within, name) => {
  const box = region(within); if (!box) return null
  const all = [...box.querySelectorAll('button, a, summary, input[type=submit]')].filter(b => b.getAttribute('aria-disabled') !== 'true')
  const text = b => fold(b.getAttribute('aria-label') || b.textContent)
  const found = all.find(b => fold(b.textContent) === name) || all.find(b => text(b) === name) || all.find(b => text(b).startsWith(name))
  if (found) openUp(found)
  return found
}
`

// fill types into the field of a label; chooses an option by its text or value
// where the field is a list; ticks where it is a box.
func (p *person) fill(label, value string) { p.t.Helper(); p.fillIn("", label, value) }

// fillIn is fill within the region of a heading.
func (p *person) fillIn(within, label, value string) {
	p.t.Helper()
	problem := eval[string](p, fmt.Sprintf(`(() => {%s
  const f = field(%s, %s), value = %s
  if (!f) return 'there is no such field'
  if (f.matches('select')) {
    const o = [...f.options].find(o => fold(o.text) === value || o.value === value) || [...f.options].find(o => fold(o.text).startsWith(value))
    if (!o) return 'there is no such choice; there are: ' + [...f.options].map(o => fold(o.text)).join(' | ')
    f.value = o.value
  } else if (f.type === 'checkbox' || f.type === 'radio') f.checked = value !== 'no'
  else f.value = value
  f.dispatchEvent(new Event('input', {bubbles: true})); f.dispatchEvent(new Event('change', {bubbles: true}))
  return ''
})()`, helpers, quote(within), quote(label), quote(value)))
	if problem != "" {
		p.t.Fatalf("%s at %s: %q = %q: %s\n%s", p.name, p.path(), label, value, problem, p.text())
	}
}

// tick chooses a radio card or a box by its label.
func (p *person) tick(label string) { p.t.Helper(); p.fill(label, "yes") }

// upload puts a file into the field of a label.
func (p *person) upload(label, file string) {
	p.t.Helper()
	if !eval[bool](p, fmt.Sprintf(`(() => {%s const f = field('', %s); if (!f) return false; f.id = 'upload-here'; return true })()`, helpers, quote(label))) {
		p.t.Fatalf("%s at %s: there is no field %q\n%s", p.name, p.path(), label, p.text())
	}
	p.do(chromedp.SetUploadFiles("#upload-here", []string{file}))
}

// press clicks a button or link by its text, and waits for what comes.
func (p *person) press(text string) { p.t.Helper(); p.pressIn("", text) }

// pressIn is press within the region of a heading.
func (p *person) pressIn(within, text string) {
	p.t.Helper()
	found := eval[string](p, fmt.Sprintf(`(() => {%s
  const b = button(%s, %s); if (!b) return ''
  window.leaving = true
  const goes = b.matches('a[href]') || (b.matches('button, input') && b.form && b.type !== 'button')
  setTimeout(() => b.click(), 0)
  return goes ? 'goes' : 'stays'
})()`, helpers, quote(within), quote(text)))
	switch found {
	case "":
		p.t.Fatalf("%s at %s: there is no button %q in %q\n%s", p.name, p.path(), text, within, p.text())
	case "goes":
		p.await(fmt.Sprintf("the page after %q", text), `!window.leaving && document.readyState === 'complete'`)
	}
}

// await polls a condition; it holds through the moment between two pages.
func (p *person) await(what, condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { try { return !!(`+condition+`) } catch (e) { return false } })()`))
		if err == nil && ok {
			return
		}
		if ctx.Err() != nil {
			p.t.Fatalf("%s at %s waited in vain for %s\n%s", p.name, p.path(), what, p.text())
		}
		tick := time.NewTimer(20 * time.Millisecond)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// see waits until the page holds a text.
func (p *person) see(text string) {
	p.t.Helper()
	p.await(fmt.Sprintf("the text %q", text), `document.body.innerText.replace(/\s+/g, ' ').includes(`+quote(text)+`)`)
}

// seeNot asserts that the page does not hold a text.
func (p *person) seeNot(text string) {
	p.t.Helper()
	if strings.Contains(p.text(), text) {
		p.t.Fatalf("%s at %s sees %q", p.name, p.path(), text)
	}
}

// text is what the page says, for a failure's report.
func (p *person) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(document.querySelector('main') || document.body).innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// screenshot keeps a picture where SLIPWAY_SHOTS names a folder.
func (p *person) screenshot(name string) {
	p.t.Helper()
	dir := os.Getenv("SLIPWAY_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
	}
	if err != nil {
		p.t.Error(err)
	}
}
