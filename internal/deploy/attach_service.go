package deploy

import (
	"context"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/state"
)

// What files are attached to in this room: a step of a run sheet, and the word
// on go for a wave.
const (
	stepSubject = "step"
	goSubject   = "go"
)

// AttachToGo keeps a file as evidence of the go that the actor is about to give
// for a wave, or to refuse: whoever may, until the wave starts.
func (s *Service) AttachToGo(ctx context.Context, actor identity.Actor, key string, wave int64, name string, body io.Reader) error {
	_, err := s.tools.Media.KeepFile(ctx, actor, name, body, func(tx *db.Tx) (desk dml.Desk, err error) {
		d, err := s.find(tx, actor, key, wave)
		if err != nil {
			return desk, err
		}
		if _, err := d.mayGo(); err != nil {
			return desk, err
		}
		if d.r.State.Over() || !waveMoves.Allows(d.w.State, WaveVerbNoGo) {
			return desk, fault.Refuse("The file was not attached.", d.block("wave.go", "Open the wave", "%s is %s; files are attached while go is given or refused.", d.w.Label(), state.Word(d.w.State)))
		}
		return d.desk("go.attach", goSubject, d.w.ID, "go or no go for "+d.w.Label(), d.w.Link()), nil
	})
	return err
}

// goFiles gives the files of the last word on go for the wave, and those that the
// viewer attached and has not said anything of yet. Those of all waves are read
// at once.
func (d *deed) goFiles() (given, held []dml.Attachment, err error) {
	if d.files == nil {
		ids := make([]int64, len(d.waves))
		for i := range d.waves {
			ids[i] = d.waves[i].ID
		}
		if d.files, err = dml.AttachmentsTo(d.tx, goSubject, ids...); err != nil {
			return nil, nil, err
		}
		d.files = append([]dml.Attachment{}, d.files...)
	}
	w, its := d.w, dml.To(d.files, goSubject, d.w.ID)
	switch {
	case !w.GoAt.IsZero() && w.GoAt > w.NoGoAt:
		given = dml.Said(its, w.GoByID, w.GoAt)
	case !w.NoGoAt.IsZero():
		given = dml.Said(its, w.NoGoByID, w.NoGoAt)
	}
	return given, dml.Said(its, d.actor.UserID, 0), nil
}

// AttachToStep keeps a file as evidence with a step that the actor works on: its
// holder until it is signed, then whoever may witness it or say that it failed.
func (s *Service) AttachToStep(ctx context.Context, actor identity.Actor, key string, wave, number int64, name string, body io.Reader) (*dml.Attachment, error) {
	return s.tools.Media.KeepFile(ctx, actor, name, body, func(tx *db.Tx) (desk dml.Desk, err error) {
		d, err := s.find(tx, actor, key, wave)
		if err != nil {
			return desk, err
		}
		step, err := d.attachable(number)
		if err != nil {
			return desk, err
		}
		return d.desk("step.attach", stepSubject, step.ID, d.w.Label()+", "+noun.Lower(step.Label()), d.w.RunLink()+"#"+step.Anchor()), nil
	})
}

// desk takes in files of the wave, and tells those who watch once one is kept.
func (d *deed) desk(action, subject string, id int64, about, link string) dml.Desk {
	releaseID := d.r.ID
	d.tx.AfterCommit(func() { d.s.news.stir(releaseID); d.s.toldAll(d) })
	return dml.Desk{ReleaseID: releaseID, Subject: subject, SubjectID: id, About: about, Link: link, Entry: d.entry(action)}
}

// attachable finds a step to which the actor may attach files.
func (d *deed) attachable(number int64) (*Step, error) {
	step, err := findStep(d.tx, d.w.ID, number)
	if err != nil {
		return nil, err
	}
	if !d.actor.Can(identity.StepSign, d.r.ServiceID) && !(step.AwaitsWitness() && d.mayWitness()) {
		return nil, identity.Authorize(d.actor, identity.StepSign, d.r.ServiceID)
	}
	switch {
	case !d.w.State.Live():
		err = fault.Refuse("The file was not attached.", d.block("wave.live", "Open the wave", "%s is %s.", d.w.Label(), state.Word(d.w.State)))
	case step.State != StepInProgress:
		err = fault.Refuse("The file was not attached.", d.stepBlock(step, "%s is %s; files are attached while somebody works on it.", step.Label(), state.Word(step.State)))
	case step.AwaitsWitness() && step.HolderID == d.actor.UserID:
		err = fault.Refuse("The file was not attached.", d.stepBlock(step, "You have signed %s; what you attached is part of it now.", step.Label()))
	case !step.AwaitsWitness() && step.HolderID != d.actor.UserID:
		err = d.notYours(step)
	}
	return step, err
}

// filesOf gives what is attached to steps, by step.
func filesOf(tx *db.Tx, steps []Step) (map[int64][]dml.Attachment, error) {
	ids := make([]int64, len(steps))
	for i := range steps {
		ids[i] = steps[i].ID
	}
	list, err := dml.AttachmentsTo(tx, stepSubject, ids...)
	return dml.ByRow(list), err
}
