package page

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
)

const (
	streamsPerUser = 12 // open pages of one person that listen at once
	beatEvery      = 20 * time.Second
	streamWait     = 15 * time.Second // for one message to leave
	streamLength   = 10 * time.Minute // then the page comes again, and is known again
)

// Streams keeps count of the server-sent events that go out, and ends them when
// the server does.
type Streams struct {
	ending <-chan struct{}
	mu     sync.Mutex
	open   map[int64]int
}

// NewStreams gives the streams of a server that stops once ending is closed;
// nil never is.
func NewStreams(ending <-chan struct{}) *Streams {
	return &Streams{ending: ending, open: map[int64]int{}}
}

func (s *Streams) enter(userID int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[userID] >= streamsPerUser {
		return false
	}
	s.open[userID]++
	return true
}

func (s *Streams) leave(userID int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[userID]--; s.open[userID] == 0 {
		delete(s.open, userID)
	}
}

// Stream is one page that listens.
type Stream struct {
	out    http.ResponseWriter
	flush  *http.ResponseController
	After  string // the id of the last event that the page has heard
	failed error
}

// Event is one message. A named one becomes a DOM event of the page; an unnamed
// one is HTML that htmx swaps in.
type Event struct{ ID, Name, Data string }

// Listen answers with server-sent events: fn sends them as it learns of them,
// and returns when its context ends: when the page is left, when the server
// stops, and after ten minutes, since somebody's sight may have been taken away
// meanwhile. A quiet stream beats, so that the page knows it is heard.
func Listen(c echo.Context, fn func(ctx context.Context, s *Stream) error) error {
	settings, _ := c.Get(settingsKey).(Settings)
	streams := settings.Streams
	if streams == nil {
		return fault.New(fault.Unavailable, "This server sends no events.")
	}
	user := Actor(c).UserID
	if !streams.enter(user) {
		c.Response().Header().Set("Retry-After", "30")
		return fault.New(fault.TooMany, "Too many of your pages listen at once. Close some; this one looks for news by itself.")
	}
	defer streams.leave(user)
	ctx, cancel := context.WithTimeout(c.Request().Context(), streamLength)
	defer cancel()
	s := &Stream{out: c.Response(), flush: http.NewResponseController(c.Response()), After: c.Request().Header.Get("Last-Event-ID")}
	defer func() { _ = s.flush.SetWriteDeadline(time.Time{}) }()
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that gathers bytes would hold them back
	c.Response().WriteHeader(http.StatusOK)
	if err := s.write([]byte("retry: 2000\n\n")); err != nil {
		return nil
	}
	var told sync.WaitGroup
	defer told.Wait()
	defer cancel()
	told.Go(func() {
		select {
		case <-ctx.Done():
		case <-streams.ending:
			cancel()
		}
	})
	_ = fn(ctx, s) // the answer has begun; a listener that lost its way comes again
	return nil
}

// Send sends one event.
func (s *Stream) Send(e Event) error {
	var b bytes.Buffer
	if e.ID != "" {
		fmt.Fprintf(&b, "id: %s\n", oneLine(e.ID))
	}
	if e.Name != "" {
		fmt.Fprintf(&b, "event: %s\n", oneLine(e.Name))
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(e.Data, "\r\n", "\n"), "\r", "\n"), "\n") {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	b.WriteByte('\n')
	return s.write(b.Bytes())
}

func oneLine(text string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(text) }

// Each calls fn for everything that comes, until the channel is closed or the
// context ends, and beats in between.
func Each[T any](ctx context.Context, s *Stream, news <-chan T, fn func(T) error) error {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
			if err := s.Send(Event{Name: "beat"}); err != nil {
				return err
			}
		case one, open := <-news:
			if !open {
				return nil
			}
			if err := fn(one); err != nil {
				return err
			}
		}
	}
}

// write sends bytes at once. A page that does not take them in time is given up.
func (s *Stream) write(b []byte) error {
	if s.failed != nil {
		return s.failed
	}
	_ = s.flush.SetWriteDeadline(time.Now().Add(streamWait)) // a recorder in a test has none
	if _, s.failed = s.out.Write(b); s.failed == nil {
		s.failed = s.flush.Flush()
	}
	return s.failed
}
