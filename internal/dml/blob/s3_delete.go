package blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
)

// Delete removes a blob unless it was stored again since generation. Where the
// bucket keeps versions it removes them all, so that no older one comes back.
func (s *S3) Delete(ctx context.Context, d Digest, generation int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.storing[d] != nil {
		return ErrChanged
	}
	o, err := s.head(ctx, d)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case o.Generation != generation:
		return ErrChanged
	case o.held:
		return ErrHeld
	case o.version != "":
		if err := s.deleteOlder(ctx, d, o.version); err != nil {
			return err
		}
	}
	return s.remove(ctx, d, o.version)
}

func (s *S3) remove(ctx context.Context, d Digest, version string) error {
	short, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	err := s.core.RemoveObject(short, s.config.Bucket, s.key(d), minio.RemoveObjectOptions{VersionID: version})
	if version != "" && minio.ToErrorResponse(err).StatusCode == http.StatusForbidden {
		return fmt.Errorf("%w: %w", ErrHeld, err)
	}
	if err = s.failure(ctx, err); errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// deleteOlder removes the versions before one. What came after stays, so that
// two commits of the same bytes never remove each other's.
func (s *S3) deleteOlder(ctx context.Context, d Digest, version string) error {
	versions, err := s.versions(ctx, d)
	if err != nil {
		return err
	}
	after := false
	for _, v := range versions {
		if after {
			err = errors.Join(err, s.remove(ctx, d, v))
		}
		after = after || v == version
	}
	return err
}

// versions lists the copies of a blob, the newest first, and what marks it as deleted.
func (s *S3) versions(ctx context.Context, d Digest) (list []string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range s.core.ListObjectsIter(ctx, s.config.Bucket, minio.ListObjectsOptions{Prefix: s.key(d), Recursive: true, WithVersions: true}) {
		if o.Err != nil {
			return nil, s.failure(ctx, o.Err)
		}
		if o.Key == s.key(d) {
			list = append(list, o.VersionID)
		}
	}
	return list, ctx.Err()
}

// Hold puts the legal hold of the bucket's object lock on every copy of a blob,
// or lifts it. A commit that replaces a held copy makes another held one.
func (s *S3) Hold(ctx context.Context, d Digest, on bool) error {
	if _, err := s.Stat(ctx, d); err != nil {
		return err
	}
	status := minio.LegalHoldDisabled
	if on {
		status = minio.LegalHoldEnabled
	}
	if locked, _, _, _, err := s.core.GetObjectLockConfig(ctx, s.config.Bucket); err != nil || locked != "Enabled" {
		if response := minio.ToErrorResponse(err); err == nil || response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusNotImplemented {
			return fmt.Errorf("%s has no object lock: %w", s.config, errors.ErrUnsupported)
		}
		return s.failure(ctx, err)
	}
	versions, err := s.versions(ctx, d)
	if err != nil {
		return err
	}
	for _, v := range versions {
		err := s.core.PutObjectLegalHold(ctx, s.config.Bucket, s.key(d), minio.PutObjectLegalHoldOptions{VersionID: v, Status: &status})
		if err = s.failure(ctx, err); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// Sweep removes what dead uploads left in the staging folder, and aborts those
// in parts whose process died while it sent them.
func (s *S3) Sweep(ctx context.Context, age time.Duration) (int, error) {
	swept, err := s.staging.Sweep(ctx, age)
	if err != nil {
		return swept, err
	}
	limit, key, id := time.Now().Add(-age), "", ""
	for {
		page, err := s.core.ListMultipartUploads(ctx, s.config.Bucket, s.config.Prefix+"sha256/", key, id, "", 1000)
		if err != nil {
			return swept, s.failure(ctx, err)
		}
		for _, u := range page.Uploads {
			s.mu.Lock()
			alive := s.sending[u.UploadID]
			s.mu.Unlock()
			if alive || u.Initiated.After(limit) {
				continue
			}
			if err := s.abort(ctx, u.Key, u.UploadID); err != nil {
				return swept, err
			}
			swept++
		}
		if !page.IsTruncated {
			return swept, nil
		}
		key, id = page.NextKeyMarker, page.NextUploadIDMarker
	}
}

func (s *S3) abort(ctx context.Context, key, id string) error {
	err := s.core.AbortMultipartUpload(ctx, s.config.Bucket, key, id)
	if minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
		return nil
	}
	return s.failure(ctx, err)
}

// staleDays is after how many days the server itself drops unfinished parts.
const staleDays = 7

// forgetStale has the server abort stale uploads, for the time when nobody
// sweeps any more. Rules that somebody else made are left alone.
func (s *S3) forgetStale(ctx context.Context) {
	short, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	there, err := s.core.GetBucketLifecycle(short, s.config.Bucket)
	switch {
	case err == nil && len(there.Rules) > 0:
		for _, rule := range there.Rules {
			if rule.Status == "Enabled" && !rule.AbortIncompleteMultipartUpload.IsDaysNull() {
				return
			}
		}
		s.log.Info("the bucket has lifecycle rules, but none that aborts unfinished uploads; add one", "bucket", s.config.String(), "days", staleDays)
		return
	case err != nil && minio.ToErrorResponse(err).Code != "NoSuchLifecycleConfiguration":
	default:
		rules := lifecycle.NewConfiguration()
		rules.Rules = []lifecycle.Rule{{ID: "slipway-unfinished-uploads", Status: "Enabled", RuleFilter: lifecycle.Filter{Prefix: s.config.Prefix + "sha256/"},
			AbortIncompleteMultipartUpload: lifecycle.AbortIncompleteMultipartUpload{DaysAfterInitiation: staleDays}}}
		err = s.core.SetBucketLifecycle(short, s.config.Bucket, rules)
	}
	if err != nil {
		s.log.Info("the bucket takes no rule against unfinished uploads; slipway sweeps them itself", "bucket", s.config.String(), "reason", err.Error())
	}
}
