package build

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// Rehearsal is a try of the back-out: who did it, where, on which package, and
// the second person who saw it work.
type Rehearsal struct {
	db.Row
	ReleaseID      int64
	ReleaseKey     string
	Number         int64
	PackageVersion int64
	PackageDigest  string
	Environment    string
	Result         Result
	Minutes        int64
	Notes          string
	ByID           int64
	ByName         string
	RehearsedAt    db.Time
	WitnessID      int64
	WitnessName    string
	WitnessedAt    db.Time
	WitnessNote    string
}

// Counts tells whether the rehearsal stands as evidence for this package.
func (r *Rehearsal) Counts(digest string) bool {
	return digest != "" && r.Result == Succeeded && r.WitnessID != 0 && r.PackageDigest == digest
}

// RehearsalRecord is what somebody enters about a rehearsal.
type RehearsalRecord struct {
	Environment string
	Result      Result
	Minutes     int64
	Notes       string
	RehearsedAt db.Time
}

func (in *RehearsalRecord) validate(now db.Time) error {
	var c fault.Check
	in.Environment, in.Notes = strings.TrimSpace(in.Environment), strings.TrimSpace(in.Notes)
	c.Need(in.Environment != "" && len(in.Environment) <= 200, "environment", "Name the environment the back-out was rehearsed in.")
	c.Need(in.Result == Succeeded || in.Result == Failed, "result", "Choose how the rehearsal ended.")
	c.Need(in.Minutes > 0 && in.Minutes <= 10000, "minutes", "Enter how many minutes the back-out took.")
	c.Need(in.Notes != "" && len(in.Notes) <= maxText, "notes", "Say what was done and what was seen.")
	c.Need(!in.RehearsedAt.After(now), "rehearsed_at", "A rehearsal is recorded after it happened.")
	return c.Err("The rehearsal was not recorded.")
}

// witness adds the second person. Whoever rehearsed cannot be that person.
func (r *Rehearsal) witness(by judgeBy, note string) error {
	switch {
	case r.WitnessID != 0:
		return fault.New(fault.Refused, "%s has witnessed this rehearsal already.", r.WitnessName)
	case r.ByID == by.userID:
		return fault.New(fault.Refused, "You rehearsed this back-out yourself. Its witness must be somebody else.")
	}
	r.WitnessID, r.WitnessName, r.WitnessedAt, r.WitnessNote = by.userID, by.name, by.at, strings.TrimSpace(note)
	return nil
}
