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
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"slipway/internal/sample"
)

const (
	chromium = "/usr/bin/chromium-headless-shell"
	patience = 2 * time.Minute       // for one step of a person; a loaded machine is slow
	glance   = 50 * time.Millisecond // between two looks at a page that is not there yet
)

// browser is the one Chromium of all tests. Every person has a context of it:
// cookies, storage and a tab of their own.
var browser context.Context

func TestMain(m *testing.M) {
	code, err := withBrowser(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withBrowser(run func() int) (int, error) {
	if _, err := os.Stat(chromium); err != nil {
		return 0, fmt.Errorf("the browser tests need Chromium: run make install")
	}
	profile, err := os.MkdirTemp("", "slipway-chromium-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(profile)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.UserDataDir(profile), chromedp.DisableGPU,
		chromedp.NoSandbox, // there is none for root
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	defer stopAllocator()
	var stop context.CancelFunc
	browser, stop = chromedp.NewContext(allocator)
	defer stop()
	if err := chromedp.Do(browser); err != nil {
		return 0, fmt.Errorf("cannot start Chromium: %w", err)
	}
	return run(), nil
}

// person is one browser with cookies of its own.
type person struct {
	t        *testing.T
	ctx      context.Context
	base     string
	name     string
	password string // empty for somebody who does not sign in
}

// visitor opens a browser that has not signed in.
func visitor(t *testing.T, base, name string) *person {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // without a time limit, which would end the tab
		t.Fatal(err)
	}
	p := &person{t: t, ctx: ctx, base: base, name: name}
	p.viewport(1440, 1000)
	return p
}

// signIn opens a browser and signs in through the page.
func signIn(t *testing.T, base, name string) *person {
	t.Helper()
	p := visitor(t, base, name)
	p.password = sample.Password
	p.open("/")
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

// open goes to an address, and signs in where the server asks for it first:
// in the beginning, and after a night in which the session ended.
func (p *person) open(path string) {
	p.t.Helper()
	p.visit(path)
	if p.password != "" && p.path() == "/login" {
		p.fill("User name", p.name)
		p.fill("Password", p.password)
		p.press("Sign in")
		if p.path() == "/login" {
			p.t.Fatalf("%s cannot sign in\n%s", p.name, p.text())
		}
		p.visit(path)
	}
	p.welcome(path)
}

// welcome asserts that the server answered the page well.
func (p *person) welcome(to string) {
	p.t.Helper()
	if code := p.status(); code >= 400 {
		p.t.Fatalf("%s at %s, by %s: %d\n%s", p.name, p.path(), to, code, p.text())
	}
}

// status is the code of the answer that brought the page.
func (p *person) status() int {
	p.t.Helper()
	return eval[int](p, `performance.getEntriesByType('navigation')[0].responseStatus`)
}

// visit loads an address and waits until it stands. Chromium answers when the
// new document has replaced the old; chromedp's own wait misses the load of a
// document that was redirected.
func (p *person) visit(path string) {
	p.t.Helper()
	p.mark()
	fresh := false
	p.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		answer, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: p.base + path})
		if err == nil && answer.ErrorText != "" {
			err = fmt.Errorf("%s: %s", path, answer.ErrorText)
		}
		fresh = answer.LoaderID != "" // else only the fragment changed
		return chromedp.Void{}, err
	})
	if fresh {
		p.arrive(path)
	}
}

// mark makes the document that is to be left known by a word that its
// successor does not have. What htmx puts in the place of a part takes the word
// away as well, unless it is a panel that looked for news by itself.
func (p *person) mark() {
	p.t.Helper()
	eval[bool](p, `(() => {
  if (window.leaving === undefined) document.addEventListener('htmx:after:swap', e => { if (!e.target.matches('[data-live]')) window.leaving = '' })
  window.leaving = 'leaving'
  return true })()`)
}

func (p *person) arrive(from string) {
	p.t.Helper()
	p.await("the page after "+from, `!window.leaving && document.readyState === 'complete'`)
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
		p.t.Fatalf("%s: %v\n%.300s", p.name, err, script)
	}
	return value
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// await polls a condition; it holds through the moment between two pages.
func (p *person) await(what, condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { try { return !!(`+condition+`) } catch (e) { return false } })()`))
		if err == nil && ok {
			return
		}
		timer.Reset(glance)
		select {
		case <-timer.C:
		case <-ctx.Done():
			p.t.Fatalf("%s at %s waited in vain for %s\n%s", p.name, p.path(), what, p.text())
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
