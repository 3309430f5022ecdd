package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// far is a server as the API describes it, that can be told to fail. It keeps
// one upload and one version.
type far struct {
	t  *testing.T
	mu sync.Mutex

	asked  []string // method and path of each request
	status int      // answered to everything, unless 0
	detail string

	announced bool
	held      []byte // what has arrived of the upload
	size      int64
	cutPatch  int // connections to cut in the middle of a part
	file      []byte
	cutFile   int // connections to cut in the middle of the file
	ranges    []string
}

func serve(t *testing.T, f *far) *Client {
	t.Helper()
	f.t = t
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	c, err := New(server.URL+"/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	c.Pause, c.Attempts = time.Microsecond, 3
	return c
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer secret" {
		f.t.Errorf("%s %s came without the token", r.Method, r.URL.Path)
	}
	if f.status != 0 {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(f.status)
		fmt.Fprintf(w, `{"title":"No","detail":%q,"errors":[{"message":"Because."}]}`, f.detail)
		return
	}
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/api/v1/uploads":
		list := []Upload{}
		if f.announced {
			list = append(list, Upload{ID: "u1", FileName: "a.bin", Size: f.size, Declared: "sha256:x"})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list)
	case r.Method == http.MethodPost && r.URL.Path == "/api/v1/uploads":
		f.announced, f.size, f.held = true, number(r.Header.Get("Upload-Length")), nil
		w.Header().Set("Location", "https://another.name/api/v1/uploads/u1")
		w.WriteHeader(http.StatusCreated)
	case r.URL.Path == "/api/v1/uploads/u1" && !f.announced:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodHead:
		w.Header().Set("Upload-Offset", strconv.Itoa(len(f.held)))
	case r.Method == http.MethodPatch:
		f.patch(w, r)
	case strings.HasSuffix(r.URL.Path, "/file"):
		f.give(w, r)
	default:
		f.t.Errorf("nobody asks for %s %s", r.Method, r.URL.Path)
	}
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// patch takes a part, or half of it before the connection breaks.
func (f *far) patch(w http.ResponseWriter, r *http.Request) {
	if at := number(r.Header.Get("Upload-Offset")); at != int64(len(f.held)) {
		w.WriteHeader(http.StatusConflict)
		return
	}
	if f.cutPatch > 0 {
		f.cutPatch--
		part, _ := io.ReadAll(io.LimitReader(r.Body, r.ContentLength/2))
		f.held = append(f.held, part...)
		panic(http.ErrAbortHandler)
	}
	part, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	f.held = append(f.held, part...)
	w.Header().Set("Upload-Offset", strconv.Itoa(len(f.held)))
	w.WriteHeader(http.StatusNoContent)
}

// give sends the file from where it is asked for, or half of that.
func (f *far) give(w http.ResponseWriter, r *http.Request) {
	f.ranges = append(f.ranges, r.Header.Get("Range"))
	at := int64(0)
	if first, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		at = number(strings.TrimSuffix(first, "-"))
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, len(f.file)-1, len(f.file)))
		w.WriteHeader(http.StatusPartialContent)
	}
	if f.cutFile > 0 {
		f.cutFile--
		half := (int64(len(f.file)) - at) / 2
		_, _ = w.Write(f.file[at : at+half])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(f.file[at:])
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func put(c *Client, data []byte) (string, error) {
	return c.Put(context.Background(), File{ReaderAt: bytes.NewReader(data), Name: "a.bin", Size: int64(len(data)), Digest: "sha256:x"}, func(int64) {})
}

func TestPutGoesOnAfterCuts(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 3*chunk/10) // several parts
	f := &far{cutPatch: 5}                                 // more than Attempts, but each brings something
	id, err := put(serve(t, f), data)
	if err != nil || id != "u1" || !bytes.Equal(f.held, data) {
		t.Fatalf("%q, %v: %d of %d bytes", id, err, len(f.held), len(data))
	}
}

func TestPutGoesOnFromAnotherProcess(t *testing.T) {
	data := []byte("the whole program")
	f := &far{announced: true, size: int64(len(data)), held: []byte("the whole")}
	if _, err := put(serve(t, f), data); err != nil || !bytes.Equal(f.held, data) {
		t.Fatalf("%v: %q", err, f.held)
	}
	for _, request := range f.asked {
		if request == "POST /api/v1/uploads" {
			t.Error("the upload was begun anew")
		}
	}
	// One of another size is another file.
	other := &far{announced: true, size: 5, held: []byte("other")}
	if _, err := put(serve(t, other), data); err != nil || !bytes.Equal(other.held, data) {
		t.Fatalf("%v: %q", err, other.held)
	}
}

