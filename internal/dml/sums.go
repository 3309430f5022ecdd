package dml

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"sync"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Sums are the digests that devices' protocols ask for beside SHA-256. They
// prove nothing by themselves: they were taken from bytes that matched theirs.
type Sums struct {
	Digest blob.Digest
	SHA1   string `gorm:"column:sha1"`
	MD5    string `gorm:"column:md5"`
}

// TableName is the table of such digests.
func (Sums) TableName() string { return "media_sums" }

// Sums gives the other digests of a version's bytes. The first to ask has them
// computed, which reads the whole file; from then on they are kept.
func (s *Service) Sums(ctx context.Context, actor identity.Actor, versionID int64) (*Sums, error) {
	v, _, err := s.readable(ctx, actor, versionID)
	if err != nil {
		return nil, err
	}
	defer s.alone(v.Digest)()
	var kept *Sums
	err = s.db.View(ctx, func(tx *db.Tx) (err error) { kept, err = sumsOf(tx, v.Digest); return err })
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return kept, err
	}
	body, err := s.Open(ctx, actor, versionID)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	older, oldest := sha1.New(), md5.New()
	if _, err := io.Copy(io.MultiWriter(older, oldest), body); err != nil {
		return nil, storeFault(err, v)
	}
	kept = &Sums{Digest: v.Digest, SHA1: hex.EncodeToString(older.Sum(nil)), MD5: hex.EncodeToString(oldest.Sum(nil))}
	return kept, s.db.InTx(ctx, func(tx *db.Tx) error { return keepSums(tx, kept) })
}

// alone lets one at a time work through the bytes of a digest; the others find
// what it has noted down.
func (s *Service) alone(d blob.Digest) (leave func()) {
	lock, _ := s.turns.LoadOrStore(d, new(sync.Mutex))
	lock.(*sync.Mutex).Lock()
	return lock.(*sync.Mutex).Unlock
}
