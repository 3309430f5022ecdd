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

// stepSubject is what files are attached to on a run sheet.
const stepSubject = "step"

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
	files := map[int64][]dml.Attachment{}
	for _, a := range list {
		files[a.SubjectID] = append(files[a.SubjectID], a)
	}
	return files, err
}
