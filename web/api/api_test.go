package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"slipway/internal/client"
	"slipway/internal/dml/blob"
	"slipway/web/webtest"
)

type caller struct {
	*webtest.Person
	t     *testing.T
	token string
}

func as(t *testing.T, s *webtest.Server, username string) caller {
	t.Helper()
	if username == "" {
		return caller{s.Nobody(), t, ""}
	}
	return caller{s.As(username), t, ""}
}

// with gives a caller that has nothing but a token.
func with(t *testing.T, s *webtest.Server, username string, scopes ...string) caller {
	t.Helper()
	actor, err := s.App.Identity.Local(context.Background(), username)
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.App.Identity.CreateToken(context.Background(), actor, "test", scopes, 0)
	if err != nil {
		t.Fatal(err)
	}
	return caller{s.Nobody(), t, token}
}

func (c caller) send(method, path, body string, header ...string) *webtest.Page {
	c.t.Helper()
	r, err := http.NewRequest(method, c.Server.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if strings.HasPrefix(path, "/api/v1/uploads") {
		r.Header.Set("Tus-Resumable", "1.0.0")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	return c.Do(r)
}

func (c caller) create(size int, said map[string]string) *webtest.Page {
	c.t.Helper()
	var pairs []string
	for key, value := range said {
		pairs = append(pairs, key+" "+base64.StdEncoding.EncodeToString([]byte(value)))
	}
	return c.send(http.MethodPost, "/api/v1/uploads", "", "Upload-Length", strconv.Itoa(size), "Upload-Metadata", strings.Join(pairs, ","))
}

// begun announces a file and gives the address of the upload.
func (c caller) begun(size int) string {
	c.t.Helper()
	return c.create(size, map[string]string{"filename": "server.bin"}).Status(http.StatusCreated).Head.Get("Location")
}

func (c caller) patch(address string, offset int, body string, header ...string) *webtest.Page {
	c.t.Helper()
	return c.send(http.MethodPatch, address, body, append([]string{"Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream"}, header...)...)
}

func (c caller) offset(address string) string {
	c.t.Helper()
	p := c.send(http.MethodHead, address, "").Status(http.StatusOK)
	if p.Head.Get("Cache-Control") != "no-store" || p.Head.Get("Tus-Resumable") != "1.0.0" || p.Head.Get("Upload-Expires") == "" {
		c.t.Errorf("%v", p.Head)
	}
	return p.Head.Get("Upload-Offset")
}

// TestTus goes through the protocol's rules: what it asks for, and what a wrong
// request gets and leaves unharmed.
func TestTus(t *testing.T) {
	bruno := as(t, webtest.New(t), "bruno")
	options := bruno.send(http.MethodOptions, "/api/v1/uploads", "", "Tus-Resumable", "").Status(http.StatusNoContent)
	if options.Head.Get("Tus-Version") != "1.0.0" || options.Head.Get("Tus-Extension") != "creation,termination,expiration" || options.Head.Get("Tus-Max-Size") == "" {
		t.Errorf("%v", options.Head)
	}
	at := bruno.begun(10)
	if !strings.HasPrefix(at, "/api/v1/uploads/upload-") || bruno.offset(at) != "0" {
		t.Fatal(at)
	}
	if p := bruno.patch(at, 0, "01234").Status(http.StatusNoContent); p.Head.Get("Upload-Offset") != "5" || p.Head.Get("Upload-Expires") == "" {
		t.Errorf("%v", p.Head)
	}
	for name, one := range map[string]struct {
		p    *webtest.Page
		want int
	}{
		"offset before":     {bruno.patch(at, 0, "01234"), http.StatusConflict},
		"offset beyond":     {bruno.patch(at, 6, "6789"), http.StatusConflict},
		"offset far beyond": {bruno.patch(at, 1<<40, "6789"), http.StatusConflict},
		"offset negative":   {bruno.patch(at, -1, "6789"), http.StatusBadRequest},
		"offset missing":    {bruno.patch(at, 5, "56789", "Upload-Offset", ""), http.StatusBadRequest},
		"too long a part":   {bruno.patch(at, 5, "56789X"), http.StatusRequestEntityTooLarge},
		"content type":      {bruno.patch(at, 5, "56789", "Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		"no version":        {bruno.patch(at, 5, "56789", "Tus-Resumable", ""), http.StatusPreconditionFailed},
		"other version":     {bruno.patch(at, 5, "56789", "Tus-Resumable", "0.2.2"), http.StatusPreconditionFailed},
		"unknown upload":    {bruno.patch("/api/v1/uploads/upload-0", 0, "x"), http.StatusNotFound},
		"path trick":        {bruno.patch("/api/v1/uploads/..%2f..%2fslipway.db", 0, "x"), http.StatusNotFound},
		"post to it":        {bruno.send(http.MethodPost, at, "56789"), http.StatusMethodNotAllowed},
		"no length":         {bruno.send(http.MethodPost, "/api/v1/uploads", ""), http.StatusBadRequest},
		"empty file":        {bruno.create(0, map[string]string{"filename": "a"}), http.StatusUnprocessableEntity},
		"no name":           {bruno.create(5, nil), http.StatusUnprocessableEntity},
		"hostile name":      {bruno.create(5, map[string]string{"filename": "../../etc/passwd"}), http.StatusUnprocessableEntity},
		"too large":         {bruno.create(1<<50, map[string]string{"filename": "a"}), http.StatusRequestEntityTooLarge},
		"bad metadata":      {bruno.send(http.MethodPost, "/api/v1/uploads", "", "Upload-Length", "5", "Upload-Metadata", "filename ???"), http.StatusBadRequest},
	} {
		if one.p.Code != one.want {
			t.Errorf("%s: %d, want %d: %s", name, one.p.Code, one.want, one.p.Body)
		}
		var said struct{ Detail string }
		if json.Unmarshal([]byte(one.p.Body), &said) != nil || said.Detail == "" || one.p.Head.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s is no problem document: %s %s", name, one.p.Head.Get("Content-Type"), one.p.Body)
		}
		if bruno.offset(at) != "5" {
			t.Fatalf("%s did harm", name)
		}
	}
	bruno.patch(at, 5, "56789", "X-HTTP-Method-Override", "ignored").Status(http.StatusNoContent)
	if bruno.offset(at) != "10" {
		t.Error("it is not whole")
	}
	gone := bruno.begun(10)
	bruno.send(http.MethodPost, gone, "01234", "X-HTTP-Method-Override", http.MethodPatch, "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream").Status(http.StatusNoContent)
	bruno.send(http.MethodDelete, gone, "").Status(http.StatusNoContent)
	bruno.send(http.MethodHead, gone, "").Status(http.StatusNotFound)
	wrong := bruno.create(5, map[string]string{"filename": "a", "sha256": blob.Of([]byte("other")).Hex()}).Status(http.StatusCreated).Head.Get("Location")
	if p := bruno.patch(wrong, 0, "bytes").Status(http.StatusUnprocessableEntity); !strings.Contains(p.Body, "do not have the digest") {
		t.Error(p.Body)
	}
	bruno.send(http.MethodHead, wrong, "").Status(http.StatusNotFound)
}

// TestUploadsByWho asks for everything as somebody else.
func TestUploadsByWho(t *testing.T) {
	s := webtest.New(t)
	bruno := as(t, s, "bruno")
	at := bruno.begun(10)
	for name, one := range map[string]struct {
		caller
		create, others int
	}{
		"another submitter": {as(t, s, "dario"), 201, 404},
		"a custodian":       {as(t, s, "cora"), 201, 404},
		"the administrator": {as(t, s, "root"), 403, 403},
		"a stakeholder":     {as(t, s, "stefan"), 403, 403},
		"nobody":            {as(t, s, ""), 401, 401},
		"a reading token":   {with(t, s, "bruno", "dml:read", "api:write"), 403, 403},
		"a false token":     {caller{s.Nobody(), t, "slw_false"}, 401, 401},
		"another's token":   {with(t, s, "tess", "dml:write"), 201, 404},
		"a powerless token": {with(t, s, "stefan", "dml:write"), 403, 403},
	} {
		if p := one.begin(); p.Code != one.create {
			t.Errorf("%s creates: %d, want %d: %s", name, p.Code, one.create, p.Body)
		}
		for verb, p := range map[string]*webtest.Page{"asks": one.send(http.MethodHead, at, ""), "sends": one.patch(at, 0, "x"), "deletes": one.send(http.MethodDelete, at, "")} {
			if p.Code != one.others {
				t.Errorf("%s %s: %d, want %d", name, verb, p.Code, one.others)
			}
		}
	}
	bruno.patch(at, 0, "01234", "Sec-Fetch-Site", "cross-site").Status(http.StatusForbidden)
	bruno.patch(at, 0, "01234", "Sec-Fetch-Site", "", "Origin", "https://evil.example").Status(http.StatusForbidden)
	if bruno.offset(at) != "0" {
		t.Fatal("somebody else did something")
	}
	with(t, s, "bruno", "dml:write").patch(at, 0, "01234").Status(http.StatusNoContent)
	if bruno.offset(at) != "5" {
		t.Error("bruno's token is not bruno")
	}
}

func (c caller) begin() *webtest.Page {
	return c.create(10, map[string]string{"filename": "server.bin"})
}

// TestSenderComesAgain has a connection that went silent without ending: the
// sender's next request takes over, and every byte that came counts.
func TestSenderComesAgain(t *testing.T) {
	s := webtest.New(t)
	bruno := with(t, s, "bruno", "dml:write")
	at := bruno.begun(120_000)
	server, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Dial("tcp", server.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	file := strings.Repeat("the program ", 10_000)
	fmt.Fprintf(silent, "PATCH %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n\r\n%s",
		at, server.Host, bruno.token, len(file), file[:60_000])
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, silent)
		ended <- err
	}()
	for over := false; !over; { // whichever comes first, asking ends the silent request and never waits for it
		bruno.offset(at)
		select {
		case <-ended:
			over = true
		default:
		}
	}
	offset, err := strconv.Atoi(bruno.offset(at))
	if err != nil || offset > 60_000 {
		t.Fatal(offset, err)
	}
	bruno.patch(at, offset, file[offset:]).Status(http.StatusNoContent)
	if p := bruno.submit(at, "1.0").Status(http.StatusCreated); !strings.Contains(p.Body, blob.Of([]byte(file)).String()) {
		t.Error(p.Body)
	}
}

func (c caller) submit(address, version string) *webtest.Page {
	c.t.Helper()
	body, err := json.Marshal(client.Submission{Upload: address[strings.LastIndex(address, "/")+1:], Item: "payments-api/server", Version: version, Name: "Server", Kind: "software"})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send(http.MethodPost, "/api/v1/media", string(body), "Content-Type", "application/json")
}

func TestMedia(t *testing.T) {
	s := webtest.New(t)
	bruno := with(t, s, "bruno", "dml:write")
	at := bruno.begun(10)
	if p := bruno.submit(at, "1.0").Status(http.StatusUnprocessableEntity); !strings.Contains(p.Body, "not arrived whole") {
		t.Error(p.Body)
	}
	bruno.patch(at, 0, "0123456789").Status(http.StatusNoContent)
	if p := bruno.submit(at, "no such/label").Status(http.StatusUnprocessableEntity); !strings.Contains(p.Body, `"location":"label"`) {
		t.Error(p.Body)
	}
	as(t, s, "dario").submit(at, "1.0").Status(http.StatusUnprocessableEntity)
	var m client.Media
	if p := bruno.submit(at, "1.0").Status(http.StatusCreated); json.Unmarshal([]byte(p.Body), &m) != nil || m.State != "Checking" || m.Ref != "payments-api/server:1.0" || m.Size != 10 || m.FileName != "server.bin" {
		t.Fatalf("%+v", m)
	}
	if p := bruno.submit(at, "1.0").Status(http.StatusUnprocessableEntity); !strings.Contains(p.Body, "no longer there") {
		t.Error(p.Body)
	}

	reader := with(t, s, "cora", "dml:read")
	for _, name := range []string{m.Ref, m.Digest} {
		if p := reader.send(http.MethodGet, "/api/v1/media?name="+url.QueryEscape(name), "").Status(http.StatusOK); !strings.Contains(p.Body, m.Digest) {
			t.Error(p.Body)
		}
	}
	file := fmt.Sprintf("/api/v1/media/%d/file", m.ID)
	if p := bruno.send(http.MethodGet, file, "").Status(http.StatusOK); p.Body != "0123456789" {
		t.Error(p.Body)
	}
	if p := bruno.send(http.MethodGet, file, "", "Range", "bytes=7-", "If-Range", `"`+m.Digest+`"`).Status(http.StatusPartialContent); p.Body != "789" {
		t.Error(p.Body)
	}
	if p := bruno.send(http.MethodPost, fmt.Sprintf("/api/v1/media/%d/verification", m.ID), "").Status(http.StatusOK); !strings.Contains(p.Body, `"intact":true`) {
		t.Error(p.Body)
	}
	for path, want := range map[string]int{"/api/v1/media?name=x": 422, "/api/v1/media": 422, "/api/v1/media?name=a:2": 404, "/api/v1/media/999999/file": 404, "/api/v1/media/x/file": 404, "/api/v1/nothing": 404} {
		if p := reader.send(http.MethodGet, path, ""); p.Code != want || p.Head.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, p.Code, p.Body)
		}
	}
	with(t, s, "bruno", "api:read").send(http.MethodGet, file, "").Status(http.StatusNotFound)
	as(t, s, "").send(http.MethodGet, file, "").Status(http.StatusUnauthorized)
}

func TestDescription(t *testing.T) {
	s := webtest.New(t)
	p := as(t, s, "").send(http.MethodGet, "/api/openapi.json", "").Status(http.StatusOK)
	var description struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(p.Body))).Decode(&description); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if !strings.HasPrefix(description.OpenAPI, "3.1") || description.Paths["/media"]["post"] == nil || description.Paths["/uploads/{id}"]["patch"] == nil || description.Paths["/uploads"]["get"] == nil {
		t.Errorf("%.300s", p.Body)
	}
}
