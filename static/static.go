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

//go:embed files vendor/*.css vendor/*.js vendor/*.woff2
var embedded embed.FS

type asset struct {
	name, kind    string
	plain, zipped []byte // zipped is nil for what is compressed already
}

type index struct {
	byURL map[string]asset  // "slipway.1f2e3d4c.css"
	urls  map[string]string // "slipway.css" -> "/static/slipway.1f2e3d4c.css"
}

var load = sync.OnceValue(func() index {
	i := index{byURL: map[string]asset{}, urls: map[string]string{}}
	// Style sheets come last: they name fonts, whose addresses are known by then.
	for _, sheets := range []bool{false, true} {
		_ = fs.WalkDir(embedded, ".", func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || (path.Ext(file) == ".css") != sheets {
				return err
			}
			content, err := embedded.ReadFile(file)
			if err == nil {
				i.add(path.Base(file), content)
			}
			return err
		})
	}
	return i
})

func (i index) add(name string, content []byte) {
	ext := path.Ext(name)
	a := asset{name: name, kind: mime.TypeByExtension(ext)}
	switch ext {
	case font:
		a.kind = "font/woff2"
	case ".css":
		for other, url := range i.urls {
			if path.Ext(other) == font {
				content = bytes.ReplaceAll(content, []byte("url("+other+")"), []byte("url("+url+")"))
			}
		}
	}
	a.plain = content
	if ext != font {
		a.zipped = zip(content)
	}
	sum := sha256.Sum256(content)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext
	i.byURL[hashed] = a
	i.urls[name] = "/static/" + hashed
}

const font = ".woff2"

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
		if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.zipped
		}
		_, _ = w.Write(body)
	})
}
