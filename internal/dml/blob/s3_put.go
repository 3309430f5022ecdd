package blob

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
)

// place sends a staged file to the bucket and drops it here. An older copy is
// always replaced: only reading all of it would show that it is sound, and that
// costs as much as sending the new one, which certainly is.
func (s *S3) place(ctx context.Context, f *os.File, d Digest, size int64) (Info, error) {
	defer s.turn(d)()
	old, err := s.head(ctx, d)
	absent := errors.Is(err, ErrNotFound)
	if err != nil && !absent {
		return Info{}, err
	}
	info := Info{Digest: d, Size: size, Generation: rand.Int64()}
	version, err := s.send(ctx, f, info, old.held, absent)
	if absent && minio.ToErrorResponse(err).StatusCode == http.StatusPreconditionFailed {
		// Another commit of these bytes was quicker, or its answer was lost.
		if old, err = s.head(ctx, d); err == nil || errors.Is(err, ErrNotFound) {
			version, err = s.send(ctx, f, info, old.held, false)
		}
	}
	if err != nil {
		return Info{}, s.failure(ctx, err)
	}
	if version != "" {
		if err := s.deleteOlder(ctx, d, version); err != nil {
			s.log.Warn("an older copy of a blob stays in the bucket", "digest", d.String(), "error", err)
		}
	}
	info.StoredAt = time.Now().UTC()
	return info, os.Remove(f.Name())
}

// turns are the commits of the same bytes that this server has in hand.
type turns struct {
	sync.Mutex
	waiting int
}

// turn waits until no other commit of the same bytes goes on here, and gives
// what ends it: where the bucket keeps versions, two at the same moment might
// each take the other's copy for the older.
func (s *S3) turn(d Digest) (end func()) {
	s.mu.Lock()
	t := s.storing[d]
	if t == nil {
		t = new(turns)
		s.storing[d] = t
	}
	t.waiting++
	s.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(s.storing, d)
		}
	}
}

// send stores the file under its digest, which the server checks, and gives the
// version. With absent the server refuses when the blob is there already.
func (s *S3) send(ctx context.Context, f *os.File, info Info, held, absent bool) (string, error) {
	options := minio.PutObjectOptions{DisableContentSha256: true, UserMetadata: map[string]string{generated: strconv.FormatInt(info.Generation, 10)}}
	if held {
		options.LegalHold = minio.LegalHoldEnabled
	}
	if info.Size > s.single {
		return s.sendParts(ctx, f, info, options)
	}
	if absent {
		options.SetMatchETagExcept("*")
	}
	sum, err := hex.DecodeString(info.Digest.Hex())
	if err != nil {
		return "", err
	}
	options.UserMetadata[minio.ChecksumSHA256.Key()] = base64.StdEncoding.EncodeToString(sum)
	sent, err := s.core.PutObject(ctx, s.config.Bucket, s.key(info.Digest), io.NewSectionReader(f, 0, info.Size), info.Size, "", info.Digest.Hex(), options)
	return sent.VersionID, err
}

// sendParts stores a file that is too large for one request. The server checks
// each part; that the parts are the whole is checked here, on the way.
func (s *S3) sendParts(ctx context.Context, f *os.File, info Info, options minio.PutObjectOptions) (version string, err error) {
	key := s.key(info.Digest)
	options.UserMetadata["x-amz-checksum-algorithm"] = minio.ChecksumSHA256.String()
	id, err := s.core.NewMultipartUpload(ctx, s.config.Bucket, key, options)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.sending[id] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.sending, id)
		s.mu.Unlock()
		if err != nil {
			// The caller may have left; what was sent must go nevertheless. If
			// the server does not answer now, the sweep finds it.
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerIn)
			defer cancel()
			err = errors.Join(err, s.abort(late, key, id))
		}
	}()
	parts, err := s.parts(ctx, f, info, id)
	if err != nil {
		return "", err
	}
	sent, err := s.core.CompleteMultipartUpload(ctx, s.config.Bucket, key, id, parts, minio.PutObjectOptions{})
	return sent.VersionID, err
}

func (s *S3) parts(ctx context.Context, f *os.File, info Info, id string) ([]minio.CompletePart, error) {
	var parts []minio.CompletePart
	length := max(s.part, (info.Size+maxParts-1)/maxParts)
	whole := sha256.New()
	for at := int64(0); at < info.Size; at += length {
		body := io.NewSectionReader(f, at, min(length, info.Size-at))
		part := sha256.New()
		if _, err := io.Copy(io.MultiWriter(whole, part), body); err != nil {
			return nil, err
		}
		sum := part.Sum(nil)
		checksum := base64.StdEncoding.EncodeToString(sum)
		header := http.Header{}
		header.Set(minio.ChecksumSHA256.Key(), checksum)
		sent, err := s.core.PutObjectPart(ctx, s.config.Bucket, s.key(info.Digest), id, len(parts)+1, body, body.Size(),
			minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(sum), CustomHeader: header, DisableContentSha256: true})
		if err != nil {
			return nil, err
		}
		parts = append(parts, minio.CompletePart{PartNumber: sent.PartNumber, ETag: sent.ETag, ChecksumSHA256: checksum})
	}
	if found := fromSum(whole.Sum(nil)); found != info.Digest {
		return nil, fmt.Errorf("the staged file of %s reads as %s now", info.Digest, found)
	}
	return parts, nil
}
