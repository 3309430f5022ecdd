package blob

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 keeps blobs in a bucket, under PREFIX/sha256/ab/abcd…: the names that Disk
// has, so that a folder copied into a bucket is a store. Uploads are staged in a
// local folder, which knows the digest before the first byte leaves: every
// request carries the SHA-256 of its body, and the server refuses others.
//
// A blob's generation is metadata of its object. In a bucket without versions
// comparing it and deleting are two requests; this process keeps its own commits
// out of the moment between. Several processes need a bucket with versions.
type S3 struct {
	*staging
	core   *minio.Core
	config S3Config
	log    *slog.Logger
	single int64 // the largest size that goes in one request
	part   int64 // the least size of a part above that

	mu      sync.Mutex
	storing map[Digest]*turns // commits on their way
	sending map[string]bool   // multipart uploads on their way
}

const (
	maxSingle = 5 << 30   // S3's own limit
	minPart   = 128 << 20 // 10,000 parts of it make 1.2 TiB
	maxParts  = 10_000

	answerIn  = 10 * time.Second // for what has no body
	attempts  = 3
	generated = "Generation" // x-amz-meta-generation
)

// OpenS3 opens the bucket and stages uploads in the folder. A bucket that is not
// there or cannot be entered is an error at once.
func OpenS3(ctx context.Context, c S3Config, dir string, log *slog.Logger) (*S3, error) {
	transport, err := minio.DefaultTransport(!c.Plain)
	if err != nil {
		return nil, err
	}
	// A server may take long over a part that came whole, not over its first byte.
	transport.ResponseHeaderTimeout = 10 * time.Minute
	return openS3(ctx, c, dir, log, transport)
}

func openS3(ctx context.Context, c S3Config, dir string, log *slog.Logger, transport http.RoundTripper) (*S3, error) {
	core, err := minio.NewCore(c.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(c.key, c.secret, c.token),
		Secure: !c.Plain, Region: c.Region, Transport: transport, MaxRetries: attempts})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	s := &S3{core: core, config: c, log: log, single: maxSingle, part: minPart, storing: map[Digest]*turns{}, sending: map[string]bool{}}
	if s.staging, err = openStaging(dir, s.place); err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	s.forgetStale(ctx)
	return s, nil
}

func (s *S3) key(d Digest) string { return s.config.Prefix + "sha256/" + d.Hex()[:2] + "/" + d.Hex() }

func (s *S3) digestOf(key string) Digest { return Digest(prefix + key[strings.LastIndex(key, "/")+1:]) }

// Ping asks for the bucket.
func (s *S3) Ping(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	there, err := s.core.BucketExists(short, s.config.Bucket)
	if there && err == nil {
		return nil
	}
	// The answer to HEAD has no words; that to a listing has.
	for o := range s.core.ListObjectsIter(short, s.config.Bucket, minio.ListObjectsOptions{Prefix: s.config.Prefix, MaxKeys: 1}) {
		err = o.Err
		break
	}
	switch response := minio.ToErrorResponse(err); {
	case response.Code == minio.NoSuchBucket, err == nil:
		return fmt.Errorf("%w: there is no such bucket; make it first", ErrUnavailable)
	case response.StatusCode >= 400 && response.StatusCode < 500: // each server has codes of its own for keys and signatures
		return fmt.Errorf("%w: the server does not let this key into the bucket: %s", ErrUnavailable, response.Message)
	}
	return s.failure(ctx, err)
}

// failure gives an error of the server its meaning here. What is not understood
// counts as a store that does not answer, which somebody tries again.
func (s *S3) failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if gone := ctx.Err(); gone != nil {
		return gone
	}
	switch response := minio.ToErrorResponse(err); {
	case response.Code == minio.NoSuchKey, response.Code == minio.NoSuchVersion:
		return ErrNotFound
	case response.StatusCode == http.StatusInsufficientStorage, strings.Contains(response.Code, "QuotaExceeded"), strings.Contains(response.Code, "StorageFull"):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// object is a blob as the bucket has it.
type object struct {
	Info
	version string // empty without versions
	held    bool
}

// head describes a blob. A bucket that is gone looks like a blob that is; see Stat.
func (s *S3) head(ctx context.Context, d Digest) (object, error) {
	short, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	o, err := s.core.StatObject(short, s.config.Bucket, s.key(d), minio.StatObjectOptions{})
	if err != nil {
		return object{}, s.failure(ctx, err)
	}
	return object{
		Info:    Info{Digest: d, Size: o.Size, Generation: generationOf(o), StoredAt: o.LastModified.UTC()},
		version: o.VersionID,
		held:    strings.EqualFold(o.Metadata.Get("X-Amz-Object-Lock-Legal-Hold"), "ON"),
	}, nil
}

// generationOf is what the commit wrote beside the bytes. An object that was
// copied in by other means has only its time and its tag.
func generationOf(o minio.ObjectInfo) int64 {
	if g, err := strconv.ParseInt(o.UserMetadata[generated], 10, 64); err == nil {
		return g
	}
	h := fnv.New64a()
	fmt.Fprintln(h, o.LastModified.UnixNano(), o.ETag, o.VersionID)
	return int64(h.Sum64())
}

// Stat describes a blob.
func (s *S3) Stat(ctx context.Context, d Digest) (Info, error) {
	if !d.Valid() {
		return Info{}, ErrNotFound
	}
	o, err := s.head(ctx, d)
	if errors.Is(err, ErrNotFound) {
		// Were the bucket gone, every blob would look deleted.
		if err := s.Ping(ctx); err != nil {
			return Info{}, err
		}
	}
	return o.Info, err
}
