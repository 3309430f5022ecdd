package blob

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"slipway/internal/dml/blob/blobtest"
)

// bucket opens a store in a bucket of the gateway under a prefix of its own.
func bucket(t *testing.T, g *blobtest.Gateway, name string) *S3 {
	t.Helper()
	return bucketOver(t, g, name, http.DefaultTransport)
}

func bucketOver(t *testing.T, g *blobtest.Gateway, name string, transport http.RoundTripper) *S3 {
	t.Helper()
	var c S3Config
	// Subtests share a bucket; what Sweep finds must be their own.
	prefix := strings.NewReplacer("/", ".", " ", "_", ",", "").Replace(t.Name())
	if err := c.UnmarshalText([]byte(g.URL(name, prefix))); err != nil {
		t.Fatal(err)
	}
	s, err := openS3(context.Background(), c, t.TempDir(), slog.New(slog.DiscardHandler), transport)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestS3KeepsTheContract(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "plain")
	g.Versioned(t, "versioned")
	g.Locked(t, "locked")
	for _, name := range []string{"plain", "versioned", "locked"} {
		t.Run(name, func(t *testing.T) {
			contract(t, func(t *testing.T) Store { return bucket(t, g, name) })
		})
	}
	t.Run("in parts", func(t *testing.T) {
		contract(t, func(t *testing.T) Store {
			s := bucket(t, g, "plain")
			s.single, s.part = 5<<20-1, 5<<20 // the least that S3 takes for a part
			return s
		})
	})
}

// What the server does not check on its own is no check: other bytes than the
// declared ones are refused by it, in one request and in parts.
func TestS3ServerRefusesOtherBytes(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "plain")
	s := bucket(t, g, "plain")
	ctx := context.Background()
	staged := func(data []byte) *os.File {
		f, err := os.CreateTemp(s.dir, "upload-")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
		return f
	}
	data := random(t, 6<<20)
	d := Of(data)
	data[len(data)-1] ^= 1 // on its way from the disk to the server
	for name, single := range map[string]int64{"one request": maxSingle, "parts": 5 << 20} {
		s.single, s.part = single, 5<<20
		f := staged(data)
		if _, err := s.place(ctx, f, d, int64(len(data))); err == nil {
			t.Errorf("%s: other bytes were stored", name)
		}
		if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	empty(t, s)

	id, err := s.core.NewMultipartUpload(ctx, "plain", s.key(d), minio.PutObjectOptions{UserMetadata: map[string]string{"x-amz-checksum-algorithm": "SHA256"}})
	if err != nil {
		t.Fatal(err)
	}
	sum := Of([]byte("declared"))
	raw, err := hex.DecodeString(sum.Hex())
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"X-Amz-Checksum-Sha256": {base64.StdEncoding.EncodeToString(raw)}}
	if _, err := s.core.PutObjectPart(ctx, "plain", s.key(d), id, 1, strings.NewReader("sent"), 4, minio.PutObjectPartOptions{CustomHeader: header}); err == nil {
		t.Error("the server takes a part with another checksum")
	}
	if n, err := s.Sweep(ctx, time.Hour); err != nil || n != 0 {
		t.Fatalf("swept %d young uploads, %v", n, err)
	}
	if n, err := s.Sweep(ctx, -time.Hour); err != nil || n != 1 {
		t.Fatalf("swept %d of one dead upload, %v", n, err)
	}
	if err := s.abort(ctx, s.key(d), id); err != nil {
		t.Fatal("aborting what is gone:", err)
	}
}

