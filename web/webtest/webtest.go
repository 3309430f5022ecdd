// Package webtest drives the real router as a person of the demonstration
// would, and asserts on what the page shows, by selector.
package webtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/sample"
	"slipway/web"
)

// Server is one Slipway with a database of its own.
type Server struct {
	App     *app.App
	URL     string
	handler http.Handler
	t       testing.TB
}

// Empty gives a server on an empty, migrated database.
func Empty(t testing.TB) *Server {
	t.Helper()
	return serve(t, dbtest.New(t), t.TempDir())
}

func serve(t testing.TB, d *db.DB, media string) *Server {
	t.Helper()
	blobs, err := blob.OpenDisk(media)
	if err != nil {
		t.Fatal(err)
	}
	a := app.Connect(d, blobs, slog.New(slog.DiscardHandler))
	ended := make(chan struct{})
	close(ended) // a stream says what it has and ends
	handler, err := web.New(a, web.Config{Zone: sample.Zone, Organisation: sample.Organisation, Version: "test", Ending: ended})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &Server{App: a, URL: server.URL, handler: handler, t: t}
}

// Person is one signed-in browser.
type Person struct {
	Server *Server
	client *http.Client
	t      testing.TB
}

// As signs in as a person of the demonstration.
func (s *Server) As(username string) *Person {
	s.t.Helper()
	p := s.Nobody()
	p.Post("/login", url.Values{"username": {username}, "password": {sample.Password}}).Status(http.StatusSeeOther)
	return p
}

// Nobody is a browser that has not signed in.
func (s *Server) Nobody() *Person {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &Person{Server: s, t: s.t, client: &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Page is an answer.
type Page struct {
	Code int
	Head http.Header
	Body string
	doc  *goquery.Document
	what string
	t    testing.TB
}

// Get asks for an address.
func (p *Person) Get(path string) *Page {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.Server.URL+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.Do(r)
}

// Statements tells how many SQL statements a page takes when it was drawn once
// before and nothing was recorded since.
func (p *Person) Statements(path string) int64 {
	p.t.Helper()
	p.Get(path).Status(http.StatusOK)
	ctx, count := db.CountStatements(context.Background())
	r := httptest.NewRequest(http.MethodGet, p.Server.URL+path, nil).WithContext(ctx)
	for _, cookie := range p.client.Jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	answer := httptest.NewRecorder()
	p.Server.handler.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK || count.Load() == 0 {
		p.t.Fatalf("%s answered %d with %d statements", path, answer.Code, count.Load())
	}
	return count.Load()
}

// Post sends a form.
func (p *Person) Post(path string, values url.Values) *Page {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, p.Server.URL+path, strings.NewReader(values.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.Do(r)
}

// Do sends any request with the person's cookies.
func (p *Person) Do(r *http.Request) *Page {
	p.t.Helper()
	response, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return &Page{Code: response.StatusCode, Head: response.Header, Body: string(body), what: r.Method + " " + r.URL.Path, t: p.t}
}

// Status asserts the status, and shows the page's text when it differs.
func (p *Page) Status(want int) *Page {
	p.t.Helper()
	if p.Code != want {
		p.t.Fatalf("%s answered %d, want %d\n%s", p.what, p.Code, want, p.Text("body"))
	}
	return p
}

// Doc is the parsed page.
func (p *Page) Doc() *goquery.Document {
	p.t.Helper()
	if p.doc == nil {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.Body))
		if err != nil {
			p.t.Fatal(err)
		}
		p.doc = doc
	}
	return p.doc
}

// Text is the text of what the selector finds, with white space folded.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	return strings.Join(strings.Fields(p.Doc().Find(selector).Text()), " ")
}

// Has asserts that some element of the selector contains the text.
func (p *Page) Has(selector, text string) *Page {
	p.t.Helper()
	if found := p.Text(selector); !strings.Contains(found, text) {
		p.t.Errorf("%s: %q holds %q, not %q", p.what, selector, found, text)
	}
	return p
}

// Lacks asserts that no element of the selector contains the text.
func (p *Page) Lacks(selector, text string) *Page {
	p.t.Helper()
	if found := p.Text(selector); strings.Contains(found, text) {
		p.t.Errorf("%s: %q holds %q", p.what, selector, text)
	}
	return p
}

// Location is where a redirect leads.
func (p *Page) Location() string { return p.Head.Get("Location") }
