package fleet

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A server that breaks off downloads and refuses a report once finds the device
// as patient as SWUpdate is.
func TestADeviceGoesOnWhereItWasCutOff(t *testing.T) {
	file := strings.Repeat("firmware ", 10_000)
	sum := sha1.Sum([]byte(file))
	var asked, refused, closed atomic.Int64
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "GatewayToken secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/default/controller/v1/d-000007":
			fmt.Fprintf(w, `{"config":{"polling":{"sleep":"00:00:01"}},"_links":{"deploymentBase":{"href":"%s/deployment"}}}`, server.URL)
		case r.URL.Path == "/deployment":
			fmt.Fprintf(w, `{"id":"7","deployment":{"chunks":[{"artifacts":[{"size":%d,"hashes":{"sha1":%q},"_links":{"download":{"href":"%s/file"}}}]}]}}`, len(file), hex.EncodeToString(sum[:]), server.URL)
		case r.URL.Path == "/file":
			if asked.Add(1) == 1 {
				w.Header().Set("Content-Length", fmt.Sprint(len(file)))
				_, _ = w.Write([]byte(file[:30_000]))
				panic(http.ErrAbortHandler)
			}
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(file))
		case strings.HasSuffix(r.URL.Path, "/deploymentBase/7/feedback"):
			if refused.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			closed.Add(1)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r := Run(ctx, Config{Server: server.URL, Token: "secret", Devices: 1, First: 7, Prefix: "d-", Every: time.Millisecond, Once: true})
	if r.Confirmed() != 1 || r.Lost() != 0 || r.resumed.Load() != 1 || closed.Load() != 3 || r.bytes.Load() != int64(len(file)) || r.Errors() != 1 {
		t.Error(r)
	}
}

func TestTheSameDevicesFail(t *testing.T) {
	broken := 0
	for n := range 10_000 {
		name := fmt.Sprintf("sim-%06d", n)
		if fails(name, 5) {
			broken++
		}
		if fails(name, 5) && !fails(name, 6) || fails(name, 0) || !fails(name, 100) {
			t.Fatal(name)
		}
	}
	if broken < 350 || broken > 650 {
		t.Errorf("%d of 10,000 fail at 5 percent", broken)
	}
}
