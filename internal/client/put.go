package client

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// chunk is how much goes into one request, so that proxies which buffer whole
// requests, or bound them, do not stand in the way.
const chunk = 16 << 20

// File is what is to be uploaded. Item and Version are named so that a file
// which the library would refuse is not sent at all.
type File struct {
	io.ReaderAt
	Name    string
	Size    int64
	Digest  string // of all of it; by this an upload is found again
	Item    string
	Version string
}

// Put uploads a file by tus 1.0 and gives the upload's id, for Submit. An upload
// of the same bytes that was broken off, by this process or any other with a
// token of the same account, is gone on with. Sent hears how much has arrived.
func (c *Client) Put(ctx context.Context, f File, sent func(int64)) (id string, err error) {
	address, reached := "", int64(0)
	err = c.persist(ctx, func() (further bool, err error) {
		if address == "" {
			if address, err = c.begin(ctx, f); err != nil {
				return false, err
			}
		}
		further, err = c.goOn(ctx, f, address, &reached, sent)
		switch Status(err) {
		case http.StatusNotFound:
			address, reached = "", 0
			return further, errors.New("the server forgot the upload")
		case http.StatusConflict:
			return further, errors.New("something else sends the same upload")
		}
		return further, err
	})
	return address[strings.LastIndex(address, "/")+1:], err
}

// begin finds an upload of the same bytes, or announces one.
func (c *Client) begin(ctx context.Context, f File) (address string, err error) {
	open, err := ask[[]Upload](ctx, c, http.MethodGet, "/api/v1/uploads", nil)
	if err != nil {
		return "", err
	}
	for _, u := range open {
		if f.Digest != "" && u.Declared == f.Digest && u.Size == f.Size && u.FileName == f.Name {
			return "/api/v1/uploads/" + url.PathEscape(u.ID), nil
		}
	}
	answer, err := c.send(ctx, http.MethodPost, "/api/v1/uploads", nil, map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Length": strconv.FormatInt(f.Size, 10),
		"Upload-Metadata": metadata("filename", f.Name, "sha256", f.Digest, "item", f.Item, "version", f.Version),
	})
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	location, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || location.Path == "" {
		return "", fmt.Errorf("%wthe server did not say where to send the file", forGood)
	}
	// The server may know itself by another name than this machine does.
	return "/api/v1/uploads/" + url.PathEscape(location.Path[strings.LastIndex(location.Path, "/")+1:]), nil
}

func metadata(pairs ...string) string {
	var list []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			list = append(list, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
		}
	}
	return strings.Join(list, ",")
}

// goOn asks how far the upload has come, and sends the rest. Further than it had
// reached counts, also what came of a part whose connection broke.
func (c *Client) goOn(ctx context.Context, f File, address string, reached *int64, sent func(int64)) (further bool, err error) {
	at, err := c.offset(ctx, http.MethodHead, address, nil, nil)
	if err != nil {
		return false, err
	}
	further = at > *reached
	for {
		*reached = at
		sent(at)
		size := min(chunk, f.Size-at)
		// At the end an empty part asks whether the file was stored.
		next, err := c.offset(ctx, http.MethodPatch, address, &counting{io.NewSectionReader(f, at, size), size, at, sent}, map[string]string{
			"Content-Type": "application/offset+octet-stream", "Upload-Offset": strconv.FormatInt(at, 10)})
		if err != nil {
			return further, err
		}
		sent(next)
		if next == f.Size {
			return true, nil
		}
		if further = further || next > at; next <= at {
			return further, fmt.Errorf("the server took nothing at %d", at)
		}
		at = next
	}
}

func (c *Client) offset(ctx context.Context, method, address string, body io.Reader, header map[string]string) (int64, error) {
	all := map[string]string{"Tus-Resumable": "1.0.0"}
	for name, value := range header {
		all[name] = value
	}
	answer, err := c.send(ctx, method, address, body, all)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	return strconv.ParseInt(answer.Header.Get("Upload-Offset"), 10, 64)
}

// counting tells how much of a part has left.
type counting struct {
	r    io.Reader
	size int64
	at   int64
	told func(int64)
}

// Read gives bytes and tells of them.
func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.at += int64(n)
	c.told(c.at)
	return n, err
}
