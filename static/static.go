// Package static holds the assets, embedded and addressed by their content, so
// that a browser may keep each forever and never shows a stale one.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed files vendor/*.css vendor/*.js
var embedded embed.FS

type asset struct {
	name, kind    string
	plain, zipped []byte
}

type index struct {
	byURL map[string]asset  // "slipway.1f2e3d4c.css"
	urls  map[string]string // "slipway.css" -> "/static/slipway.1f2e3d4c.css"
}

var load = sync.OnceValue(func() index {
	i := index{byURL: map[string]asset{}, urls: map[string]string{}}
	_ = fs.WalkDir(embedded, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(file)
		if err != nil {
			return err
		}
		name, ext := path.Base(file), path.Ext(file)
		sum := sha256.Sum256(content)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext
		i.byURL[hashed] = asset{name: name, kind: mime.TypeByExtension(ext), plain: content, zipped: zip(content)}
		i.urls[name] = "/static/" + hashed
		return nil
	})
	return i
})

func zip(content []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(content) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// URL gives the address of an asset by its file name: "slipway.css".
func URL(name string) string { return load().urls[name] }

// Handler serves the assets below /static/.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := load().byURL[strings.TrimPrefix(r.URL.Path, "/static/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Vary", "Accept-Encoding")
		body := a.plain
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.zipped
		}
		_, _ = w.Write(body)
	})
}
