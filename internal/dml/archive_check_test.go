package dml

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"io"
	"io/fs"
	"strings"
	"testing"

	"slipway/internal/fault"
	"slipway/internal/identity"
)

// zippedLinks packs links: name and where each leads.
func zippedLinks(t *testing.T, list ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range list {
		h := &zip.FileHeader{Name: m.name}
		h.SetMode(fs.ModeSymlink | 0o777)
		f, err := w.CreateHeader(h)
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

func TestAnArchiveIsSafeToUnpack(t *testing.T) {
	link := func(kind byte, name, to string) []byte {
		return tarred(t, []tar.Header{{Name: name, Linkname: to, Typeflag: kind, Mode: 0o777}}, member{"lib/real.so.1", "x"})
	}
	flood := strings.Repeat("\x00", ratioFrom)
	for name, try := range map[string]struct {
		archive []byte
		verdict Verdict // empty: it is no archive
		says    string
	}{
		"no archive":            {[]byte("the program"), "", ""},
		"one compressed file":   {gzipped(t, strings.NewReader("a log")), "", ""},
		"an honest tar":         {tarred(t, nil, member{"bin/server", "x"}, member{"README", "y"}), Met, "2 members;"},
		"an honest zip":         {zipped(t, member{"bin/server", "x"}), Met, "1 member;"},
		"a link beside it":      {link(tar.TypeSymlink, "lib/real.so", "real.so.1"), Met, "2 members;"},
		"a link over a folder":  {link(tar.TypeSymlink, "lib/real.so", "../lib/real.so.1"), Met, "2 members;"},
		"a hard link within":    {link(tar.TypeLink, "lib/real.so", "lib/real.so.1"), Met, "2 members;"},
		"zipped link within":    {zippedLinks(t, member{"a", "b/c"}), Met, "1 member;"},
		"a name above":          {tarred(t, nil, member{"../etc/passwd", "x"}), Unmet, "../etc/passwd would be written outside."},
		"a name far above":      {zipped(t, member{"a/b/../../../x", "x"}), Unmet, "would be written outside."},
		"a name at the root":    {tarred(t, nil, member{"/etc/passwd", "x"}), Unmet, "/etc/passwd would be written outside."},
		"a drive":               {zipped(t, member{`C:\Windows\x.dll`, "x"}), Unmet, "would be written outside."},
		"back strokes":          {zipped(t, member{`..\..\x.dll`, "x"}), Unmet, "would be written outside."},
		"a link to the root":    {link(tar.TypeSymlink, "lib/real.so", "/etc/passwd"), Unmet, "lib/real.so is a link to outside."},
		"a link above":          {link(tar.TypeSymlink, "lib/real.so", "../../etc"), Unmet, "lib/real.so is a link to outside."},
		"a hard link above":     {link(tar.TypeLink, "lib/real.so", "../etc/passwd"), Unmet, "would be written outside."},
		"a zipped link above":   {zippedLinks(t, member{"a", "../b"}), Unmet, "a is a link to outside."},
		"a device":              {tarred(t, []tar.Header{{Name: "dev/sda", Typeflag: tar.TypeBlock}}), Unmet, "dev/sda is a device"},
		"a pipe":                {tarred(t, []tar.Header{{Name: "p", Typeflag: tar.TypeFifo}}), Unmet, "p is a device"},
		"within another":        {zipped(t, member{"in.tar", string(tarred(t, nil, member{"../x", "x"}))}), Unmet, "in.tar › ../x would be written outside."},
		"a bomb":                {gzipped(t, bytes.NewReader(tarred(t, nil, member{"zeros", flood}))), Unmet, "unpacks to more than 200 times its size."},
		"a damaged zip":         {zipped(t, member{"a", "b"})[:40], Unknown, "was not read to its end"},
		"large, and not a bomb": {tarred(t, nil, member{"zeros", flood}), Met, "1 member;"},
	} {
		l := newLibrary(t)
		v := l.receive(l.bruno, "1.0", string(try.archive))
		c := l.unpacking(v)
		if c.Verdict != try.verdict || !strings.Contains(c.Detail, try.says) {
			t.Errorf("%s: %q %q, want %q %q", name, c.Verdict, c.Detail, try.verdict, try.says)
		}
		err := l.Accept(context.Background(), l.cora, v.ID, v.Row.Version, Decision{ChangeKey: "CHG-1"})
		if refused := fault.KindOf(err) == fault.Refused; refused != (try.verdict == Unmet) {
			t.Errorf("%s: accepting says %v", name, err)
		}
	}
}

// TestLayersOfImagesAreNotJudged pushes the same archive as a layer of an image,
// and as a file of an artifact.
func TestLayersOfImagesAreNotJudged(t *testing.T) {
	device := string(tarred(t, []tar.Header{{Name: "dev/null", Typeflag: tar.TypeChar}}))
	for mediaType, verdict := range map[string]Verdict{
		"application/vnd.oci.image.layer.v1.tar+gzip":         "",
		"application/vnd.docker.image.rootfs.diff.tar.gzip":   "",
		"application/vnd.cncf.helm.chart.content.v1.tar+gzip": Unmet,
		"application/gzip": Unmet,
	} {
		l := newLibrary(t)
		r := l.Registry(robot(l.bruno))
		config, layer := pushBlob(t, r, waiting1, "{}"), pushBlob(t, r, waiting1, device)
		layer.MediaType = mediaType
		if _, err := r.Push(context.Background(), waiting1, "1.0", typeManifest, image(config, nil, layer)); err != nil {
			t.Fatal(err)
		}
		v := l.labelled("1.0")
		if err := l.RunChecks(context.Background(), identity.System("test"), v.ID); err != nil {
			t.Fatal(err)
		}
		if c := l.unpacking(v); c.Verdict != verdict {
			t.Errorf("%s: %q %q, want %q", mediaType, c.Verdict, c.Detail, verdict)
		}
	}
}

// unpacking is the check of a version's archives, if there is one.
func (l library) unpacking(v *Version) Check {
	l.t.Helper()
	for _, c := range l.detail(v).Checks {
		if c.Code == "archive" {
			return c
		}
	}
	return Check{}
}
