// What the pages do better with a script. Nothing here is needed.
'use strict'

// A digest is copied whole, although the page shows it shortened.
document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy]')
  if (!button || !navigator.clipboard) return
  navigator.clipboard.writeText(button.dataset.copy).then(() => announce('Copied'))
})

// A form that is on its way is not sent again by an impatient second click.
// The server would act once anyway.
document.addEventListener('submit', event => {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post') return
  if (form.dataset.sent) { event.preventDefault(); return }
  form.dataset.sent = '1'
  setTimeout(() => { delete form.dataset.sent }, 4000)
})
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent
})

// A dossier is printed by its button; the browser's own menu does the same.
for (const button of document.querySelectorAll('[data-print]')) button.hidden = false
document.addEventListener('click', event => { if (event.target.closest('[data-print]')) print() })

function announce(text) {
  const area = document.querySelector('.toast-area')
  if (!area) return
  area.textContent = text
  setTimeout(() => { area.textContent = '' }, 3000)
}

// Keyboard, never inside a field: / search, g and a letter, j and k for rows.
const places = { w: '/', r: '/releases', c: '/calendar', d: '/dml' }
let going = false
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, [contenteditable]')) return
  if (going && places[event.key]) { location.href = places[event.key]; return }
  going = event.key === 'g'
  if (event.key === '?') document.getElementById('keys')?.togglePopover()
  if (event.key === '/') { event.preventDefault(); document.querySelector('.side-search input')?.focus() }
  if (event.key === 'j' || event.key === 'k') {
    const rows = [...document.querySelectorAll('main tbody th[scope=row] a, main .rows > li a')]
    const at = rows.indexOf(document.activeElement)
    rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === 'j' ? 1 : -1)))]?.focus()
  }
})

// A panel that polls waits while nobody looks, or while somebody is reading
// something open in it or typing. One that is told of changes by a stream does
// not poll while the stream is heard from.
document.addEventListener('htmx:before:request', event => {
  const panel = event.target
  if (!(panel instanceof Element) || !panel.matches('[data-live]')) return
  const busy = panel.querySelector('details[open], :popover-open, :focus')
  const timer = event.detail.ctx.sourceEvent?.type === 'every'
  if (document.hidden || busy) {
    if (!timer) panel.dataset.late = '1'
    event.preventDefault()
  } else if (timer && !panel.dataset.late && hears(panel)) event.preventDefault()
})
const heard = new WeakMap()
for (const name of ['after:connection', 'before:message']) document.addEventListener('htmx:sse:' + name, event => heard.set(event.target, Date.now()))
for (const name of ['error', 'close']) document.addEventListener('htmx:sse:' + name, event => heard.delete(event.target))
function hears(panel) {
  const stream = document.getElementById(panel.dataset.stream)
  return stream && Date.now() - (heard.get(stream) ?? 0) < 45000
}

// A live panel whose polls fail keeps what it shows, and after the second says
// when it last heard. A sign-in page is no news either.
document.addEventListener('htmx:after:request', event => {
  const response = event.detail.ctx.response.raw
  if (event.target instanceof Element && event.target.matches('[data-live]') && (!response.ok || response.redirected)) {
    event.preventDefault()
    missed(event.target)
  }
})
document.addEventListener('htmx:error', event => {
  if (event.target instanceof Element && event.target.matches('[data-live]')) missed(event.target)
})
function missed(panel) {
  panel.dataset.missed = Number(panel.dataset.missed ?? 0) + 1
  const note = panel.querySelector('[data-heard]')
  if (note && panel.dataset.missed > 1) note.hidden = false
}
