package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// noise is bytes that nothing can compress.
func noise(size int, seed byte) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(data) // it never fails
	return data
}

// thing is a blob to push: blocks of noise, each numbered.
type thing struct {
	size   int64
	mark   uint64
	digest string
}

var noisy = noise(block, 2)

func newThing(size int64, mark uint64) thing {
	sum := sha256.New()
	t := thing{size: size, mark: mark}
	_, _ = io.Copy(sum, t.reader()) // neither fails
	t.digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return t
}

func (t thing) reader() io.Reader {
	head := fmt.Sprintf("%020d", t.mark)
	blocks := []io.Reader{bytes.NewReader([]byte(head)), bytes.NewReader(noisy[len(head):])}
	for range t.size/block - 1 {
		blocks = append(blocks, bytes.NewReader(noisy))
	}
	return io.MultiReader(blocks...)
}

// registry is a server of OCI distribution, and a repository there.
type registry struct {
	name, url, repo string
	user, password  string
	client          *http.Client
}

func newRegistry(name, address, repo, user, password string) *registry {
	return &registry{name, address, repo, user, password, &http.Client{Timeout: 10 * time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: 16, WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10}}}
}

func (r *registry) do(method, address string, body io.Reader, size int64, want int) (*http.Response, error) {
	request, err := http.NewRequest(method, address, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.ContentLength = size
		request.Header.Set("Content-Type", "application/octet-stream")
	}
	if r.user != "" {
		request.SetBasicAuth(r.user, r.password)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != want {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		response.Body.Close()
		return nil, fmt.Errorf("%s: %s %s: %s: %s", r.name, method, address, response.Status, said)
	}
	return response, nil
}

// push sends a blob as oras and containerd do: a POST, and a PUT with the bytes.
func (r *registry) push(t thing) error {
	begun, err := r.do(http.MethodPost, r.url+"/v2/"+r.repo+"/blobs/uploads/", nil, 0, http.StatusAccepted)
	if err != nil {
		return err
	}
	begun.Body.Close()
	at, err := url.Parse(r.url)
	if err == nil {
		at, err = at.Parse(begun.Header.Get("Location"))
	}
	if err != nil {
		return err
	}
	query := at.Query()
	query.Set("digest", t.digest)
	at.RawQuery = query.Encode()
	done, err := r.do(http.MethodPut, at.String(), t.reader(), t.size, http.StatusCreated)
	if err != nil {
		return err
	}
	return done.Body.Close()
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// pull fetches a blob and hashes it, as every client of this protocol must.
func (r *registry) pull(t thing) error {
	response, err := r.do(http.MethodGet, r.url+"/v2/"+r.repo+"/blobs/"+t.digest, nil, 0, http.StatusOK)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, struct{ io.Reader }{response.Body}, *buffer); err != nil {
		return err
	}
	if got := "sha256:" + hex.EncodeToString(sum.Sum(nil)); got != t.digest {
		return errors.New(r.name + " served other bytes than " + t.digest)
	}
	return nil
}

// each does something with every thing, so many at once, and times it.
func each(things []thing, parallel int, do func(thing) error) (time.Duration, error) {
	next := make(chan thing)
	errs := make(chan error, parallel)
	began := time.Now()
	for range parallel {
		go func() {
			var failed error
			for t := range next {
				if failed == nil {
					failed = do(t)
				}
			}
			errs <- failed
		}()
	}
	for _, t := range things {
		next <- t
	}
	close(next)
	var failed error
	for range parallel {
		failed = errors.Join(failed, <-errs)
	}
	return time.Since(began), failed
}
