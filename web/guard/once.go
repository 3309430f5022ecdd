package guard

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/web/page"
)

// Once makes a form act once however often it is sent: a second POST with the
// same `once` key waits for the first and gets its redirect. A POST that failed
// frees its key, so that the person can mend it and send it again.
//
// Keys are remembered by this process for an hour. Beyond that, and across
// processes, the record version in the form turns a repeat into a Conflict.
type Once struct {
	mu   sync.Mutex
	seen map[string]*submission
	now  func() time.Time
}

type submission struct {
	done     chan struct{}
	location string
	at       time.Time
}

const (
	rememberOnce = time.Hour
	maxOnce      = 50_000
	maxOnceForm  = 1 << 20
)

// NewOnce gives the middleware's memory.
func NewOnce(now func() time.Time) *Once { return &Once{seen: map[string]*submission{}, now: now} }

// Middleware guards every POST that carries a key.
func (o *Once) Middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		key := onceKey(c)
		if key == "" {
			return next(c)
		}
		s, first := o.claim(key)
		if !first {
			return o.replay(c, s)
		}
		err := next(c)
		o.settle(key, s, locationOf(c))
		return err
	}
}

func onceKey(c echo.Context) string {
	r := c.Request()
	if r.Method != http.MethodPost {
		return ""
	}
	key := r.URL.Query().Get("once")
	if key == "" && strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEApplicationForm) {
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxOnceForm)
		if err := r.ParseForm(); err != nil {
			return "" // Bind gives the person the reason
		}
		key = r.PostForm.Get("once")
	}
	if key == "" || len(key) > 64 {
		return ""
	}
	return page.Actor(c).Username + "\x00" + r.URL.Path + "\x00" + key
}

func (o *Once) claim(key string) (s *submission, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s, ok := o.seen[key]; ok {
		return s, false
	}
	if len(o.seen) >= maxOnce {
		o.forget()
	}
	s = &submission{done: make(chan struct{}), at: o.now()}
	o.seen[key] = s
	return s, true
}

// forget drops what is an hour old, or everything settled if nothing is.
func (o *Once) forget() {
	before := len(o.seen)
	for key, s := range o.seen {
		if o.now().Sub(s.at) > rememberOnce {
			delete(o.seen, key)
		}
	}
	if len(o.seen) == before {
		clear(o.seen)
	}
}

func (o *Once) settle(key string, s *submission, location string) {
	o.mu.Lock()
	if location == "" {
		delete(o.seen, key)
	}
	s.location = location
	o.mu.Unlock()
	close(s.done)
}

func (o *Once) replay(c echo.Context, s *submission) error {
	select {
	case <-s.done:
	case <-c.Request().Context().Done():
		return c.Request().Context().Err()
	}
	if s.location == "" {
		return fault.New(fault.Conflict, "This was sent twice, and the first was not accepted. Go back, mend it and send it again.")
	}
	return page.Redirect(c, s.location, "")
}

func locationOf(c echo.Context) string {
	h := c.Response().Header()
	if to := h.Get("HX-Redirect"); to != "" {
		return to
	}
	if c.Response().Status == http.StatusSeeOther {
		return h.Get(echo.HeaderLocation)
	}
	return ""
}
