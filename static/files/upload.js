// A file to submit is sent in pieces (tus 1.0) as soon as it is chosen, and gone
// on with after a dropped connection, a reload or a restart of the server. The
// form without this script sends the file itself.
'use strict'
;(() => {
  const form = document.getElementById('upload')
  const box = form?.querySelector('[data-upload]')
  if (!box || !window.tus?.isSupported) return
  const find = name => box.querySelector(`[data-upload-${name}]`)
  const file = form.querySelector('input[type=file]'), id = form.querySelector('input[name=upload]')
  const bar = box.querySelector('progress'), pause = find('pause')
  const delays = [0, 1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000, 30000]
  const offline = 'No connection. It goes on by itself when there is one.'
  let upload = null, state = '', submitting = null, marks = []
  const underWay = form.querySelector('[data-under-way]')
  if (underWay) underWay.hidden = false

  const say = text => { find('status').textContent = text }
  const size = n => {
    const units = ['B', 'kB', 'MB', 'GB', 'TB']
    let i = 0
    while (n >= 1000 && i < units.length - 1) { n /= 1000; i++ }
    return `${i ? n.toFixed(1) : n} ${units[i]}`
  }

  // become is one of sending, waiting, paused, arrived, failed.
  const become = (next, text) => {
    state = next
    box.dataset.state = next
    pause.hidden = next === 'arrived' || next === 'failed'
    pause.textContent = next === 'paused' ? 'Resume' : 'Pause'
    say(text)
  }

  const progress = (sent, total) => {
    const now = performance.now()
    marks = [...marks.filter(m => now - m.at < 5000), { at: now, sent }]
    const first = marks[0], rate = now > first.at ? (sent - first.sent) / (now - first.at) * 1000 : 0
    const percent = Math.floor(sent * 100 / total)
    bar.value = percent
    find('figures').textContent = `${percent} % · ${size(sent)} of ${size(total)}` + (rate > 0 ? ` · ${size(Math.round(rate))}/s` : '')
    if (state === 'waiting') become('sending', 'Going on.')
  }

  const reason = error => {
    const status = error.originalResponse?.getStatus()
    if (status === 401) return 'You are signed out. Sign in in another tab, then resume.'
    try {
      const problem = JSON.parse(error.originalResponse.getBody())
      return [problem.detail, ...(problem.errors ?? []).map(e => e.message)].join(' ')
    } catch { return status ? `The server answered ${status}.` : 'The connection does not come back.' }
  }

  const failed = error => {
    const status = error.originalResponse?.getStatus() ?? 0
    submitting = null
    if (!navigator.onLine) become('waiting', offline)
    else if (status === 401 || passing(status)) become('paused', `${reason(error)} What has arrived is kept.`)
    else { id.value = ''; become('failed', reason(error)) }
  }
  const passing = status => [0, 408, 409, 423, 429, 500, 502, 503, 504].includes(status)

  const arrived = () => {
    id.value = upload.url.slice(upload.url.lastIndexOf('/') + 1)
    progress(upload.file.size, upload.file.size)
    become('arrived', `${upload.file.name} has arrived.`)
    if (submitting) form.requestSubmit(submitting.button)
  }

  const begin = async chosen => {
    if (upload) upload.abort()
    id.value = ''
    marks = []
    box.hidden = false
    find('name').textContent = chosen.name
    bar.value = 0
    find('figures').textContent = ''
    const mine = upload = new tus.Upload(chosen, {
      endpoint: '/api/v1/uploads', chunkSize: 16 * 1024 * 1024, retryDelays: delays, metadata: { filename: chosen.name, filetype: chosen.type },
      onShouldRetry: error => {
        const again = navigator.onLine && passing(error.originalResponse?.getStatus() ?? 0)
        if (again && mine === upload) become('waiting', 'The connection dropped. Trying again.')
        return again
      },
      onProgress: (sent, total) => { if (mine === upload) progress(sent, total) },
      onSuccess: () => { if (mine === upload) arrived() },
      onError: error => { if (mine === upload) failed(error) },
    })
    become('sending', `Sending ${chosen.name}.`)
    const earlier = await mine.findPreviousUploads()
    if (earlier.length) {
      mine.resumeFromPreviousUpload(earlier[0])
      say(`Going on with ${chosen.name}.`)
    }
    if (mine === upload && state === 'sending') mine.start()
  }

  const resume = async () => {
    marks = []
    become('sending', 'Going on.')
    await upload.abort() // what may wait to be tried again
    if (state === 'sending') upload.start()
  }

  file.addEventListener('change', () => {
    if (file.files.length) begin(file.files[0])
    else if (upload) { upload.abort(); upload = null; id.value = ''; box.hidden = true }
  })
  pause.addEventListener('click', () => {
    if (state === 'paused') return resume()
    upload.abort()
    submitting = null
    become('paused', 'Paused. What has arrived is kept for a day.')
  })
  find('drop').addEventListener('click', () => {
    upload.abort(true).catch(() => {}) // what cannot be given up now expires
    upload = null
    submitting = null
    id.value = file.value = ''
    box.hidden = true
    file.focus()
  })
  addEventListener('offline', () => { if (upload && state === 'waiting') become('waiting', offline) })
  addEventListener('online', () => { if (upload && state === 'waiting') resume() })

  form.addEventListener('submit', event => {
    if (!upload || state === 'failed') return // the form sends the file itself
    if (state === 'arrived') { file.disabled = true; return }
    event.preventDefault()
    submitting = { button: event.submitter }
    if (state === 'paused') resume()
    say('The form goes as soon as the file has arrived.')
  })
  addEventListener('pageshow', () => { file.disabled = false })
})()
