package dml

import (
	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// Verification is a look at every stored byte of the library that somebody asked
// for. It is one for all who ask while it lasts, and one that dies goes on where
// it was.
type Verification struct {
	db.Row
	ByName    string
	Blobs     int64 // to be hashed when it began
	Bytes     int64
	DoneBlobs int64
	DoneBytes int64
	InHand    int64 // bytes of the blob that is being hashed
	Damaged   int64 // blobs that are damaged or missing
	Cursor    int64 // the blob that was hashed last
	Failures  int64 // in a row
	LastError string
	EndedAt   db.Time
}

// TableName is the table of verifications.
func (Verification) TableName() string { return "media_verifications" }

// Ended tells whether it came to its end, or gave up.
func (v *Verification) Ended() bool { return v.EndedAt != 0 }

// Failed tells whether it gave up, since the store did not answer.
func (v *Verification) Failed() bool { return v.Ended() && v.LastError != "" }

// Hashed is how many bytes were hashed so far.
func (v *Verification) Hashed() int64 { return v.DoneBytes + v.InHand }

// Damage is bytes that a verification found damaged or missing, and the versions
// that need them.
type Damage struct {
	Digest   blob.Digest
	Size     int64
	Versions []string `gorm:"-"`
}

// passed notes what hashing one blob has found.
func (v *Verification) passed(row *blobRow, damaged bool) {
	v.Cursor, v.DoneBlobs, v.DoneBytes, v.InHand = row.ID, v.DoneBlobs+1, v.DoneBytes+row.Size, 0
	v.Failures, v.LastError = 0, ""
	if damaged {
		v.Damaged++
	}
}

// failed notes that a blob could not be read. After some times in a row the
// verification gives up.
func (v *Verification) failed(err error, now db.Time) {
	v.Failures, v.LastError, v.InHand = v.Failures+1, err.Error(), 0
	if v.Failures >= verifyTries {
		v.EndedAt = now
	}
}
