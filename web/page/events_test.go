package page_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"slipway/internal/identity"
	"slipway/web/page"
)

// listening is a server that streams what is put into news.
func listening(t *testing.T, news chan page.Event, ending chan struct{}) *httptest.Server {
	t.Helper()
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) { _ = c.NoContent(page.Status(err)) }
	e.Use(page.Use(page.Settings{Streams: page.NewStreams(ending)}))
	e.GET("/events", func(c echo.Context) error {
		page.SetActor(c, identity.Actor{UserID: 7, Kind: identity.PersonKind})
		return page.Listen(c, func(ctx context.Context, s *page.Stream) error {
			if err := s.Send(page.Event{ID: "1", Name: "hello", Data: "after " + s.After}); err != nil {
				return err
			}
			return page.Each(ctx, s, news, s.Send)
		})
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server
}

func listen(t *testing.T, server *httptest.Server) (*http.Response, *bufio.Reader) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", "41")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer, bufio.NewReader(answer.Body)
}

// message reads one message, up to its empty line.
func message(t *testing.T, from *bufio.Reader) string {
	t.Helper()
	var b strings.Builder
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", b.String(), err)
		}
		if line == "\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

func TestEventsArriveOneByOneAndEndWithTheServer(t *testing.T) {
	news, ending := make(chan page.Event), make(chan struct{})
	answer, from := listen(t, listening(t, news, ending))
	if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") || answer.Header.Get("Content-Encoding") != "" {
		t.Errorf("it is sent as %s %s", got, answer.Header.Get("Content-Encoding"))
	}
	message(t, from) // how long to wait before coming again
	if got := message(t, from); got != "id: 1\nevent: hello\ndata: after 41\n" {
		t.Errorf("the first event is %q", got)
	}
	news <- page.Event{ID: "2\nevent: forged", Data: "one\ntwo\r\nthree"}
	if got := message(t, from); got != "id: 2 event: forged\ndata: one\ndata: two\ndata: three\n" {
		t.Errorf("the second event is %q", got)
	}
	close(ending)
	if rest, err := from.ReadString('\n'); err == nil {
		t.Errorf("the server stopped, and the stream said %q", rest)
	}
}

func TestAPersonKeepsSoManyStreamsOpenAndNoMore(t *testing.T) {
	news, ending := make(chan page.Event), make(chan struct{})
	server := listening(t, news, ending)
	var last *http.Response
	for range 12 {
		answer, from := listen(t, server)
		message(t, from)
		message(t, from)
		last = answer
	}
	if answer, _ := listen(t, server); answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
		t.Errorf("the thirteenth was answered %d", answer.StatusCode)
	}
	_ = last.Body.Close()
	news <- page.Event{} // somebody hears it
	for {
		if answer, _ := listen(t, server); answer.StatusCode == http.StatusOK {
			break // the place of the one that was left is free again
		}
	}
	close(ending)
}
