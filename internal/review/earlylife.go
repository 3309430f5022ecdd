// Package review carries a release from going live to being closed: early life
// support, knowledge transfer, handover to operations, value measured live, and
// the post-implementation review.
//
// Its one theme is the independent receiver: whoever gives, deploys or asks is
// never the one who confirms, accepts or agrees.
package review

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/noun"
	"slipway/internal/state"
)

// ElsState is where early life support stands.
type ElsState string

// The states of early life support.
const (
	Active        ElsState = "Active"
	ExitRequested ElsState = "ExitRequested"
	Accepted      ElsState = "Accepted"
	Extended      ElsState = "Extended"
)

// ElsVerb moves early life support.
type ElsVerb string

// The lead requests, operations accepts or extends; a second go-live restarts.
const (
	VerbRequest ElsVerb = "request-exit"
	VerbAccept  ElsVerb = "accept"
	VerbExtend  ElsVerb = "extend"
	VerbRestart ElsVerb = "restart"
)

var elsStates = []ElsState{Active, ExitRequested, Accepted, Extended}

var elsMoves = state.Table[ElsState, ElsVerb]{
	{Active, VerbRequest, ExitRequested}, {Extended, VerbRequest, ExitRequested},
	{ExitRequested, VerbAccept, Accepted}, {ExitRequested, VerbExtend, Extended},
	{Active, VerbRestart, Active}, {ExitRequested, VerbRestart, Active}, {Extended, VerbRestart, Active},
}

// Scan refuses states this program does not know.
func (s *ElsState) Scan(src any) error { return state.ScanWord(s, src, elsStates) }

// Verbs lists what can be done in this state.
func (s ElsState) Verbs() []ElsVerb { return elsMoves.Verbs(s) }

// EarlyLife is the support of a release from its going live until operations
// accepts it as a service like any other.
type EarlyLife struct {
	db.Row
	ReleaseID     int64
	ReleaseKey    string
	ServiceID     int64
	State         ElsState
	Digest        string // the package that went live
	StartedAt     db.Time
	Days          int64 // agreed days of stable service
	ExtraDays     int64
	LeadID        int64
	LeadName      string
	UsersNote     string
	UsersBy       string
	UsersAt       db.Time
	TrainingNote  string
	TrainingBy    string
	TrainingAt    db.Time
	ContractsNote string
	ContractsBy   string
	ContractsAt   db.Time
	RequestedByID int64
	RequestedBy   string
	RequestedAt   db.Time
	DecidedByID   int64
	DecidedBy     string
	DecidedAt     db.Time
	Reason        string
}

// TableName is the table of early life support.
func (EarlyLife) TableName() string { return "early_lives" }

// Length is the number of days agreed, with every extension.
func (e *EarlyLife) Length() int64 { return e.Days + e.ExtraDays }

// Day gives the running day of early life support at a moment, from 1.
func (e *EarlyLife) Day(at db.Time) int64 {
	if at.Before(e.StartedAt) {
		return 0
	}
	return int64(at.Sub(e.StartedAt)/(24*time.Hour)) + 1
}

// EndsAt is the end of the agreed days.
func (e *EarlyLife) EndsAt() db.Time {
	return e.StartedAt.Add(time.Duration(e.Length()) * 24 * time.Hour)
}

// Point is one exit criterion that a person attests.
type Point string

// What is attested rather than measured.
const (
	UsersCanWork      Point = "users"
	TrainingComplete  Point = "training"
	ContractsComplete Point = "contracts"
)

func (e *EarlyLife) attest(point Point, note, by string, at db.Time) error {
	note = strings.TrimSpace(note)
	if note == "" || len(note) > maxText {
		return invalid("note", "Say what shows it, in a sentence or more.", "The statement was not recorded.")
	}
	switch point {
	case UsersCanWork:
		e.UsersNote, e.UsersBy, e.UsersAt = note, by, at
	case TrainingComplete:
		e.TrainingNote, e.TrainingBy, e.TrainingAt = note, by, at
	case ContractsComplete:
		e.ContractsNote, e.ContractsBy, e.ContractsAt = note, by, at
	default:
		return invalid("point", "Choose what you state.", "The statement was not recorded.")
	}
	return nil
}

// request is the lead's asking. Blockers are whatever the exit still lacks.
func (e *EarlyLife) request(by who, blockers []fault.Blocker) error {
	to, err := elsMoves.Next("Early life support", e.State, VerbRequest)
	if err != nil {
		return err
	}
	if err := fault.Refuse("Early life support cannot end yet.", blockers...); err != nil {
		return err
	}
	e.State = to
	e.RequestedByID, e.RequestedBy, e.RequestedAt = by.id, by.name, by.at
	return nil
}

