package dml

import (
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
)

// Collection is one run of the garbage collection. It goes in small steps, none
// of which stops anybody else from pushing:
//
//   - uploads that nobody went on with are dropped;
//   - retention lets versions go;
//   - blobs that nothing needs are condemned, and from then on look absent: who
//     pushes one again takes it back;
//   - blobs in the store that the database never heard of are condemned as well;
//   - what was condemned longer than the grace period ago is looked at once more
//     in a transaction, and deleted by its generation, so that a copy that was
//     stored meanwhile stays.
//
// A run that dies goes on where it was: every step may be repeated.
type Collection struct {
	db.Row
	ByName    string
	GraceMS   int64
	Phase     phase
	EndedAt   db.Time
	LetGo     int64 // versions that retention let go
	Condemned int64 // blobs
	Deleted   int64 // blobs
	Freed     int64 // bytes
	Spared    int64 // condemned blobs that something needs again
	Orphans   int64 // condemned blobs that the database had never heard of
	Uploads   int64 // abandoned
	Failures  int64
	LastError string
	Cursor    int64       // how far the phase has come
	Walked    blob.Digest // how far the walk through the store has come
}

// TableName is the table of runs.
func (Collection) TableName() string { return "media_collections" }

// Ended tells whether the run came to its end.
func (c *Collection) Ended() bool { return c.Phase == phaseDone }

type phase string

const (
	phaseUploads phase = "uploads"
	phaseRelease phase = "release"
	phaseCondemn phase = "condemn"
	phaseOrphans phase = "orphans"
	phaseDelete  phase = "delete"
	phaseDone    phase = "done"
)

var afterPhase = map[phase]phase{phaseUploads: phaseRelease, phaseRelease: phaseCondemn, phaseCondemn: phaseOrphans, phaseOrphans: phaseDelete, phaseDelete: phaseDone}

const (
	// leaseFor is how long pushed bytes stay although nothing needs them yet. A
	// lease is renewed when less than leaseFloor is left of it, so that whoever is
	// told that bytes are there can rely on them for leaseFloor.
	leaseFor   = 36 * time.Hour
	leaseFloor = 24 * time.Hour

	uploadAge = 24 * time.Hour

	// DefaultGrace is how long condemned bytes can still be taken back.
	DefaultGrace = 24 * time.Hour
	// MinGrace covers a push between its last byte and its row in the database.
	MinGrace = time.Hour
)

// collector is the actor of the collection. What it lets go of, a custodian's
// rule has decided.
var collector = identity.System("media collection")

// PlanWhat is what a line of a dry run is about.
type PlanWhat string

// The lines: a version whose bytes are let go, a blob that nothing needs, one
// that is condemned already, and one that the database never heard of.
const (
	PlanVersion   PlanWhat = "version"
	PlanCondemn   PlanWhat = "unneeded"
	PlanCondemned PlanWhat = "condemned"
	PlanOrphan    PlanWhat = "orphan"
)

// PlanLine is something that a collection would take, and why.
type PlanLine struct {
	What   PlanWhat
	Name   string // version, or repository
	Digest blob.Digest
	Size   int64
	Why    string
	At     db.Time // when its bytes go
	link   string
}

// Link is the page of what the line is about, or nothing.
func (l PlanLine) Link() string { return l.link }

// Plan is a dry run: what a collection would take now and after the grace.
type Plan struct {
	Lines   []PlanLine
	Blobs   int64 // that would be deleted, now or after the grace
	Frees   int64 // bytes, of those
	Now     int64 // bytes that a run would free at once
	Uploads int64 // abandoned uploads
	More    bool  // some lines were left out
}
