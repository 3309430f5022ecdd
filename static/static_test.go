package static

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVendoredFilesAreAsFetched(t *testing.T) {
	sums, err := os.Open("vendor/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	listed := map[string]bool{"SHA256SUMS": true}
	for lines := bufio.NewScanner(sums); lines.Scan(); {
		want, name, _ := strings.Cut(lines.Text(), "  ")
		content, err := os.ReadFile(filepath.Join("vendor", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not what was fetched", name)
		}
		listed[name] = true
	}
	err = filepath.WalkDir("vendor", func(path string, d os.DirEntry, err error) error {
		if name, _ := filepath.Rel("vendor", path); err == nil && !d.IsDir() && !listed[name] {
			t.Errorf("%s has no checksum", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAssetsAreKeptForever(t *testing.T) {
	for _, name := range []string{"slipway.css", "slipway.js", "tabler.css", "htmx.js", "favicon.svg"} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, URL(name), nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() == 0 {
			t.Errorf("%s at %q: %d, %q", name, URL(name), w.Code, w.Header().Get("Cache-Control"))
		}
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/static/../static.go", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("a file that is no asset: %d", w.Code)
	}
}

func TestTheStyleSheetNamesItsFonts(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		for _, name := range []string{"inter-latin.woff2", "inter-latin-ext.woff2"} {
			r := httptest.NewRequest(http.MethodGet, URL(name), nil)
			r.Header.Set("Accept-Encoding", encoding)
			w := httptest.NewRecorder()
			Handler().ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "font/woff2" || w.Header().Get("Content-Encoding") != "" || !strings.HasPrefix(w.Body.String(), "wOF2") {
				t.Errorf("%s: %d, %v", URL(name), w.Code, w.Header())
			}
		}
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, URL("slipway.css"), nil))
	for _, name := range []string{"inter-latin.woff2", "inter-latin-ext.woff2"} {
		if !strings.Contains(w.Body.String(), "url("+URL(name)+")") {
			t.Errorf("the style sheet does not ask for %s", URL(name))
		}
	}
}