// accept is operations' word. The criteria are judged again, because days may
// have passed since the lead asked.
func (e *EarlyLife) accept(by who, blockers []fault.Blocker) error {
	to, err := elsMoves.Next("Early life support", e.State, VerbAccept)
	if err != nil {
		return err
	}
	if by.id == e.RequestedByID {
		blockers = append(blockers, fault.Blocker{Code: "els.independent", Owner: "Operations",
			Sentence: "You asked for this exit yourself. Somebody else in operations accepts it."})
	}
	if by.id == e.LeadID && by.id != e.RequestedByID {
		blockers = append(blockers, fault.Blocker{Code: "els.independent", Owner: "Operations",
			Sentence: "You lead this early life support. Somebody else in operations accepts its end."})
	}
	if err := fault.Refuse("Early life support cannot be accepted.", blockers...); err != nil {
		return err
	}
	e.State, e.Reason = to, ""
	e.DecidedByID, e.DecidedBy, e.DecidedAt = by.id, by.name, by.at
	return nil
}

// extend is operations' no, with the reason and more days.
func (e *EarlyLife) extend(by who, days int64, reason string) error {
	to, err := elsMoves.Next("Early life support", e.State, VerbExtend)
	if err != nil {
		return err
	}
	var c fault.Check
	reason = strings.TrimSpace(reason)
	c.Need(reason != "" && len(reason) <= maxText, "reason", "Say why early life support goes on.")
	c.Need(days >= 1 && days <= 90, "days", "Enter how many days more, 1 to 90.")
	if err := c.Err("Early life support was not extended."); err != nil {
		return err
	}
	e.State, e.ExtraDays, e.Reason = to, e.ExtraDays+days, reason
	e.DecidedByID, e.DecidedBy, e.DecidedAt = by.id, by.name, by.at
	return nil
}

// restart begins again after another package went live: nothing attested of the
// old one holds for the new one.
func (e *EarlyLife) restart(digest string, days int64, at db.Time) error {
	to, err := elsMoves.Next("Early life support", e.State, VerbRestart)
	if err != nil {
		return err
	}
	*e = EarlyLife{Row: e.Row, ReleaseID: e.ReleaseID, ReleaseKey: e.ReleaseKey, ServiceID: e.ServiceID, LeadID: e.LeadID, LeadName: e.LeadName,
		State: to, Digest: digest, StartedAt: at, Days: days}
	return nil
}

// Shift is one line of the roster. Days count from the going live, because the
// roster is agreed before anybody knows that moment.
type Shift struct {
	db.Row
	ReleaseID  int64
	Day        int64
	Shift      string
	PersonID   int64
	PersonName string
	Contact    string
}

// TableName is the table of shifts.
func (Shift) TableName() string { return "roster_shifts" }

// uncovered lists the days of early life support on which nobody is rostered.
func uncovered(roster []Shift, days int64) []int64 {
	covered := map[int64]bool{}
	for _, shift := range roster {
		covered[shift.Day] = true
	}
	var open []int64
	for day := int64(1); day <= days; day++ {
		if !covered[day] {
			open = append(open, day)
		}
	}
	return open
}

// ServiceDay is the service levels of one day of early life support.
type ServiceDay struct {
	db.Row
	ReleaseID int64
	Day       int64
	Stable    bool
	Levels    string
	Note      string
	ByID      int64
	ByName    string
}

// stableRun counts the unbroken stable days up to the newest recorded one. A day
// that nobody recorded breaks the run: unknown is not stable.
func stableRun(days []ServiceDay) int64 {
	stable, newest := map[int64]bool{}, int64(0)
	for _, day := range days {
		stable[day.Day] = day.Stable
		newest = max(newest, day.Day)
	}
	run := int64(0)
	for day := newest; day >= 1 && stable[day]; day-- {
		run++
	}
	return run
}

// stability says what the recorded days still lack: as many stable days in a row
// as were agreed, the last of them not before the end of any extension, and none
// since then left unrecorded.
func (e *EarlyLife) stability(days []ServiceDay, now db.Time) (ok bool, detail string) {
	run, newest := stableRun(days), int64(0)
	for _, day := range days {
		newest = max(newest, day.Day)
	}
	detail = fmt.Sprintf("%s in a row of %d agreed", noun.Count(run, "stable day"), e.Days)
	switch today := e.Day(now); {
	case run < e.Days:
		return false, detail
	case newest < e.Length():
		return false, fmt.Sprintf("day %d of %d is recorded", newest, e.Length())
	case e.Days > 0 && newest < today-1:
		return false, fmt.Sprintf("nothing is recorded since day %d; today is day %d", newest, today)
	}
	return true, detail
}

// who is a person at a moment.
type who struct {
	id   int64
	name string
	at   db.Time
}

const maxText = 20000

func invalid(field, message, summary string) error {
	return &fault.Fault{Kind: fault.Invalid, Message: summary, Fields: []fault.Field{{Name: field, Message: message}}}
}