// Bytes that rot under the server are noticed, never served whole, and healed
// by the next copy, whatever the server believes of its checksum.
func TestS3BitRot(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "plain")
	g.Versioned(t, "versioned")
	data := random(t, 3*heldBack)
	for name, damage := range map[string]func(path string) error{
		"flipped first": func(path string) error { return flip(path, 0) },
		"flipped last":  func(path string) error { return flip(path, int64(len(data)-1)) },
		"truncated":     func(path string) error { return os.Truncate(path, int64(len(data)/2)) },
		"emptied":       func(path string) error { return os.Truncate(path, 0) },
		"grown":         func(path string) error { return os.Truncate(path, int64(len(data)+1)) },
	} {
		for _, kind := range []string{"plain", "versioned"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				s := bucket(t, g, kind)
				first := store(t, s, data)
				if err := damage(g.File(kind, s.key(first.Digest))); err != nil {
					t.Fatal(err)
				}
				rc, _, err := OpenVerified(context.Background(), s, first.Digest)
				if err != nil {
					t.Fatal(err)
				}
				defer rc.Close()
				got, err := io.ReadAll(rc)
				if !errors.Is(err, ErrDamaged) || len(got) >= len(data) {
					t.Fatalf("%d bytes were served, %v", len(got), err)
				}
				if err := Recheck(context.Background(), s, first.Digest, nil); !errors.Is(err, ErrDamaged) {
					t.Fatal(err)
				}
				second := store(t, s, data)
				if !bytes.Equal(read(t, s, first.Digest), data) {
					t.Fatal("a new copy did not heal it")
				}
				if err := s.Delete(context.Background(), second.Digest, second.Generation); err != nil {
					t.Fatal(err)
				}
				empty(t, s)
			})
		}
	}
}

// A server that dies while bytes arrive leaves nothing that was acknowledged,
// and nothing half.
func TestS3ServerDies(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "plain")
	ctx := context.Background()
	data := random(t, 12<<20)
	for name, single := range map[string]int64{"one request": maxSingle, "parts": 5 << 20} {
		t.Run(name, func(t *testing.T) {
			dying := &dying{kill: g.Kill, after: 7 << 20}
			s := bucketOver(t, g, "plain", dying)
			s.single, s.part = single, 5<<20
			kept := store(t, s, []byte("acknowledged before"))
			up := create(t, s)
			if _, err := up.Write(data); err != nil {
				t.Fatal(err)
			}
			_, err := up.Commit(ctx, Of(data), int64(len(data)))
			if !errors.Is(err, ErrUnavailable) || dying.after > 0 {
				t.Fatalf("%d bytes before its death the server answered %v", dying.after, err)
			}
			unanswered(t, s, kept)
			g.Run(t)
			if _, err := s.Stat(ctx, Of(data)); !errors.Is(err, ErrNotFound) {
				t.Fatalf("half a blob is visible: %v", err)
			}
			if got := read(t, s, kept.Digest); string(got) != "acknowledged before" {
				t.Fatalf("what was acknowledged reads as %q", got)
			}
			if _, err := s.Sweep(ctx, -time.Hour); err != nil {
				t.Fatal(err)
			}
			if err := s.Delete(ctx, kept.Digest, kept.Generation); err != nil {
				t.Fatal(err)
			}
			empty(t, s)
			if store(t, s, data); !bytes.Equal(read(t, s, Of(data)), data) {
				t.Fatal("the next try did not store it")
			}
		})
	}
}

// unanswered asks everything of a store whose server is gone.
func unanswered(t *testing.T, s *S3, kept Info) {
	t.Helper()
	ctx := context.Background()
	var wg sync.WaitGroup
	for what, ask := range map[string]func() error{
		"ping":    func() error { return s.Ping(ctx) },
		"stat":    func() error { return second(s.Stat(ctx, kept.Digest)) },
		"open":    func() error { return second(s.Open(ctx, kept.Digest, Range{})) },
		"recheck": func() error { return Recheck(ctx, s, kept.Digest, nil) },
		"delete":  func() error { return s.Delete(ctx, kept.Digest, kept.Generation) },
		"walk":    func() error { return s.Walk(ctx, "", func(Info) error { return nil }) },
		"sweep":   func() error { return second(s.Sweep(ctx, time.Hour)) },
		"hold":    func() error { return s.Hold(ctx, kept.Digest, true) },
	} {
		wg.Go(func() {
			if err := ask(); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s without a server: %v", what, err)
			}
		})
	}
	wg.Wait()
}

// dying sends a number of bytes, then kills the server in the middle of a body.
type dying struct {
	kill  func()
	after int64
}

func (d *dying) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Method == http.MethodPut {
		r = r.Clone(r.Context())
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, d), r.Body}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Write counts what is about to be sent.
func (d *dying) Write(p []byte) (int, error) {
	alive := d.after > 0
	if d.after -= int64(len(p)); alive && d.after <= 0 {
		d.kill()
	}
	return len(p), nil
}

