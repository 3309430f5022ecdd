package oci_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/app"
	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/web"
)

// TestBadInputOverTheWire is refused in the protocol's words, whoever sends it,
// and leaves nothing behind; no address, path or error of the server's own shows.
func TestBadInputOverTheWire(t *testing.T) {
	media := t.TempDir()
	blobs, err := blob.OpenDisk(media)
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.New(t)
	bruno := dbtest.User(t, d, "bruno", identity.BuildManager)
	a := app.Connect(d, blobs, slog.New(slog.DiscardHandler))
	handler, err := web.New(a, web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	key, err := a.Identity.CreateToken(context.Background(), bruno, "test", []string{"dml:read", "dml:write"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	// As it stands: a client would tidy the address.
	send := func(method, target, body string, headers ...string) (*http.Response, string) {
		t.Helper()
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		r, err := http.NewRequest(method, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("bruno", key)
		text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n%s", method, target, host, r.Header.Get("Authorization"), strings.Join(headers, ""))
		if !strings.Contains(text, "Content-Length") {
			text += fmt.Sprintf("Content-Length: %d\r\n", len(body))
		}
		if _, err := conn.Write([]byte(text + "\r\n" + body)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "Content-Length: 4\r\n") && len(body) < 4 { // the sender is gone
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		said := new(strings.Builder)
		_ = answer.Write(said)
		return answer, said.String()
	}
	begin := func() string {
		t.Helper()
		answer, said := send(http.MethodPost, "/v2/incoming/shop/image/blobs/uploads/", "")
		if answer.StatusCode != http.StatusAccepted {
			t.Fatal(said)
		}
		return answer.Header.Get("Location")
	}
	const octets = "Content-Type: application/octet-stream\r\n"
	manifest := "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n"
	good := blob.Of([]byte("good"))
	for name, one := range map[string]struct {
		method, target, body string
		headers              []string
		status               int
	}{
		"a digest of other bytes":         {http.MethodPut, begin() + "?digest=" + good.String(), "evil", []string{octets}, 400},
		"an algorithm that is none":       {http.MethodPut, begin() + "?digest=md5:" + strings.Repeat("0", 32), "good", []string{octets}, 400},
		"an algorithm that is not kept":   {http.MethodPut, begin() + "?digest=sha512:" + strings.Repeat("0", 128), "good", []string{octets}, 400},
		"a digest in upper case":          {http.MethodPut, begin() + "?digest=" + strings.ToUpper(good.Hex()), "good", []string{octets}, 400},
		"a chunk out of order":            {http.MethodPatch, begin(), "good", []string{octets, "Content-Range: 7-10\r\n"}, 416},
		"a body that ends early":          {http.MethodPut, begin() + "?digest=" + good.String(), "go", []string{octets, "Content-Length: 4\r\n"}, 400},
		"a manifest of 5 MiB":             {http.MethodPut, "/v2/incoming/shop/image/manifests/1", strings.Repeat(" ", 5<<20), []string{manifest}, 413},
		"a manifest that is no JSON":      {http.MethodPut, "/v2/incoming/shop/image/manifests/1", "rubbish", []string{manifest}, 400},
		"a subject that is none":          {http.MethodPut, "/v2/incoming/shop/image/manifests/1", `{"subject":7}`, []string{manifest}, 400},
		"a manifest without a media type": {http.MethodPut, "/v2/incoming/shop/image/manifests/1", "{}", nil, 400},
		"a name that climbs":              {http.MethodPost, "/v2/incoming/../../etc/blobs/uploads/", "", nil, 400},
		"a name that climbs in code":      {http.MethodPost, "/v2/incoming/%2e%2e/%2e%2e/etc/blobs/uploads/", "", nil, 400},
		"a name with a coded slash":       {http.MethodPost, "/v2/incoming%2fshop%2f..%2fx/blobs/uploads/", "", nil, 400},
		"a name in upper case":            {http.MethodPost, "/v2/incoming/Shop/blobs/uploads/", "", nil, 400},
		"a name with NUL":                 {http.MethodPost, "/v2/incoming/shop%00/blobs/uploads/", "", nil, 400},
		"a name that is too long":         {http.MethodPost, "/v2/incoming/" + strings.Repeat("a", 300) + "/blobs/uploads/", "", nil, 400},
		"a tag with NUL":                  {http.MethodPut, "/v2/incoming/shop/image/manifests/1%00", "{}", []string{manifest}, 404},
		"a push to what was accepted":     {http.MethodPost, "/v2/dml/shop/image/blobs/uploads/", "", nil, 403},
		"a range past the end":            {http.MethodGet, "/v2/incoming/shop/image/blobs/" + good.String(), "", []string{"Range: bytes=9-\r\n"}, 404},
	} {
		answer, said := send(one.method, one.target, one.body, one.headers...)
		if answer.StatusCode != one.status {
			t.Errorf("%s: %d, want %d: %.300s", name, answer.StatusCode, one.status, said)
		}
		if strings.Contains(said, media) || strings.Contains(said, ".go:") {
			t.Errorf("%s tells of the server: %s", name, said)
		}
	}
	if left, err := filepath.Glob(filepath.Join(media, "sha256/*/*")); err != nil || len(left) > 0 {
		t.Errorf("stored: %v %v", left, err)
	}
	if page, err := a.DML.List(context.Background(), identity.System("test"), dml.Filter{}); err != nil || len(page.Versions) > 0 {
		t.Errorf("versions: %+v %v", page, err)
	}
}
