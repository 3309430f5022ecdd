package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Get writes the bytes of a version from an offset on. A connection that drops
// is gone on with where it dropped. Sum has seen the bytes before the offset;
// when all have come and the digest is another, it gives ErrDigest.
func (c *Client) Get(ctx context.Context, m *Media, sum hash.Hash, offset int64, w io.Writer) error {
	at := offset
	err := c.persist(ctx, func() (further bool, err error) {
		if at == m.Size {
			return false, nil
		}
		body, err := c.open(ctx, m, at)
		if err != nil {
			return false, err
		}
		defer body.Close()
		written := &careful{w: w}
		n, err := io.Copy(io.MultiWriter(written, sum), io.LimitReader(body, m.Size-at))
		at += n
		switch {
		case written.err != nil:
			err = local(written.err)
		case err == nil && at < m.Size:
			err = io.ErrUnexpectedEOF
		}
		return n > 0, err
	})
	if err != nil {
		return err
	}
	if got := "sha256:" + hex.EncodeToString(sum.Sum(nil)); got != m.Digest {
		return fmt.Errorf("%w: they are %s, not %s", ErrDigest, got, m.Digest)
	}
	return nil
}

// ErrDigest says that what came is not what was asked for.
var ErrDigest = fmt.Errorf("%wthe bytes that came do not match the digest", forGood)

// NewSum gives the hash for Get.
func NewSum() hash.Hash { return sha256.New() }

func (c *Client) open(ctx context.Context, m *Media, at int64) (io.ReadCloser, error) {
	header := map[string]string{"Accept-Encoding": "identity"}
	if at > 0 {
		header["Range"], header["If-Range"] = fmt.Sprintf("bytes=%d-", at), `"`+m.Digest+`"`
	}
	answer, err := c.send(ctx, http.MethodGet, fmt.Sprintf("/api/v1/media/%d/file", m.ID), nil, header)
	if err != nil {
		return nil, err
	}
	from := int64(0)
	if answer.StatusCode == http.StatusPartialContent {
		first, _, _ := strings.Cut(strings.TrimPrefix(answer.Header.Get("Content-Range"), "bytes "), "-")
		if from, err = strconv.ParseInt(first, 10, 64); err != nil || from > at {
			_ = answer.Body.Close()
			return nil, fmt.Errorf("%wthe server sent another part of the file than was asked for", forGood)
		}
	}
	if _, err := io.CopyN(io.Discard, answer.Body, at-from); err != nil {
		_ = answer.Body.Close()
		return nil, err
	}
	return answer.Body, nil
}

// careful remembers that writing failed, which no other attempt mends.
type careful struct {
	w   io.Writer
	err error
}

// Write writes.
func (c *careful) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err != nil {
		c.err = err
	}
	return n, err
}
