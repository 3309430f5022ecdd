package dml

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func png(t *testing.T) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(pixel)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWhatIsTakenAsAnAttachment(t *testing.T) {
	for name, try := range map[string]struct{ head, kind string }{
		"a picture":           {png(t), "image/png"},
		"a photograph":        {"\xff\xd8\xff\xe0....", "image/jpeg"},
		"an iPhone's":         {"\x00\x00\x00\x24ftypheic\x00\x00\x00\x00", "image/heic"},
		"a log":               {"\x1b[32mINFO\x1b[0m started\n", "text/plain"},
		"a page":              {"<!DOCTYPE html><script>alert(1)</script>", "text/plain"},
		"a drawing":           {"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain"},
		"a drawing as XML":    {"<?xml version='1.0'?><svg/>", "text/plain"},
		"a PDF":               {"%PDF-1.7\n", "application/pdf"},
		"a zip":               {"PK\x03\x04rest", "application/zip"},
		"a gzip":              {"\x1f\x8b\x08\x00", "application/x-gzip"},
		"a program":           {"\x7fELF\x02\x01\x01\x00", ""},
		"a Windows program":   {"MZ\x90\x00\x03\x00\x00\x00", ""},
		"a film":              {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", ""},
		"a picture's name in": {"\x00\x01\x02.png", ""},
	} {
		if kind := attachmentType([]byte(try.head)); kind != try.kind {
			t.Errorf("%s is %q, want %q", name, kind, try.kind)
		}
		shown := strings.HasPrefix(try.kind, "image/") && try.kind != "image/heic"
		if (&Attachment{MediaType: try.kind}).Picture() != shown {
			t.Errorf("%s is shown: %t", name, !shown)
		}
	}
}

// step7 is a desk at step 7 of release 3.
func step7(*db.Tx) (Desk, error) {
	return Desk{ReleaseID: 3, Subject: "step", SubjectID: 7, About: "Wave 1, step 7", Link: "/x", Entry: audit.Entry{Action: "step.attach", Kind: "step", Key: "7"}}, nil
}

// attach keeps a file of Bruno's with step 7 of release 3.
func (l library) attach(name, content string) *Attachment {
	l.t.Helper()
	a, err := l.KeepFile(context.Background(), l.bruno, name, strings.NewReader(content), step7)
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

func (l library) attached() (list []Attachment) {
	l.t.Helper()
	if err := l.db.View(context.Background(), func(tx *db.Tx) (err error) {
		list, err = AttachmentsOf(tx, 3)
		return err
	}); err != nil {
		l.t.Fatal(err)
	}
	return list
}

func TestFilesThatAreNotTakenLeaveNothing(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	for name, try := range map[string]struct {
		file string
		body io.Reader
		says string
	}{
		"empty":     {"a.log", strings.NewReader(""), "empty"},
		"a program": {"a.png", strings.NewReader("\x7fELF\x02\x01\x01\x00"), "neither a picture"},
		"too large": {"a.log", io.LimitReader(rambling{}, MaxAttachment+1), "larger than 25 MiB"},
		"a path":    {"../a.log", strings.NewReader("x"), "plain name"},
		"reversed":  {"gnp.\u202egol", strings.NewReader("x"), "invisible"},
		"cut off":   {"a.log", io.MultiReader(strings.NewReader("half"), cutOff{}), "did not arrive whole"},
	} {
		_, err := l.takeFile(ctx, try.file, try.body)
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "files" || !strings.Contains(f.Fields[0].Message, try.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, folder := range []string{"tmp", "sha256/*"} {
		found, err := filepath.Glob(filepath.Join(l.root, folder, "*"))
		if err != nil || len(found) > 0 {
			t.Errorf("%s holds %v %v", folder, found, err)
		}
	}
	if file, err := l.takeFile(ctx, "full.log", io.LimitReader(rambling{}, MaxAttachment)); err != nil || file.info.Size != MaxAttachment {
		t.Errorf("one of just the size: %+v %v", file, err)
	}
}

// rambling is a text without an end.
type rambling struct{}

func (rambling) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// cutOff is a connection that ends too early.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// finder is a scanner that knows one word, and dies of another.
type finder struct{}

func (finder) Name() string { return "finder" }

func (finder) Scan(_ context.Context, r io.Reader) (string, error) {
	data, err := io.ReadAll(r)
	switch {
	case err == nil && string(data) == "eicar":
		return "Eicar-Test", nil
	case string(data) == "deadly":
		err = io.ErrClosedPipe
	}
	return "", err
}

func TestAttachmentsAreScanned(t *testing.T) {
	l := newLibrary(t, WithScanner(finder{}))
	take := func(words string) error {
		_, err := l.takeFile(context.Background(), "a.log", strings.NewReader(words))
		return err
	}
	if err := take("harmless"); err != nil {
		t.Fatal(err)
	}
	if f, ok := fault.As(take("eicar")); !ok || f.Kind != fault.Invalid || !strings.Contains(f.Fields[0].Message, "Eicar-Test") {
		t.Errorf("%+v", f)
	}
	wantKind(t, take("deadly"), fault.Unavailable, "does not answer")
}

func TestALargeFileIsNotHeldInMemory(t *testing.T) {
	l := newLibrary(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := l.takeFile(context.Background(), "full.log", io.LimitReader(rambling{}, MaxAttachment)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > MaxAttachment/5 {
		t.Errorf("%d bytes were allocated for a file of %d", got, MaxAttachment)
	}
}

func TestAttachedBytesAreHeldAndScrubbed(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	kept := l.attach("screen.png", png(t))
	if _, err := l.takeFile(ctx, "given-up.log", strings.NewReader("never kept")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		l.collectNow()
		dbtest.Advance(l.db, leaseFor+DefaultGrace+time.Minute)
	}
	if !l.has(png(t)) || l.has("never kept") {
		t.Fatalf("the attachment is there: %t; what nothing names is there: %t", l.has(png(t)), l.has("never kept"))
	}
	digests, err := l.Digests(ctx)
	if err != nil || len(digests) != 1 || digests[0] != kept.Digest {
		t.Errorf("the library answers for %v %v", digests, err)
	}
	body, err := l.OpenAttachment(ctx, kept)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(body); err != nil || string(data) != png(t) || body.Close() != nil {
		t.Errorf("read %d bytes, %v", len(data), err)
	}

	path := filepath.Join(l.root, "sha256", kept.Digest.Hex()[:2], kept.Digest.Hex())
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("rotten"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := l.Scrub(ctx, 0, time.Minute); err != nil {
		t.Fatal(err)
	}
	if list := l.attached(); len(list) != 1 || !list[0].Damaged {
		t.Errorf("after the scrub: %+v", list)
	}
	_, err = l.OpenAttachment(ctx, kept)
	wantKind(t, err, fault.Refused, "screen.png no longer match")
	l.attach("again.png", png(t)) // the same bytes heal it
	if list := l.attached(); len(list) != 1 || list[0].Damaged || list[0].Digest != blob.Of([]byte(png(t))) {
		t.Errorf("after the same bytes came again: %+v", list)
	}
}

// say makes what somebody attached to step 7 part of what they say now.
func (l library) say(by identity.Actor) (told []string, at db.Time) {
	l.t.Helper()
	if err := l.db.InTx(context.Background(), func(tx *db.Tx) (err error) {
		at = tx.Now
		told, err = Vouch(tx, by, "step", 7)
		return err
	}); err != nil {
		l.t.Fatal(err)
	}
	return told, at
}

func TestFilesBecomePartOfWhatTheirOwnerSays(t *testing.T) {
	l := newLibrary(t)
	for range 2 { // a second tap
		l.attach("first.log", "one")
	}
	l.attach("second.log", "two")
	if told, _ := l.say(l.cora); len(told) != 0 {
		t.Errorf("somebody else vouches for %q", told)
	}
	told, first := l.say(l.bruno)
	if len(told) != 2 || told[0] != blob.Of([]byte("one")).String()+" first.log 3 bytes" {
		t.Errorf("they vouch for %q", told)
	}
	dbtest.Advance(l.db, time.Minute)
	l.attach("first.log", "one") // what was said holds; this is said anew
	list := l.attached()
	if len(list) != 3 || len(Said(list, l.bruno.UserID, first)) != 2 || len(Said(list, l.bruno.UserID, 0)) != 1 || len(Said(list, l.cora.UserID, 0)) != 0 {
		t.Fatalf("%+v", list)
	}
	told, second := l.say(l.bruno)
	if list = l.attached(); len(told) != 1 || len(Said(list, l.bruno.UserID, second)) != 1 || len(Said(list, l.bruno.UserID, first)) != 2 {
		t.Errorf("%q %+v", told, list)
	}
	if a := list[0]; a.Version != 1 || a.UpdatedAt != a.CreatedAt {
		t.Errorf("the row of a file was changed: %+v", a)
	}
}

func TestADeskIsAskedBeforeTheFirstByteAndOnceMore(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	closed := fault.New(fault.Refused, "closed")
	asked := 0
	read := 0
	body := io.TeeReader(strings.NewReader("words"), counter{&read})
	_, err := l.KeepFile(ctx, l.bruno, "a.log", body, func(*db.Tx) (Desk, error) { return Desk{}, closed })
	if wantKind(t, err, fault.Refused, "closed"); read != 0 {
		t.Errorf("%d bytes were read for a desk that is closed", read)
	}
	_, err = l.KeepFile(ctx, l.bruno, "a.log", body, func(tx *db.Tx) (Desk, error) {
		if asked++; asked == 2 { // somebody decided while the file arrived
			return Desk{}, closed
		}
		return step7(tx)
	})
	if wantKind(t, err, fault.Refused, "closed"); read == 0 || len(l.attached()) != 0 {
		t.Errorf("%d bytes read, kept %+v", read, l.attached())
	}
	machine := l.bruno
	machine.Kind = identity.Machine
	_, err = l.KeepFile(ctx, machine, "a.log", body, step7)
	wantKind(t, err, fault.Forbidden, "")
}

// counter counts the bytes that are read.
type counter struct{ n *int }

func (c counter) Write(p []byte) (int, error) { *c.n += len(p); return len(p), nil }

// TestALibraryFromBeforeAttachments carries bytes over from the schema that knew
// no attachments: they are kept with a step by the same digest.
func TestALibraryFromBeforeAttachments(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(db.Options{Path: filepath.Join(t.TempDir(), "slipway.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.MigrateTo(ctx, 261); err != nil {
		t.Fatal(err)
	}
	digest := blob.Of([]byte("x"))
	if err := d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Exec(`INSERT INTO media_blobs (digest, size, state, verified_at) VALUES (?, 1, 'stored', 5)`, digest).Error
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	l := library{Service: New(d, &memory{held: map[blob.Digest][]byte{}, generation: map[blob.Digest]int64{}}), t: t, bruno: identity.Actor{Kind: identity.PersonKind, UserID: 2, Name: "Bruno"}}
	if a := l.attach("x.txt", "x"); a.ID != 1 || a.Digest != digest || a.Version != 1 {
		t.Errorf("%+v", a)
	}
	if list := l.attached(); len(list) != 1 || list[0].Damaged || list[0].About != "Wave 1, step 7" {
		t.Errorf("%+v", list)
	}
	if err := d.View(ctx, func(tx *db.Tx) error {
		row, err := blobByDigest(tx, digest)
		if err != nil || row.ID != 1 || row.State != blobGood || row.VerifiedAt == 5 {
			t.Errorf("%+v %v", row, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
