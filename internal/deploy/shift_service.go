package deploy

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// ShiftNote is what one shift writes for the next on a wave's run sheet.
// Somebody of the next says that it was read before they work on.
type ShiftNote struct {
	db.Row
	WaveID    int64
	ReleaseID int64
	Text      string
	ByID      int64
	ByName    string
	ReadByID  int64
	ReadBy    string
	ReadAt    db.Time
	CanRead   bool `gorm:"-"` // the viewer may say that it was read
}

// Read tells whether the next shift has read the note.
func (n *ShiftNote) Read() bool { return n.ReadByID != 0 }

// Anchor is the note's place on the run sheet.
func (n *ShiftNote) Anchor() string { return fmt.Sprintf("note-%d", n.ID) }

// LeaveNote writes a note for the next shift.
func (s *Service) LeaveNote(ctx context.Context, actor identity.Actor, key string, wave int64, text string) error {
	return s.onShift(ctx, actor, key, wave, func(d *deed) error {
		var c fault.Check
		text = strings.TrimSpace(text)
		c.Need(text != "" && len(text) <= 4000, "text", "Say how it stands and what to look out for, in at most 4,000 characters.")
		if err := c.Err("The note was not kept."); err != nil {
			return err
		}
		if err := insert(d.tx, &ShiftNote{WaveID: d.w.ID, ReleaseID: d.r.ID, Text: text, ByID: actor.UserID, ByName: actor.Name}); err != nil {
			return err
		}
		return d.record("shift.note", text, "left a note for the next shift on %s", d.w.Label())
	})
}

// ReadNote is the word of the next shift that a note was read. Whoever wrote it
// does not say so.
func (s *Service) ReadNote(ctx context.Context, actor identity.Actor, key string, wave, id int64) error {
	return s.onShift(ctx, actor, key, wave, func(d *deed) error {
		n, err := shiftNote(d.tx, d.w.ID, id)
		if err != nil {
			return err
		}
		switch {
		case n.Read():
			return nil // two of the next shift said so at once
		case n.ByID == actor.UserID:
			return fault.Refuse("The note was not marked as read.", d.noteBlock(n, "You wrote it, so somebody of the next shift says that it was read."))
		}
		n.ReadByID, n.ReadBy, n.ReadAt = actor.UserID, actor.Name, d.tx.Now
		if err := save(d.tx, n); err != nil {
			return err
		}
		return d.record("shift.read", n.Text, "read the note that %s left on %s", n.ByName, d.w.Label())
	})
}

// onShift runs a deed of a person who works on the wave.
func (s *Service) onShift(ctx context.Context, actor identity.Actor, key string, wave int64, fn func(*deed) error) error {
	return s.writeWave(ctx, actor, key, wave, 0, identity.WaveControl, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		return fn(d)
	})
}

func (d *deed) noteBlock(n *ShiftNote, format string, args ...any) fault.Blocker {
	return fault.Blocker{Code: "shift.note", Sentence: fmt.Sprintf(format, args...), Owner: identity.DeploymentStaff.Label(), Link: d.w.RunLink() + "#" + n.Anchor(), Action: "Open the note"}
}

// noteBlockers name the notes that the actor's shift has to read before it takes
// a step: those that others wrote and nobody has read.
func (d *deed) noteBlockers() ([]fault.Blocker, error) {
	notes, err := shiftNotes(d.tx, d.w.ID)
	if err != nil {
		return nil, err
	}
	var list []fault.Blocker
	for i := range notes {
		if n := &notes[i]; !n.Read() && n.ByID != d.actor.UserID {
			list = append(list, d.noteBlock(n, "%s left a note for the next shift, and nobody has read it.", n.ByName))
		}
	}
	return list, nil
}

// notes gives the notes of the wave, the newest first, with what the actor may
// do about each.
func (d *deed) notes() ([]ShiftNote, error) {
	list, err := shiftNotes(d.tx, d.w.ID)
	may := d.mayNote()
	for i := range list {
		list[i].CanRead = may && !list[i].Read() && list[i].ByID != d.actor.UserID
	}
	return list, err
}

func (d *deed) mayNote() bool {
	return d.actor.Kind == identity.PersonKind && d.actor.Can(identity.WaveControl, d.r.ServiceID) && !d.r.State.Over()
}
