package dml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/web/page"
)

// site serves the library's own routes, as whoever the test names in a header.
type site struct {
	t      *testing.T
	url    string
	root   string
	dml    *dml.Service
	db     *db.DB
	actors map[string]identity.Actor
}

func newSite(t *testing.T) site {
	t.Helper()
	d, root := dbtest.New(t), t.TempDir()
	store, err := blob.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	s := site{t: t, root: root, dml: dml.New(d, store), db: d, actors: map[string]identity.Actor{}}
	for name, role := range map[string]identity.Role{"bruno": identity.BuildManager, "cora": identity.DMLCustodian, "stefan": identity.Stakeholder, "dario": identity.DeploymentStaff} {
		s.actors[name] = dbtest.User(t, d, name, role)
	}
	e := echo.New()
	e.HTTPErrorHandler = page.ErrorHandler(slog.New(slog.DiscardHandler))
	group := e.Group("", page.Use(page.Settings{Zone: time.UTC, Now: func() time.Time { return d.Now().Std() }}), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			page.SetActor(c, s.actors[c.Request().Header.Get("X-Test-User")])
			return next(c)
		}
	})
	(&handler{dml: s.dml, catalog: catalog.New(d), db: d}).routes(group)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	err    error
}

func (s site) send(user, method, path, contentType string, body io.Reader, header ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Test-User", user)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{s.t, resp.StatusCode, resp.Header, string(text), err}
}

func (s site) get(user, path string, header ...string) answer {
	s.t.Helper()
	return s.send(user, http.MethodGet, path, "", nil, header...)
}

func (s site) post(user, path string, form url.Values) answer {
	s.t.Helper()
	return s.send(user, http.MethodPost, path, echo.MIMEApplicationForm, strings.NewReader(form.Encode()))
}

// upload sends fields and then a file, as a browser does.
func (s site) upload(user string, fields map[string]string, name, content string) answer {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for field, value := range fields {
		if err := w.WriteField(field, value); err != nil {
			s.t.Fatal(err)
		}
	}
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprint(part, content)
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	return s.send(user, http.MethodPost, "/dml/upload", w.FormDataContentType(), &b)
}

func (a answer) want(status int, words ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, not %d: %s", a.status, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			a.t.Fatalf("%q is missing in %s", w, a.body)
		}
	}
	return a
}

func (a answer) value(selector string) string {
	a.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	found := doc.Find(selector).First()
	if found.Length() == 0 {
		a.t.Fatalf("no %s in %s", selector, a.body)
	}
	if found.Is("input") {
		return found.AttrOr("value", "")
	}
	return strings.TrimSpace(found.Text())
}

var server = map[string]string{"item": "payments-api/server", "label": "1.4.0", "name": "Payments server", "kind": "software", "provenance": "built"}

func with(extra map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range []map[string]string{server, extra} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

func TestFromUploadToDownload(t *testing.T) {
	s := newSite(t)
	a := s.upload("bruno", server, `Zahlungen "1".tar.gz`, "the program").want(http.StatusSeeOther)
	if a.header.Get("Location") != "/dml/payments-api/server#v1" {
		t.Fatal(a.header.Get("Location"))
	}
	s.get("bruno", "/dml").want(http.StatusOK, "Payments server 1.4.0", "so you cannot accept it", "Quarantined")
	s.get("dario", "/dml/versions/1/file").want(http.StatusForbidden)
	s.get("bruno", "/dml/payments-api/server").want(http.StatusOK, "Free of malware", "Not checked", "In no release package yet")
	s.post("bruno", "/dml/versions/1/accept", url.Values{"version": {"2"}}).want(http.StatusForbidden)

	shown := s.get("cora", "/dml/payments-api/server").want(http.StatusOK, "Accept into the library")
	form := url.Values{"version": {shown.value("#v1 input[name=version]")}, "change": {"CHG-9"}, "note": {"as built"}}
	s.post("cora", "/dml/versions/1/accept", url.Values{"version": {"1"}, "note": {"typed with care"}}).want(http.StatusConflict, "typed with care", "Somebody else saved this")
	s.post("cora", "/dml/versions/1/reject", url.Values{"version": form["version"]}).want(http.StatusUnprocessableEntity, "Give the reason")
	s.post("cora", "/dml/versions/1/accept", form).want(http.StatusSeeOther)
	s.get("dario", "/dml/payments-api/server").want(http.StatusOK, "Accepted", "CHG-9", "as built")

	file := s.get("dario", "/dml/versions/1/file").want(http.StatusOK)
	if file.body != "the program" || file.err != nil {
		t.Fatal(file.body, file.err)
	}
	for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Length": "11", "Accept-Ranges": "bytes",
		"Content-Disposition": `attachment; filename="Zahlungen \"1\".tar.gz"`, "ETag": `"` + blob.Of([]byte("the program")).String() + `"`} {
		if got := file.header.Get(header); got != want {
			t.Errorf("%s: %s, not %s", header, got, want)
		}
	}
	if part := s.get("dario", "/dml/versions/1/file", "Range", "bytes=4-").want(http.StatusPartialContent); part.body != "program" {
		t.Fatal(part.body)
	}
	s.get("dario", "/dml/versions/1/file", "Range", "bytes=90-").want(http.StatusRequestedRangeNotSatisfiable)
	s.get("dario", "/dml/versions/1/file", "If-None-Match", file.header.Get("ETag")).want(http.StatusNotModified)
	if head := s.send("dario", http.MethodHead, "/dml/versions/1/file", "", nil).want(http.StatusOK); head.header.Get("Content-Length") != "11" {
		t.Fatal(head.header)
	}
}

