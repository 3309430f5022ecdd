package dml

import "slipway/internal/db"

// Verdict is the result of one check. Unknown is shown as such: what nobody
// looked at is neither good nor bad.
type Verdict string

// The verdicts.
const (
	Met     Verdict = "met"
	Unmet   Verdict = "unmet"
	Unknown Verdict = "unknown"
)

// Check is the result of one acceptance check on one version.
type Check struct {
	ID             int64 `gorm:"primaryKey"`
	MediaVersionID int64
	Code           string
	Title          string
	Verdict        Verdict
	Detail         string
	CheckedAt      db.Time
}

// TableName is the table of checks.
func (Check) TableName() string { return "media_checks" }

// Use says that a package of a release holds a version.
type Use struct {
	ID             int64 `gorm:"primaryKey"`
	MediaVersionID int64
	ReleaseKey     string
	PackageVersion int64
	Role           string // what it is in the package, if anything
	ServiceID      int64
	Restricted     bool // the release's key is shown only to people of its service
	RecordedAt     db.Time
}

// TableName is the table of uses.
func (Use) TableName() string { return "media_uses" }