func TestGetGoesOnAfterCuts(t *testing.T) {
	f := &far{file: bytes.Repeat([]byte("abc"), 100_000), cutFile: 5}
	var got bytes.Buffer
	m := &Media{ID: 7, Size: int64(len(f.file)), Digest: digestOf(f.file)}
	if err := serve(t, f).Get(context.Background(), m, NewSum(), 0, &got); err != nil || !bytes.Equal(got.Bytes(), f.file) {
		t.Fatalf("%v: %d bytes", err, got.Len())
	}
	if len(f.ranges) != 6 || f.ranges[0] != "" || f.ranges[1] != "bytes=150000-" {
		t.Errorf("asked for %q", f.ranges)
	}
}

func TestGetRefusesOtherBytes(t *testing.T) {
	f := &far{file: []byte("rotten")}
	m := &Media{ID: 7, Size: 6, Digest: digestOf([]byte("golden"))}
	err := serve(t, f).Get(context.Background(), m, NewSum(), 0, io.Discard)
	if !errors.Is(err, ErrDigest) || len(f.asked) != 1 {
		t.Errorf("%v after %d requests", err, len(f.asked))
	}
	if strings.Contains(err.Error(), "this machine") || !strings.Contains(err.Error(), m.Digest) {
		t.Errorf("%q", err)
	}
}

func TestGetEndsWhenItCannotWrite(t *testing.T) {
	f := &far{file: []byte("bytes")}
	full := errors.New("no space left")
	err := serve(t, f).Get(context.Background(), &Media{ID: 7, Size: 5, Digest: digestOf(f.file)}, NewSum(), 0, failing{full})
	if !errors.Is(err, full) || len(f.asked) != 1 {
		t.Errorf("%v after %d requests", err, len(f.asked))
	}
}

type failing struct{ err error }

// Write fails.
func (f failing) Write([]byte) (int, error) { return 0, f.err }

// What another attempt does not mend is said at once, with the way out; what may
// pass is tried again, so often and no more.
func TestWhatIsTriedAgain(t *testing.T) {
	for status, c := range map[int]struct {
		requests int
		want     string
	}{
		http.StatusUnauthorized:        {1, "Said so. Because. Give a token with --token or SLIPWAY_TOKEN."},
		http.StatusForbidden:           {1, "Said so. Because. The token needs the scope for it, and its owner the role."},
		http.StatusInsufficientStorage: {1, "Said so. Because."},
		http.StatusUnprocessableEntity: {1, "Said so. Because."},
		http.StatusInternalServerError: {1, "Said so. Because."},
		http.StatusServiceUnavailable:  {3, "Said so. Because.; 3 attempts in a row failed"},
		http.StatusLocked:              {3, "Said so. Because.; 3 attempts in a row failed"},
		http.StatusTooManyRequests:     {3, "Said so. Because.; 3 attempts in a row failed"},
	} {
		f := &far{status: status, detail: "Said so."}
		client := serve(t, f)
		_, err := put(client, []byte("x"))
		if Status(err) != status || !strings.HasPrefix(err.Error(), c.want) || len(f.asked) != c.requests {
			t.Errorf("%d: %v after %d requests", status, err, len(f.asked))
		}
	}
	silent, err := New("http://127.0.0.1:1", "secret")
	if err != nil {
		t.Fatal(err)
	}
	silent.Pause, silent.Attempts = time.Microsecond, 2
	if _, err := silent.Find(context.Background(), "a:1"); err == nil || !strings.Contains(err.Error(), "2 attempts in a row failed") || strings.Count(err.Error(), "127.0.0.1") != 1 {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "slipway", "ftp://host", "https://"} {
		if _, err := New(bad, "secret"); err == nil {
			t.Errorf("%q was taken for a server", bad)
		}
	}
}

func TestTheEndOfTheCallEndsTheAttempts(t *testing.T) {
	f := &far{status: http.StatusServiceUnavailable}
	c := serve(t, f)
	ctx, stop := context.WithCancel(context.Background())
	c.Pause, c.Attempts = time.Hour, 9
	c.Waiting = func(error, time.Duration) { stop() }
	if _, err := c.Find(ctx, "a:1"); !errors.Is(err, context.Canceled) || len(f.asked) != 1 {
		t.Errorf("%v after %d requests", err, len(f.asked))
	}
}
