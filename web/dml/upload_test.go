package dml

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"slipway/internal/dml"
)

// arrived has a person send a file in pieces, as the page's script does.
func (s site) arrived(user, name, content string) string {
	s.t.Helper()
	u, err := s.dml.Announce(context.Background(), s.actors[user], dml.Announcement{FileName: name, Size: int64(len(content))})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.dml.Take(context.Background(), s.actors[user], u.ID, 0, strings.NewReader(content)); err != nil {
		s.t.Fatal(err)
	}
	return u.ID
}

// besides gives the fields of the server with more, by pairs.
func besides(more ...string) map[string]string {
	extra := map[string]string{}
	for i := 0; i+1 < len(more); i += 2 {
		extra[more[i]] = more[i+1]
	}
	return with(extra)
}

func TestFormNamesAnUpload(t *testing.T) {
	s := newSite(t)
	id := s.arrived("bruno", "server.tar.gz", "the program")
	again := s.upload("bruno", besides("label", "no/label", "note", "typed before", "upload", id), "", "").want(http.StatusUnprocessableEntity, "server.tar.gz, 11 B, has arrived", "typed before", "A version has letters")
	if value := again.value(`input[name=upload]`); value != id {
		t.Errorf("the upload is lost: %q", value)
	}
	s.upload("bruno", besides("digest", "sha256:"+strings.Repeat("0", 64), "upload", id), "", "").want(http.StatusUnprocessableEntity, "The file that came is sha256:", "has arrived")
	foreign := s.upload("dario", besides("upload", id), "", "").want(http.StatusUnprocessableEntity, "Choose the file again")
	if value := foreign.value(`input[name=upload]`); value != "" || strings.Contains(foreign.body, "has arrived") {
		t.Error("dario is told of bruno's upload")
	}
	s.upload("bruno", besides("upload", id), "", "").want(http.StatusSeeOther)
	v, err := s.dml.Lookup(context.Background(), s.actors["cora"], "payments-api/server:"+server["label"])
	if err != nil || v.FileName != "server.tar.gz" || v.Size != 11 {
		t.Fatal(v, err)
	}
	s.upload("bruno", besides("label", "2", "upload", id), "", "").want(http.StatusUnprocessableEntity, "Choose the file again")
	s.upload("bruno", besides("label", "2"), "", "").want(http.StatusUnprocessableEntity, "Choose a file.")
	// a file beside an upload goes in its place
	s.upload("bruno", besides("label", "3", "upload", s.arrived("bruno", "a.bin", "first")), "b.bin", "second").want(http.StatusSeeOther)
	if v, err = s.dml.Lookup(context.Background(), s.actors["cora"], "payments-api/server:3"); err != nil || v.FileName != "b.bin" {
		t.Fatal(v, err)
	}
}

func TestPageNamesWhatIsUnderWay(t *testing.T) {
	s := newSite(t)
	u, err := s.dml.Announce(context.Background(), s.actors["bruno"], dml.Announcement{FileName: "half.bin", Size: 2000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.dml.Take(context.Background(), s.actors["bruno"], u.ID, 0, iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, dml.ErrIncomplete) {
		t.Fatal(err)
	}
	s.arrived("bruno", "whole.bin", "x")
	p := s.get("bruno", "/dml/upload").want(http.StatusOK, "half.bin", "2.0 kB")
	if strings.Contains(p.body, "whole.bin") || strings.Contains(s.get("dario", "/dml/upload").body, "half.bin") {
		t.Error("the page names other files")
	}
	for _, script := range []string{"tus.", "upload."} {
		p.value(`script[src^="/static/` + script + `"][defer]`)
	}
}
