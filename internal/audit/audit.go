// Package audit keeps the record of who did what: append-only, written in the
// same transaction as the deed, each entry carrying the hash of the one before.
//
// Entries are copied text without foreign keys, so that they outlive whatever
// they speak of. No statement in Slipway updates or deletes one.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"slipway/internal/db"
)

// By is the author of a deed, copied from the actor at the time.
type By struct {
	UserID    int64
	Name      string
	Kind      string // person, machine or system
	IP        string
	RequestID string
}

// Entry is what is recorded. Sentence reads on after the author's name:
// "approved A4 for three waves".
type Entry struct {
	Action   string // "gate.approve"
	Kind     string // kind of record, "release"
	Key      string // key of the record
	Release  string // key of the release it belongs to, or empty
	Sentence string
	Reason   string
	Detail   string // JSON or plain text: difference, snapshot
}

// Logged is one entry as stored. Its fields are never changed afterwards.
type Logged struct {
	Seq        int64 `gorm:"primaryKey;autoIncrement:false"`
	At         db.Time
	UserID     int64
	Actor      string
	ActorKind  string
	IP         string
	RequestID  string
	Action     string
	Kind       string
	Record     string
	ReleaseKey string
	Sentence   string
	Reason     string
	Detail     string
	Previous   string
	Hash       string
}

// TableName is the table of entries.
func (Logged) TableName() string { return "audit_entries" }

// batch is how many entries a check holds at a time, so that the length of the
// record needs no memory.
const batch = 1000

// genesis stands where the first entry's predecessor would.
const genesis = "slipway"

// pending are the entries of a transaction that are not chained yet.
type pending struct{ entries []Logged }

// Record writes down what was done, in the transaction that does it. The entries
// of a transaction are chained and written at its end, all at once: while one
// runs nobody else adds to the chain.
func Record(tx *db.Tx, by By, e Entry) error {
	p := db.Local[pending](tx)
	if len(p.entries) == 0 {
		tx.BeforeCommit(func() error { return chain(tx) })
	}
	p.entries = append(p.entries, Logged{
		At: tx.Now, UserID: by.UserID, Actor: by.Name, ActorKind: by.Kind, IP: by.IP, RequestID: by.RequestID,
		Action: e.Action, Kind: e.Kind, Record: e.Key, ReleaseKey: e.Release, Sentence: e.Sentence, Reason: e.Reason, Detail: e.Detail,
	})
	if len(p.entries) == batch {
		return chain(tx)
	}
	return nil
}

// chain writes what is pending, each entry with the hash of the one before.
func chain(tx *db.Tx) error {
	p := db.Local[pending](tx)
	if len(p.entries) == 0 {
		return nil
	}
	last, err := written(tx)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	entries := p.entries
	p.entries = nil
	for i := range entries {
		e := &entries[i]
		e.Seq, e.Previous = last.Seq+1, last.Hash
		e.Hash = e.digest()
		last = *e
	}
	return insert(tx, entries)
}

// digest is the SHA-256 of everything in the entry but the hash itself, as a
// JSON array in fixed order, in hex.
func (l Logged) digest() string {
	line, err := json.Marshal([]any{l.Seq, l.At, l.UserID, l.Actor, l.ActorKind, l.IP, l.RequestID,
		l.Action, l.Kind, l.Record, l.ReleaseKey, l.Sentence, l.Reason, l.Detail, l.Previous})
	if err != nil { // strings and integers always encode
		panic(err)
	}
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// Broken says where the chain does not hold.
type Broken struct {
	Seq int64
	Why string
}

// Error tells the place and the reason.
func (b Broken) Error() string {
	return fmt.Sprintf("the audit chain breaks at entry %d: %s", b.Seq, b.Why)
}

// Verify reads the whole chain and gives the number of entries, or a Broken.
func Verify(tx *db.Tx) (int64, error) {
	previous, count := genesis, int64(0)
	err := each(tx, func(l Logged) error {
		count++
		switch {
		case l.Seq != count:
			return Broken{count, fmt.Sprintf("entry %d follows entry %d", l.Seq, count-1)}
		case l.Previous != previous:
			return Broken{l.Seq, "it does not carry the hash of the entry before"}
		case l.Hash != l.digest():
			return Broken{l.Seq, "its content does not match its hash"}
		}
		previous = l.Hash
		return nil
	})
	return count, err
}

// VerifyRelease checks a release's entries against their hashes, and each
// against the entry that stands before it, and gives their number, or a Broken.
// Whether an entry was taken out elsewhere only Verify tells.
func VerifyRelease(tx *db.Tx, key string) (count int64, err error) {
	for after := int64(0); ; {
		rows, err := linksOf(tx, key, after, batch)
		if err != nil {
			return count, err
		}
		for _, row := range rows {
			after, count = row.Seq, count+1
			if row.Seq == 1 {
				row.Before = genesis
			}
			switch {
			case row.Previous != row.Before:
				return count, Broken{row.Seq, "it does not carry the hash of the entry before"}
			case row.Hash != row.digest():
				return count, Broken{row.Seq, "its content does not match its hash"}
			}
		}
		if len(rows) < batch {
			return count, nil
		}
	}
}