func TestRefusedUploadKeepsWhatWasTyped(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]struct {
		fields     map[string]string
		file, body string
		status     int
		words      string
	}{
		"digest":      {map[string]string{"digest": blob.Of([]byte("other")).String()}, "a.bin", "x", http.StatusUnprocessableEntity, "do not have the digest"},
		"no file":     {nil, "", "", http.StatusUnprocessableEntity, "Choose a file"},
		"hidden file": {nil, ".bashrc", "x", http.StatusUnprocessableEntity, "plain name"},
		"empty file":  {nil, "a.bin", "", http.StatusUnprocessableEntity, "The file is empty"},
		"label":       {map[string]string{"label": "1/2"}, "a.bin", "x", http.StatusUnprocessableEntity, "A version has letters"},
		"key":         {map[string]string{"item": "../etc"}, "a.bin", "x", http.StatusUnprocessableEntity, "A key has parts"},
		"days":        {map[string]string{"keep_days": "soon"}, "a.bin", "x", http.StatusUnprocessableEntity, "number of days"},
		"long text":   {map[string]string{"supplier": strings.Repeat("x", maxField+1)}, "a.bin", "x", http.StatusUnprocessableEntity, "more text than fits"},
		"no text":     {map[string]string{"supplier": "\xff"}, "a.bin", "x", http.StatusUnprocessableEntity, "not text"},
	} {
		fields := with(c.fields)
		a := s.upload("bruno", fields, c.file, c.body)
		if a.status != c.status || !strings.Contains(a.body, c.words) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
			continue
		}
		if name != "long text" && name != "no text" {
			if got := a.value("#f-name"); got != "Payments server" {
				t.Errorf("%s: the name came back as %q", name, got)
			}
		}
	}
	s.upload("bruno", server, "a.bin", "first").want(http.StatusSeeOther)
	s.upload("bruno", server, "a.bin", "first").want(http.StatusSeeOther)
	s.upload("bruno", server, "a.bin", "second").want(http.StatusConflict, "A version is never replaced", "payments-api/server")
	s.upload("stefan", server, "a.bin", "x").want(http.StatusForbidden)
	s.post("bruno", "/dml/upload", url.Values{"item": {"x"}}).want(http.StatusUnprocessableEntity)
}

func TestTruncatedUploadLeavesNothing(t *testing.T) {
	s := newSite(t)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for field, value := range server {
		if err := w.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "a.bin")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(part, "half of it") // and no closing boundary
	s.send("bruno", http.MethodPost, "/dml/upload", w.FormDataContentType(), &b).want(http.StatusUnprocessableEntity, "ended before all of it had arrived")
	if list, err := s.dml.List(context.Background(), s.actors["cora"], dml.Filter{}); err != nil || list.Matching != 0 {
		t.Fatal(list, err)
	}
}

