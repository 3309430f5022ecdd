package deploy

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// RunSheet gives a wave as deployment staff work on it.
func (s *Service) RunSheet(ctx context.Context, actor identity.Actor, key string, number int64) (sheet *RunSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, number)
		if err != nil {
			return err
		}
		sheet, err = d.sheet()
		return err
	})
	return sheet, err
}

func (d *deed) sheet() (*RunSheet, error) {
	pulse, err := pulseOf(d.tx, d.r.ID)
	if err != nil {
		return nil, err
	}
	steps, err := stepsOf(d.tx, d.w.ID)
	if err != nil {
		return nil, err
	}
	decision, err := newestDecision(d.tx, d.r.ID)
	if err != nil {
		return nil, err
	}
	next := d.next()
	view, err := d.view(steps, next >= 0 && d.waves[next].ID == d.w.ID, decision)
	if err != nil {
		return nil, err
	}
	page, err := d.targetPage(TargetQuery{}, undecided)
	if err != nil {
		return nil, err
	}
	sheet := &RunSheet{Release: d.r, Pulse: pulse, Wave: *view, Digests: page.Digests, Targets: *page, Now: d.tx.Now}
	if sheet.Notes, err = d.notes(); err != nil {
		return nil, err
	}
	sheet.CanNote = d.mayNote()
	files, err := filesOf(d.tx, steps)
	for i := range steps {
		v := d.stepView(&steps[i], steps)
		v.Files = files[v.ID]
		sheet.Steps = append(sheet.Steps, v)
	}
	sheet.Late = late(d.w, handwork(d.w, steps), d.tx.Now)
	return sheet, err
}

// late says by how many minutes the run sheet is behind its plan: by the last
// step that was done, or by the one that should be done by now.
func late(w *Wave, steps []Step, now db.Time) int64 {
	var minutes int64
	if w.StartedAt.IsZero() {
		return 0
	}
	for _, s := range steps {
		switch {
		case s.PlannedEnd.IsZero():
		case s.State.Settled():
			minutes = int64(s.EndedAt.Sub(s.PlannedEnd).Minutes())
		case now.After(s.PlannedEnd):
			return max(minutes, int64(now.Sub(s.PlannedEnd).Minutes()))
		default:
			return minutes
		}
	}
	return minutes
}

func (d *deed) stepView(step *Step, all []Step) StepView {
	actor, r, w := d.actor, d.r, d.w
	v := StepView{Step: *step, ByMachine: step.byMachine(w), Mine: actor.Kind == identity.PersonKind && step.HolderID != 0 && step.HolderID == actor.UserID}
	if step.State == StepWaiting && !v.ByMachine {
		v.Waits = slices.DeleteFunc(step.Needs(all), func(s Step) bool { return s.State.Settled() })
	}
	v.CanEdit = w.State == WavePlanned && actor.Can(identity.WavePlan, r.ServiceID) && !r.State.Over()
	if actor.Kind != identity.PersonKind || !w.State.Live() {
		return v
	}
	says := func(verb StepVerb) bool { return stepMoves.Allows(step.State, verb) }
	signs, controls, works := actor.Can(identity.StepSign, r.ServiceID), actor.Can(identity.WaveControl, r.ServiceID), d.workable(step.Kind) == nil
	v.CanClaim = signs && works && says(StepVerbClaim)
	v.CanHandBack = controls && says(StepVerbHandBack) && !step.AwaitsWitness() && (v.Mine || w.leads(actor))
	v.CanSign = signs && v.Mine && says(StepVerbComplete) && !step.AwaitsWitness()
	v.CanWitness = step.AwaitsWitness() && !v.Mine && d.mayWitness()
	v.CanFail = signs && says(StepVerbFail) && (v.Mine || step.AwaitsWitness())
	v.CanRetry = controls && works && says(StepVerbRetry)
	v.Skip = controls && works && w.leads(actor) && says(StepVerbSkip)
	return v
}

