package deploy

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/state"
)

const (
	// MaxStepFiles bounds what is attached to one step in all.
	MaxStepFiles = 20
	// FilesField is where files are chosen; what is wrong with one is said there.
	FilesField = "files"

	stepSubject = "step"
)

// AttachToStep keeps a file as evidence with a step that the actor works on: its
// holder until it is signed, then whoever may witness it or say that it failed.
// It stays whatever becomes of the step; signing names it by its digest. The same
// bytes again change nothing.
func (s *Service) AttachToStep(ctx context.Context, actor identity.Actor, key string, wave, number int64, name string, body io.Reader) (a *dml.Attachment, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error { // before the first byte is read
		d, err := s.find(tx, actor, key, wave)
		if err != nil {
			return err
		}
		_, _, err = d.attachable(number)
		return err
	})
	if err != nil {
		return nil, err
	}
	file, err := s.tools.Media.TakeFile(ctx, FilesField, name, body)
	if err != nil {
		return nil, err
	}
	err = s.writeWave(ctx, actor, key, wave, 0, identity.ReportRead, func(d *deed) error {
		step, known, err := d.attachable(number)
		if err != nil {
			return err
		}
		for i := range known {
			if k := &known[i]; k.Digest == file.Digest() && k.ByID == actor.UserID && k.CreatedAt >= step.ClaimedAt {
				a = k
				return nil
			}
		}
		a, err = s.tools.Media.Keep(d.tx, file, dml.Attachment{ReleaseID: d.r.ID, Subject: stepSubject, SubjectID: step.ID, About: d.w.Label() + ", " + noun.Lower(step.Label()),
			Link: d.w.RunLink() + "#" + step.Anchor(), ByID: actor.UserID, ByName: actor.Name})
		if err != nil {
			return err
		}
		return d.recordDetail("step.attach", "", a.Told(), "attached %s to %s of %s", a.FileName, step.Label(), d.w.Label())
	})
	return a, err
}

// attachable finds a step to which the actor may attach one more file, and what
// is attached already.
func (d *deed) attachable(number int64) (*Step, []dml.Attachment, error) {
	if err := d.actor.MustBePerson(); err != nil {
		return nil, nil, err
	}
	step, err := findStep(d.tx, d.w.ID, number)
	if err != nil {
		return nil, nil, err
	}
	if !d.actor.Can(identity.StepSign, d.r.ServiceID) && !(step.AwaitsWitness() && d.mayWitness()) {
		return nil, nil, identity.Authorize(d.actor, identity.StepSign, d.r.ServiceID)
	}
	switch {
	case !d.w.State.Live():
		return nil, nil, fault.Refuse("The file was not attached.", d.block("wave.live", "Open the wave", "%s is %s.", d.w.Label(), state.Word(d.w.State)))
	case step.State != StepInProgress:
		return nil, nil, fault.Refuse("The file was not attached.", d.stepBlock(step, "%s is %s; files are attached while somebody works on it.", step.Label(), state.Word(step.State)))
	case step.AwaitsWitness() && step.HolderID == d.actor.UserID:
		return nil, nil, fault.Refuse("The file was not attached.", d.stepBlock(step, "You have signed %s; what you attached is part of it now.", step.Label()))
	case !step.AwaitsWitness() && step.HolderID != d.actor.UserID:
		return nil, nil, d.notYours(step)
	}
	known, err := dml.AttachmentsTo(d.tx, stepSubject, step.ID)
	if err == nil && len(known) >= MaxStepFiles {
		err = wrong("The file was not attached.", FilesField, fmt.Sprintf("A step keeps at most %d files, and this one has them. Pack the rest into one zip file next time.", MaxStepFiles), nil)
	}
	return step, known, err
}

// filesOf gives what is attached to steps, by step.
func filesOf(tx *db.Tx, steps []Step) (map[int64][]dml.Attachment, error) {
	ids := make([]int64, len(steps))
	for i := range steps {
		ids[i] = steps[i].ID
	}
	list, err := dml.AttachmentsTo(tx, stepSubject, ids...)
	files := map[int64][]dml.Attachment{}
	for _, a := range list {
		files[a.SubjectID] = append(files[a.SubjectID], a)
	}
	return files, err
}

// vouched names by their digests the files that the actor attached to a step
// since somebody took it, for the audit entry of what they sign.
func (d *deed) vouched(step *Step) (string, error) {
	files, err := dml.AttachmentsTo(d.tx, stepSubject, step.ID)
	files = slices.DeleteFunc(files, func(a dml.Attachment) bool { return a.ByID != d.actor.UserID || a.CreatedAt < step.ClaimedAt })
	lines := make([]string, len(files))
	for i := range files {
		lines[i] = files[i].Told()
	}
	return strings.Join(lines, "\n"), err
}