func TestDamagedBytesAreNeverSentWhole(t *testing.T) {
	s := newSite(t)
	content := strings.Repeat("0123456789abcdef", 20_000)
	s.upload("bruno", server, "a.bin", content).want(http.StatusSeeOther)
	s.post("cora", "/dml/versions/1/accept", url.Values{"version": {"2"}}).want(http.StatusSeeOther)
	hex := blob.Of([]byte(content)).Hex()
	path := filepath.Join(s.root, "sha256", hex[:2], hex)
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte(content[:len(content)-1]+"X"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if a := s.get("dario", "/dml/versions/1/file"); a.err == nil || len(a.body) >= len(content) {
		t.Fatalf("%d damaged bytes came as if they were whole", len(a.body))
	}
	s.get("dario", "/dml/versions/1/file").want(http.StatusConflict, "no longer match")
	s.get("dario", "/dml/payments-api/server").want(http.StatusOK, "Suspect", "Deployment of it is refused")
	s.get("dario", "/dml").want(http.StatusOK, "1 damaged")
}

func TestOthersSeeLess(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "x").want(http.StatusSeeOther)
	list := s.get("stefan", "/dml").want(http.StatusOK)
	if strings.Contains(list.body, "Payments server") || strings.Contains(list.body, "Submit media") {
		t.Fatal("a stakeholder sees the quarantine")
	}
	s.get("stefan", "/dml/payments-api/server").want(http.StatusNotFound)
	s.get("stefan", "/dml/versions/1/file").want(http.StatusNotFound)
	s.get("stefan", "/dml/licences").want(http.StatusForbidden)
	s.get("stefan", "/dml/upload").want(http.StatusForbidden)
	if q := s.get("stefan", "/dml/quarantine").want(http.StatusOK); strings.Contains(q.body, "Payments server") {
		t.Fatal("a stakeholder sees the quarantine")
	}
	for _, path := range []string{"/dml/nothing", "/dml/versions/x/file", "/dml/versions/99/file", "/dml/..%2f..%2fetc%2fpasswd"} {
		s.get("cora", path).want(http.StatusNotFound)
	}
	s.post("cora", "/dml/versions/1/destroy", nil).want(http.StatusNotFound)
}

func TestListAndLicences(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "x").want(http.StatusSeeOther)
	s.upload("bruno", with(map[string]string{"item": "payments-api/guide", "name": "Guide", "kind": "documentation"}), "g.txt", "words").want(http.StatusSeeOther)
	part := s.get("cora", "/dml?kind=documentation", "HX-Request", "true", "HX-Request-Type", "partial").want(http.StatusOK, "Guide", "1 of 2 match")
	if strings.Contains(part.body, "<html") || strings.Contains(part.body, "Payments server") {
		t.Fatal("not the narrowed fragment:", part.body)
	}
	s.get("cora", "/dml?q="+blob.Of([]byte("words")).Hex()[:12]).want(http.StatusOK, "Guide")
	s.get("cora", "/dml?q=%25&state=nonsense&after=x").want(http.StatusOK, "Nothing matches")

	licence := url.Values{"version": {"0"}, "key": {"ENT-0442"}, "name": {"Field licence"}, "metric": {"device"}, "entitled": {"15"}, "valid_to": {"2027-12-31"}}
	s.post("bruno", "/dml/licences", licence).want(http.StatusForbidden)
	s.post("cora", "/dml/licences", licence).want(http.StatusSeeOther)
	s.post("cora", "/dml/licences", licence).want(http.StatusUnprocessableEntity, "already", "Field licence")
	s.get("bruno", "/dml/licences").want(http.StatusOK, "15 devices", "In date")
	s.get("bruno", "/dml/licences/ENT-0442").want(http.StatusOK, "Each verified target consumes one", "No release holds a part")
	s.get("stefan", "/dml/licences/ENT-0442").want(http.StatusForbidden)
	s.get("cora", "/dml/licences/NONE").want(http.StatusNotFound)
	if strings.Contains(s.get("bruno", "/dml/licences/ENT-0442").body, "Save the entitlement") {
		t.Error("a build manager is offered to change it")
	}
	licence.Set("valid_from", "2028-01-01")
	licence.Set("version", "1")
	s.post("cora", "/dml/licences", licence).want(http.StatusUnprocessableEntity, "end after it begins", "Save the entitlement")
	licence.Del("valid_from")
	s.post("cora", "/dml/licences", licence).want(http.StatusSeeOther)
	s.post("cora", "/dml/licences", licence).want(http.StatusConflict, "Somebody else")

	edit := url.Values{"version": {"1"}, "name": {"Server, renamed"}, "provenance": {"procured"}}
	s.post("cora", "/dml/items/payments-api/server", edit).want(http.StatusUnprocessableEntity, "Name the supplier", "Server, renamed")
	edit.Set("supplier", "Kvarn")
	s.post("bruno", "/dml/items/payments-api/server", edit).want(http.StatusForbidden)
	s.post("cora", "/dml/items/payments-api/server", edit).want(http.StatusSeeOther)
	s.post("cora", "/dml/items/payments-api/server", edit).want(http.StatusConflict, "Somebody else")
	s.get("cora", "/dml").want(http.StatusOK, "Server, renamed")
}
