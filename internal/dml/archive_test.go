package dml

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"slipway/internal/dml/blob"
)

type member struct{ name, content string }

func tarred(t *testing.T, extra []tar.Header, list ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range extra {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range list {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(m.content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.Copy(w, r); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, list ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range list {
		f, err := w.Create(m.name)
		if err == nil {
			_, err = io.WriteString(f, m.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// compared gives what the page says of the archives in two versions.
func (l library) compared(before, after []byte) *Comparison {
	l.t.Helper()
	a, b := l.receive(l.bruno, "1", string(before)), l.receive(l.bruno, "2", string(after))
	c, err := l.Compare(context.Background(), l.bruno, a.ID, b.ID)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

func TestMembersOfArchivesAreCompared(t *testing.T) {
	old := []member{{"bin/server", "one"}, {"README", "same"}, {"gone.txt", "x"}}
	young := []member{{"bin/server", "two"}, {"README", "same"}, {"new.txt", "y"}}
	for name, pack := range map[string]func([]member) []byte{
		"tar":    func(list []member) []byte { return tarred(t, nil, list...) },
		"tar.gz": func(list []member) []byte { return gzipped(t, bytes.NewReader(tarred(t, nil, list...))) },
		"zip":    func(list []member) []byte { return zipped(t, list...) },
	} {
		c := newLibrary(t).compared(pack(old), pack(young))
		var words []string
		for _, line := range c.Members {
			words = append(words, line.Name+" "+string(line.Change))
		}
		if got := strings.Join(words, ", "); got != "bin/server Changed, new.txt Added, gone.txt Removed" || c.SameInside != 1 || len(c.Notes) > 0 || len(c.Files) != 1 {
			t.Errorf("%s: %s; %d the same, %v", name, got, c.SameInside, c.Notes)
		}
		if want := described(3, blob.Of([]byte("two")).Short()); c.Members[0].After != want {
			t.Errorf("%s: %q, want %q", name, c.Members[0].After, want)
		}
	}
}

// TestArchivesWithinArchives are compared one level deep, whatever holds them.
func TestArchivesWithinArchives(t *testing.T) {
	outer := func(kind string, list ...member) []byte {
		if kind == "zip" {
			return zipped(t, list...)
		}
		return gzipped(t, bytes.NewReader(tarred(t, nil, list...)))
	}
	for _, kind := range []string{"zip", "tar.gz"} {
		deep := string(zipped(t, member{"deepest", "1"}))
		old := outer(kind, member{"lib/a.jar", string(zipped(t, member{"A.class", "1"}, member{"deep.zip", deep}))},
			member{"b.tgz", string(gzipped(t, bytes.NewReader(tarred(t, nil, member{"b", "1"}))))}, member{"c.tar", string(tarred(t, nil, member{"c", "1"}))},
			member{"page.gz", string(gzipped(t, strings.NewReader("a page")))}, member{"plain", "x"})
		young := outer(kind, member{"lib/a.jar", string(zipped(t, member{"A.class", "2"}, member{"deep.zip", deep}))},
			member{"b.tgz", string(gzipped(t, bytes.NewReader(tarred(t, nil, member{"b", "1"}, member{"new", "2"}))))}, member{"c.tar", string(tarred(t, nil, member{"c", "1"}))},
			member{"page.gz", string(gzipped(t, strings.NewReader("a page")))}, member{"plain", "x"})
		c := newLibrary(t).compared(old, young)
		var words []string
		for _, line := range c.Members {
			words = append(words, line.Name+" "+string(line.Change))
		}
		if got, want := strings.Join(words, ", "), "b.tgz Changed, lib/a.jar Changed, lib/a.jar › A.class Changed, b.tgz › new Added"; got != want || len(c.Notes) > 0 {
			t.Errorf("%s: %s, want %s; %v", kind, got, want, c.Notes)
		}
		if want := 6; c.SameInside != want { // c.tar and its c, page.gz, plain, b.tgz's b and a.jar's deep.zip
			t.Errorf("%s: %d the same, want %d", kind, c.SameInside, want)
		}
	}
}

// What is wrong with an archive inside never costs the list of the one around it.
func TestHostileArchivesInside(t *testing.T) {
	many := make([]member, maxInsideMembers+1)
	for i := range many {
		many[i].name = fmt.Sprint(i)
	}
	bomb := gzipped(t, io.LimitReader(io.MultiReader(bytes.NewReader(tarHead(t, 1<<33)), zeros{}), maxInside+1<<20))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"bomb":       {bomb, "so is every other one after it"},
		"too many":   {gzipped(t, bytes.NewReader(tarred(t, nil, many...))), "so is every other one after it"},
		"cut off":    {tarred(t, nil, member{"in", strings.Repeat("1", 2000)})[:700], "damaged"},
		"large zip":  {append([]byte("PK\x03\x04"), make([]byte, maxInsideZip)...), "more than 16 MiB"},
		"no zip":     {[]byte("PK\x03\x04x"), "damaged"},
		"zip climbs": {zipped(t, member{"../../x", "1"}), ""},
	} {
		good := string(zipped(t, member{"in", "1"}))
		got := newLibrary(t).compared(tarred(t, nil, member{"a", "1"}, member{"z", "1"}),
			tarred(t, nil, member{"a", "2"}, member{"evil", string(c.data)}, member{"good.zip", good}, member{"z", "2"}))
		notes := strings.Join(got.Notes, " ")
		if (c.want == "") != (notes == "") || !strings.Contains(notes, c.want) || len(got.Notes) > 1 {
			t.Errorf("%s: %q, want %q", name, notes, c.want)
		}
		var names []string
		for _, line := range got.Members {
			if name != "zip climbs" || !strings.Contains(line.Name, "../..") {
				names = append(names, line.Name)
			}
		}
		want := "a z evil good.zip good.zip › in"
		if strings.Contains(c.want, "every other") {
			want = "a z evil good.zip"
		}
		if strings.Join(names, " ") != want {
			t.Errorf("%s: %v, want %s", name, names, want)
		}
	}
}

// zeros is what a bomb is made of.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Hostile archives are told of and bounded; nothing of them reaches a folder.
func TestHostileArchives(t *testing.T) {
	good := tarred(t, nil, member{"a", "1"})
	links := []tar.Header{{Name: "../../etc/cron.d/x", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, {Name: "dev", Typeflag: tar.TypeChar}, {Name: "/hard", Typeflag: tar.TypeLink, Linkname: "../x"}}
	many := make([]member, maxMembers+1)
	for i := range many {
		many[i].name = fmt.Sprint(i)
	}
	bomb := gzipped(t, io.LimitReader(io.MultiReader(bytes.NewReader(tarHead(t, 1<<33)), zeros{}), maxInflated+1<<20))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"links and devices": {tarred(t, links, member{"a", "2"}), ""},
		"zip that climbs":   {zipped(t, member{"../../x", "1"}, member{"/abs", "2"}, member{`c:\x`, "3"}), ""},
		"bomb":              {bomb, "more than 256 MiB"},
		"too many":          {gzipped(t, bytes.NewReader(tarred(t, nil, many...))), "more than 10000 members"},
		"cut off":           {tarred(t, nil, member{"a", strings.Repeat("1", 2000)})[:700], "damaged"},
		"no zip after all":  {[]byte("PK\x03\x04" + strings.Repeat("x", 500)), "damaged"},
		"no gzip after all": {[]byte("\x1f\x8bxxxxxxxxxxxxxxxx"), "no gzip"},
	} {
		l := newLibrary(t)
		compared := l.compared(good, c.data)
		if got := strings.Join(compared.Notes, " "); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if name == "links and devices" && fmt.Sprint(compared.Members) != fmt.Sprintf("[{a %s %s Changed} {../../etc/cron.d/x  link to /etc/passwd Added} {/hard  link to ../x Added} {dev  no plain file Added}]", described(1, blob.Of([]byte("1")).Short()), described(1, blob.Of([]byte("2")).Short())) {
			t.Errorf("%v", compared.Members)
		}
	}
	if _, err := os.Stat("../../etc/cron.d/x"); err == nil {
		t.Error("a member was unpacked")
	}
}

// tarHead is the beginning of an archive with one member of a size.
func tarHead(t *testing.T, size int64) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Name: "big", Typeflag: tar.TypeReg, Mode: 0o600, Size: size}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
