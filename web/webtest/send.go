package webtest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
)

// Send posts a form with files as a browser does: the fields first, then a
// chooser that was left empty, then files by their names and words.
func (p *Person) Send(path string, values url.Values, files ...string) *Page {
	p.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	must := func(err error) {
		if err != nil {
			p.t.Fatal(err)
		}
	}
	for name := range values {
		if name != "once" {
			must(w.WriteField(name, values.Get(name)))
		}
	}
	_, err := w.CreateFormFile("photo", "")
	must(err)
	for i := 0; i+1 < len(files); i += 2 {
		f, err := w.CreateFormFile("files", files[i])
		must(err)
		_, err = f.Write([]byte(files[i+1]))
		must(err)
	}
	must(w.Close())
	r, err := http.NewRequest(http.MethodPost, p.Server.URL+path+"?once="+url.QueryEscape(values.Get("once")), &body)
	must(err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return p.Do(r)
}
