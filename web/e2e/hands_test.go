//go:build e2e

package e2e

import (
	"fmt"

	"github.com/chromedp/chromedp"
)

// hands find what a person would: the field beside a label, the button or
// link with a text, within the region of a heading if one is named. What lies
// in a closed disclosure is found by opening it, as a person would; so a button
// goes before the disclosure of the same name that it lies in, and one of the
// form that is being filled in before all others.
const hands = `
const fold = s => s.replace(/\s+/g, ' ').trim()
const openUp = e => { for (let d = e; d; d = d.parentElement) if (d.matches('details')) d.open = true }
const region = name => {
  if (!name) return document.querySelector('main') || document.body
  const heads = [...document.querySelectorAll('main h2, main h3, main summary, main legend, main tr, main li, main article')]
    .filter(h => fold(h.textContent).includes(name) && (h.matches('tr, li, article') || fold(h.textContent).length < 200))
  const head = heads.find(h => fold(h.textContent) === name) || heads[0]
  if (!head) return null
  const box = head.matches('tr, li, article') ? head : head.closest('details, fieldset, article, section, form') || head.parentElement
  openUp(box)
  return box
}
const field = (within, name) => {
  const box = region(within); if (!box) return null
  const labels = [...box.querySelectorAll('label')], text = l => fold(l.textContent).replace(/ \(optional\)$/, '')
  const label = labels.find(l => text(l) === name) || labels.find(l => text(l).startsWith(name))
  const found = label ? label.control : box.querySelector('[aria-label="' + CSS.escape(name) + '"]')
  if (found) openUp(found)
  return found
}
const button = (within, name) => {
  const box = region(within); if (!box) return null
  const form = document.activeElement && document.activeElement.form
  const all = [...(form ? form.querySelectorAll('button') : []), ...box.querySelectorAll('button, a'), ...box.querySelectorAll('summary')].filter(b => b.getAttribute('aria-disabled') !== 'true' && !b.disabled && !b.closest('[popover]:not(:popover-open)'))
  const label = b => fold(b.getAttribute('aria-label') || b.textContent)
  const found = all.find(b => fold(b.textContent) === name) || all.find(b => label(b) === name) || all.find(b => label(b).startsWith(name))
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
  if (!f.checkVisibility()) return 'the field is not to be seen'
  if (f.disabled) return 'the field is disabled'
  f.focus()
  if (f.matches('select')) {
    const o = [...f.options].find(o => fold(o.text) === value || o.value === value) || [...f.options].find(o => fold(o.text).startsWith(value))
    if (!o) return 'there is no such choice; there are: ' + [...f.options].map(o => fold(o.text)).join(' | ')
    f.value = o.value
  } else if (f.type === 'checkbox' || f.type === 'radio') f.checked = value !== 'no'
  else f.value = value
  f.dispatchEvent(new Event('input', {bubbles: true})); f.dispatchEvent(new Event('change', {bubbles: true}))
  return ''
})()`, hands, quote(within), quote(label), quote(value)))
	if problem != "" {
		p.t.Fatalf("%s at %s: %q = %q in %q: %s\n%s", p.name, p.path(), label, value, within, problem, p.text())
	}
}

// tick chooses a radio card or a box by its label.
func (p *person) tick(label string) { p.t.Helper(); p.fillIn("", label, "yes") }

// tickIn is tick within the region of a heading.
func (p *person) tickIn(within, label string) { p.t.Helper(); p.fillIn(within, label, "yes") }

// upload puts a file into the field of a label.
func (p *person) upload(label, file string) { p.t.Helper(); p.uploadIn("", label, file) }

// uploadIn is upload within the region of a heading.
func (p *person) uploadIn(within, label, file string) {
	p.t.Helper()
	id := eval[string](p, fmt.Sprintf(`(() => {%s const f = field(%s, %s); return f ? f.id : '' })()`, hands, quote(within), quote(label)))
	if id == "" {
		p.t.Fatalf("%s at %s: there is no field %q in %q\n%s", p.name, p.path(), label, within, p.text())
	}
	p.do(chromedp.SetUploadFiles("#"+id, []string{file}))
}

// press clicks a button or link by its text, waits for what comes, and expects
// that it is done.
func (p *person) press(text string) { p.t.Helper(); p.pressIn("", text) }

// pressIn is press within the region of a heading.
func (p *person) pressIn(within, text string) {
	p.t.Helper()
	p.click(within, text)
	p.welcome(text)
}

// refused clicks what the server must refuse, and expects the reasons.
func (p *person) refused(text string, reasons ...string) {
	p.t.Helper()
	p.click("", text)
	if code := p.status(); code < 400 {
		p.t.Fatalf("%s at %s: %q was done\n%s", p.name, p.path(), text, p.text())
	}
	for _, reason := range reasons {
		p.see(reason)
	}
}

func (p *person) click(within, text string) {
	p.t.Helper()
	p.mark()
	found := eval[string](p, fmt.Sprintf(`(() => {%s
  const b = button(%s, %s)
  if (!b) return ''
  if (!b.checkVisibility()) return 'hidden'
  const leads = b.matches('a') && b.href && (b.getAttribute('hx-get') || b.href.split('#')[0] !== location.href.split('#')[0] || !b.hash)
  const sends = b.matches('button') && b.form && b.type === 'submit'
  b.click()
  return leads || sends ? 'goes' : 'stays'
})()`, hands, quote(within), quote(text)))
	switch found {
	case "", "hidden":
		p.t.Fatalf("%s at %s: there is no button %q in %q to be seen\n%s", p.name, p.path(), text, within, p.text())
	case "goes":
		p.arrive(fmt.Sprintf("%q", text))
	}
}

// offers lists the buttons and links whose text begins so.
func (p *person) offers(prefix string) []string {
	p.t.Helper()
	return eval[[]string](p, fmt.Sprintf(`(() => {%s
  return [...document.querySelectorAll('main button, main a')].map(b => fold(b.textContent)).filter(text => text.startsWith(%s)) })()`, hands, quote(prefix)))
}

// has tells whether the page holds something of the selector.
func (p *person) has(selector string) bool {
	p.t.Helper()
	return eval[bool](p, `!!document.querySelector(`+quote(selector)+`)`)
}
