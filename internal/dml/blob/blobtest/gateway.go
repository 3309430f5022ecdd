// Package blobtest starts a real S3 server for tests. A server imitated by the
// tests' author would agree with the driver's author on every mistake.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Gateway is a server over a folder of its own.
type Gateway struct {
	Folder  string
	Address string
	Client  *minio.Client
	program string
	process *exec.Cmd
	said    *bytes.Buffer
	ended   chan struct{}
}

// Key and Secret let into every Gateway. The secret has what URLs escape.
const (
	Key    = "slipway"
	Secret = "not/so+secret=here"
)

// program builds the server once for each test binary and names its file in the
// go command's cache, where it is found until the sources change.
var program = sync.OnceValues(func() (string, error) {
	// Not by runtime.Caller, which knows no folders after -trimpath.
	here, err := exec.Command("go", "list", "-f", "{{.Dir}}", "slipway/internal/dml/blob/blobtest").Output()
	if err != nil {
		return "", fmt.Errorf("find the S3 server's source: %w", err)
	}
	for range 2 { // the run that links it names a file that is gone afterwards
		// Unoptimised it builds in two thirds of the time, and is fast enough.
		cmd := exec.Command("go", "run", "-gcflags=github.com/...=-N -l", "-ldflags=-s -w", "-exec=echo", ".")
		cmd.Dir = filepath.Join(strings.TrimSpace(string(here)), "testdata", "s3server")
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
		var said bytes.Buffer
		cmd.Stderr = &said
		path, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("%w\n%s", err, &said)
		}
		if name := strings.TrimSpace(string(path)); exists(name) {
			return name, nil
		}
	}
	return "", errors.New("the go command keeps no linked program")
})

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Gateway {
	t.Helper()
	if testing.Short() {
		t.Skip("a real S3 server takes long to build")
	}
	path, err := program()
	if err != nil {
		t.Fatal("the S3 server was not built: ", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{Folder: t.TempDir(), Address: listener.Addr().String(), program: path}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	g.Client, err = minio.New(g.Address, &minio.Options{Creds: credentials.NewStaticV4(Key, Secret, ""), Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Kill)
	g.Run(t)
	return g
}

// Run starts the server again after Kill, over the same folder.
func (g *Gateway) Run(t testing.TB) {
	t.Helper()
	g.said, g.ended = &bytes.Buffer{}, make(chan struct{})
	g.process = exec.Command(g.program, "-address", g.Address, "-folder", g.Folder)
	g.process.Env = append(os.Environ(), "S3SERVER_SECRET="+Secret)
	g.process.Stdout, g.process.Stderr = g.said, g.said
	if err := g.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = g.process.Wait() // it is always killed
		close(g.ended)
	}()
	limit, tick := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := g.Client.ListBuckets(context.Background()); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-g.ended:
			t.Fatalf("the S3 server ended: %s", g.said)
		case <-limit:
			t.Fatal("the S3 server does not answer")
		}
	}
}

// Kill ends the server as a power cut would.
func (g *Gateway) Kill() {
	_ = g.process.Process.Kill() // gone already, or going
	<-g.ended
}

// Bucket makes a bucket.
func (g *Gateway) Bucket(t testing.TB, name string) {
	t.Helper()
	if err := g.Client.MakeBucket(context.Background(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Versioned makes a bucket that keeps versions.
func (g *Gateway) Versioned(t testing.TB, name string) {
	t.Helper()
	g.Bucket(t, name)
	if err := g.Client.EnableVersioning(context.Background(), name); err != nil {
		t.Fatal(err)
	}
}

// Locked makes a bucket with versions and an object lock.
func (g *Gateway) Locked(t testing.TB, name string) {
	t.Helper()
	if err := g.Client.MakeBucket(context.Background(), name, minio.MakeBucketOptions{ObjectLocking: true}); err != nil {
		t.Fatal(err)
	}
}

// URL names a bucket and a prefix as slipway's --blobs takes them.
func (g *Gateway) URL(bucket, prefix string) string {
	u := url.URL{Scheme: "s3", User: url.UserPassword(Key, Secret), Host: g.Address, Path: "/" + bucket + "/" + prefix, RawQuery: "region=us-east-1&tls=off"}
	return u.String()
}

// File is where the server keeps an object's newest bytes.
func (g *Gateway) File(bucket, key string) string {
	return filepath.Join(g.Folder, "buckets", bucket, filepath.FromSlash(key))
}