// undecided are the states of targets without a verdict, and those in trouble.
var undecided = slices.DeleteFunc(TargetStates(), func(s TargetState) bool {
	return s == TargetVerified || s == TargetExcluded || s == TargetRolledBack
})

// WaveTargets gives a page of a wave's targets.
func (s *Service) WaveTargets(ctx context.Context, actor identity.Actor, key string, number int64, q TargetQuery) (page *TargetPage, err error) {
	var states []TargetState
	if q.State != "" {
		if !slices.Contains(TargetStates(), q.State) {
			return nil, fault.New(fault.Invalid, "There is no state %q.", q.State)
		}
		states = []TargetState{q.State}
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, number)
		if err != nil {
			return err
		}
		if page, err = d.targetPage(q, states); err != nil {
			return err
		}
		page.Counts, err = countStates(tx, d.w.ID)
		return err
	})
	return page, err
}

// WaveTarget gives one target of a wave, alone on its page.
func (s *Service) WaveTarget(ctx context.Context, actor identity.Actor, key string, number int64, targetKey string) (page *TargetPage, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, number)
		if err != nil {
			return err
		}
		t, err := findWaveTarget(tx, d.w.ID, targetKey)
		if err != nil {
			return err
		}
		if err := s.veil(tx, actor).waveTarget(t); err != nil {
			return err
		}
		page = &TargetPage{Release: d.r, Wave: *d.w, Targets: []TargetView{d.targetView(*t)}, Opens: actor.Can(identity.ReportRead, 0)}
		if err := d.withActions(page.Targets); err != nil {
			return err
		}
		page.Digests, err = s.digests(tx, d.r)
		return err
	})
	return page, err
}

func (d *deed) targetPage(q TargetQuery, states []TargetState) (*TargetPage, error) {
	limit := pageLimit(q.Limit)
	page := &TargetPage{Release: d.r, Wave: *d.w}
	list, err := listWaveTargets(d.tx, d.w.ID, q, states, limit+1)
	if err != nil {
		return nil, err
	}
	if page.Digests, err = d.s.digests(d.tx, d.r); err != nil {
		return nil, err
	}
	if len(list) > limit {
		list = list[:limit]
		page.Next = list[limit-1].cursor()
	}
	veil := d.s.veil(d.tx, d.actor)
	for _, t := range list {
		if err := veil.waveTarget(&t); err != nil {
			return nil, err
		}
		page.Targets = append(page.Targets, d.targetView(t))
	}
	return page, d.withActions(page.Targets)
}

func reports(w *Wave) bool  { return slices.Contains(reportable, w.State) }
func excludes(w *Wave) bool { return slices.Contains(excludable, w.State) }

func (d *deed) targetView(t WaveTarget) TargetView {
	actor, r, w := d.actor, d.r, d.w
	v := TargetView{WaveTarget: t}
	if r.State.Over() {
		return v
	}
	report := actor.Can(identity.TargetReport, r.ServiceID)
	_, bad := route(t.Delivery, "", t.State, toVerified)
	v.CanVerify = report && reports(w) && bad == nil
	v.CanFail = report && reports(w) && t.canBe(TargetFail)
	v.CanRetry = actor.Can(identity.WaveControl, r.ServiceID) && r.State == release.Deploying && t.canBe(TargetRetry) && (w.State == WaveRunning || w.State == WaveVerifying || w.State == WaveComplete)
	v.CanRollBack = report && w.State == WaveRemediating && !w.BackOutAt.IsZero() && t.canBe(TargetRollBack)
	may := excludes(w) && t.canBe(TargetExclude) && excluderRole(actor, r.ServiceID, "") != ""
	v.CanAskExclusion = may && !t.ExclusionAsked()
	v.CanRefuseExclusion = may && t.ExclusionAsked()
	v.CanConfirmExclusion = may && t.ExclusionAsked() && actor.UserID != t.ExcludeAskedByID && excluderRole(actor, r.ServiceID, identity.Role(t.ExcludeAskedAs)) != ""
	return v
}
