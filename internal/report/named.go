package report

import (
	"fmt"

	"slipway/internal/policy"
	"slipway/internal/review"
)

// plansInAgreement are the plans that want the actor's own word.
func plansInAgreement(d *desk) (tasks []Task, err error) {
	list, err := d.s.rooms.Plan.Waiting(d.ctx, d.actor)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, p := range list {
		ids[i] = p.ReleaseID
	}
	seen, err := d.visible(ids)
	for _, p := range list {
		r, ok := seen[p.ReleaseID]
		if !ok || len(tasks) == longest || p.SubmittedByID == d.actor.UserID || over(r.State) {
			continue
		}
		tasks = append(tasks, Task{Family: "active", Title: fmt.Sprintf("Agree to plan v%d of %s", p.Number, r.Title), Release: r.ReleaseKey,
			Why: p.SubmittedBy + " asks for your agreement", Href: p.Link(), Action: "Read and agree"})
	}
	return tasks, err
}

func over(state string) bool { return state == "Closed" || state == "Cancelled" }

// quarantine is the media that the actor may accept or reject.
func quarantine(d *desk) (tasks []Task, err error) {
	list, err := d.s.rooms.DML.Queue(d.ctx, d.actor, longest)
	for _, v := range list {
		if v.MayDecide {
			tasks = append(tasks, Task{Family: "active", Title: "Accept or reject " + v.Title(), Why: "In quarantine, submitted by " + v.SubmitterName, Href: "/dml/quarantine", Action: "Decide"})
		}
	}
	return tasks, err
}

// policiesToApprove are drafts that wait for the owner of their services.
func policiesToApprove(d *desk) ([]Task, error) {
	return d.policies(policy.Approve, func(s *policy.Sheet) (policy.Deed, Task) {
		return s.Approval, Task{Title: fmt.Sprintf("Approve version %d of %s", s.Waiting.Number, s.Policy.Name), Why: "Written by " + s.Waiting.AuthorName, Action: "Read and approve"}
	})
}

// policiesToActivate are approved and not yet in force.
func policiesToActivate(d *desk) ([]Task, error) {
	return d.policies(policy.Activate, func(s *policy.Sheet) (policy.Deed, Task) {
		return s.Activation, Task{Title: fmt.Sprintf("Put version %d of %s into force", s.Waiting.Number, s.Policy.Name), Why: "Approved by " + s.Waiting.ApproverName, Action: "Put into force"}
	})
}

func (d *desk) policies(verb policy.Verb, read func(*policy.Sheet) (policy.Deed, Task)) (tasks []Task, err error) {
	all, err := d.s.rooms.Policy.Overview(d.ctx, d.actor)
	if err != nil {
		return nil, err
	}
	for _, e := range all.Entries {
		if e.Waiting == nil || !e.Waiting.State.Allows(verb) || len(tasks) == longest {
			continue
		}
		sheet, err := d.s.rooms.Policy.Sheet(d.ctx, d.actor, e.Policy.Key, e.Waiting.Number)
		if err != nil {
			return nil, err
		}
		deed, task := read(sheet)
		if !deed.Offered || len(deed.Reasons) > 0 {
			continue
		}
		task.Family, task.Href = "active", e.Waiting.Link()
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// modelsToApprove are drafts of models that somebody else wrote.
func modelsToApprove(d *desk) (tasks []Task, err error) {
	all, err := d.s.rooms.Policy.ModelOverview(d.ctx, d.actor)
	if err != nil {
		return nil, err
	}
	for _, e := range all.Entries {
		if e.Waiting == nil || len(tasks) == longest {
			continue
		}
		sheet, err := d.s.rooms.Policy.ModelSheet(d.ctx, d.actor, e.Model.Key, e.Waiting.Number)
		if err != nil {
			return nil, err
		}
		if sheet.Approval.Offered && len(sheet.Approval.Reasons) == 0 {
			tasks = append(tasks, Task{Family: "active", Title: fmt.Sprintf("Approve version %d of the model %s", e.Waiting.Number, e.Model.Name), Why: "Written by " + e.Waiting.AuthorName,
				Href: e.Waiting.Link(), Action: "Read and approve"})
		}
	}
	return tasks, nil
}

// reviewActions are what reviews gave the actor to do; they outlive the release.
func reviewActions(d *desk) (tasks []Task, err error) {
	list, err := d.s.rooms.Review.OpenActions(d.tx, d.actor, longest)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, a := range list {
		ids[i] = a.ReleaseID
	}
	seen, err := d.visible(ids)
	for _, a := range list {
		if _, ok := seen[a.ReleaseID]; ok {
			tasks = append(tasks, Task{Family: "active", Title: "Action of the review: " + a.Title, Release: a.ReleaseKey, Why: fmt.Sprintf("Action %d, owned by you", a.Number),
				Href: "/releases/" + a.ReleaseKey + "/handover#actions", Action: "Close action", Due: a.Due})
		}
	}
	return tasks, err
}

func transfersToConfirm(d *desk) ([]Task, error) {
	return d.transfers(func(t *review.Transfer) (Task, bool) {
		return Task{Title: t.Topic, Why: fmt.Sprintf("%s, revision %s. %s gives, you receive. Confirm when you can do it alone.", t.Material, t.Revision, t.GiverName), Action: "Confirm or ask to repeat"},
			t.State == review.TransferDelivered && t.ReceiverID == d.actor.UserID
	})
}

func transfersToGive(d *desk) ([]Task, error) {
	return d.transfers(func(t *review.Transfer) (Task, bool) {
		why := "You give, " + nobody(t.ReceiverName) + " receives"
		if t.State == review.TransferRepeat {
			why = nobody(t.ReceiverName) + " asks for it again: " + shorten(t.DecidedNote, 100)
		}
		return Task{Title: "Pass on “" + t.Topic + "”", Why: why, Action: "Say it was delivered"}, t.State != review.TransferDelivered && t.GiverID == d.actor.UserID
	})
}

func (d *desk) transfers(read func(*review.Transfer) (Task, bool)) (tasks []Task, err error) {
	list, err := d.s.rooms.Review.Waiting(d.tx, d.actor, longest)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, t := range list {
		ids[i] = t.ReleaseID
	}
	seen, err := d.visible(ids)
	for i := range list {
		t := &list[i]
		r, ok := seen[t.ReleaseID]
		task, mine := read(t)
		if !ok || !mine || over(r.State) {
			continue
		}
		task.Family, task.Release, task.Due, task.Href = "active", t.ReleaseKey, t.Due, "/releases/"+t.ReleaseKey+"/handover#transfer"
		tasks = append(tasks, task)
	}
	return tasks, err
}