func second[T any](_ T, err error) error { return err }

func TestS3Hold(t *testing.T) {
	g := blobtest.Start(t)
	g.Versioned(t, "versioned")
	g.Locked(t, "locked")
	ctx := context.Background()
	var s Holder = bucket(t, g, "versioned")
	if err := s.Hold(ctx, Of([]byte("nobody")), true); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	unlocked := store(t, s.(Store), []byte("kept"))
	if err := s.Hold(ctx, unlocked.Digest, true); !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("a hold without a lock: %v", err)
	}

	locked := bucket(t, g, "locked")
	first := store(t, locked, []byte("kept"))
	for range 2 {
		if err := locked.Hold(ctx, first.Digest, true); err != nil {
			t.Fatal(err)
		}
	}
	again := store(t, locked, []byte("kept")) // the newer copy is held as well
	for _, info := range []Info{again, unlocked} {
		if err := locked.Delete(ctx, again.Digest, again.Generation); !errors.Is(err, ErrHeld) {
			t.Fatalf("a held blob was deleted for %v: %v", info, err)
		}
	}
	// Not even the bucket's owner deletes a held copy by its version.
	versions, err := locked.versions(ctx, first.Digest)
	if err != nil || len(versions) != 2 {
		t.Fatal(versions, err)
	}
	for _, v := range versions {
		if err := locked.remove(ctx, first.Digest, v); !errors.Is(err, ErrHeld) {
			t.Fatalf("version %s: %v", v, err)
		}
	}
	if string(read(t, locked, first.Digest)) != "kept" {
		t.Fatal("a held blob reads otherwise")
	}
	if err := errors.Join(locked.Hold(ctx, first.Digest, false), locked.Delete(ctx, again.Digest, again.Generation)); err != nil {
		t.Fatal(err)
	}
	empty(t, locked)
}

// A folder of blobs that was copied into a bucket is a store.
func TestS3TakesACopiedFolder(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "plain")
	s, d, ctx := bucket(t, g, "plain"), disk(t), context.Background()
	info := store(t, d, []byte("from a folder"))
	if _, err := g.Client.FPutObject(ctx, "plain", s.key(info.Digest), d.path(info.Digest), minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	found, err := s.Stat(ctx, info.Digest)
	if err != nil || string(read(t, s, info.Digest)) != "from a folder" {
		t.Fatal(err)
	}
	if newer := store(t, s, []byte("from a folder")); newer.Generation == found.Generation {
		t.Fatal("the next copy has the same generation")
	}
	if err := s.Delete(ctx, info.Digest, found.Generation); !errors.Is(err, ErrChanged) {
		t.Fatal(err)
	}
}

// A bucket that is gone is no reason to believe that every blob is.
func TestS3BucketGone(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "plain")
	s := bucket(t, g, "plain")
	info := store(t, s, []byte("kept"))
	if err := os.Rename(filepath.Join(g.Folder, "buckets", "plain"), filepath.Join(g.Folder, "buckets", "elsewhere")); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for what, err := range map[string]error{"ping": s.Ping(ctx), "stat": second(s.Stat(ctx, info.Digest)), "recheck": Recheck(ctx, s, info.Digest, nil)} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s without a bucket: %v", what, err)
		}
	}
}

func TestS3AtStart(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "plain")
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, given := range map[string]struct{ url, want string }{
		"no bucket": {g.URL("nobody", ""), "there is no such bucket"},
		"wrong key": {strings.Replace(g.URL("plain", ""), blobtest.Key+":", "other:", 1), "does not let this key"},
		"no server": {fmt.Sprintf("s3://k:se%%2Fcret@%s/plain?tls=off&region=x", closed.Addr()), "does not answer"},
		"TLS":       {strings.Replace(g.URL("plain", ""), "tls=off", "tls=on", 1), "does not answer"},
	} {
		var c S3Config
		if err := c.UnmarshalText([]byte(given.url)); err != nil {
			t.Fatal(name, err)
		}
		_, err := OpenS3(context.Background(), c, t.TempDir(), slog.New(slog.DiscardHandler))
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), given.want) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "se/cret") || strings.Contains(err.Error(), blobtest.Secret) {
			t.Errorf("%s shows the secret: %v", name, err)
		}
	}
}
