package deploy

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

const failuresShown = 5

// Board gives the wave board of a release.
func (s *Service) Board(ctx context.Context, actor identity.Actor, key string) (b *Board, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, 0)
		if err != nil {
			return err
		}
		b, err = d.board()
		return err
	})
	return b, err
}

func (d *deed) board() (*Board, error) {
	b := &Board{Release: d.r, Now: d.tx.Now}
	var err error
	if b.Pulse, err = pulseOf(d.tx, d.r.ID); err != nil { // before what it stands for: a change between is told
		return nil, err
	}
	if b.Digests, err = d.s.digests(d.tx, d.r); err != nil {
		return nil, err
	}
	if b.Decision, err = newestDecision(d.tx, d.r.ID); err != nil {
		return nil, err
	}
	if b.Back, err = openRemediation(d.tx, d.r.ID); err != nil {
		return nil, err
	}
	if b.Override, err = d.s.release.WindowOverrideAt(d.tx, d.r, d.tx.Now); err != nil {
		return nil, err
	}
	if b.Sets, err = d.overrides(); err != nil {
		return nil, err
	}
	if b.Loose, err = unauthorisedAmong(d.tx, d.r.ID); err != nil {
		return nil, err
	}
	steps, err := stepsByWave(d.tx, d.r.ID)
	if err != nil {
		return nil, err
	}
	asked, err := exclusionsAsked(d.tx, d.r.ID)
	if err != nil {
		return nil, err
	}
	next := d.next()
	for i := range d.waves {
		d.w = &d.waves[i]
		view, err := d.view(steps[d.w.ID], i == next, b.Decision)
		if err != nil {
			return nil, err
		}
		for _, t := range asked {
			if t.WaveID == d.w.ID {
				view.Exclusions = append(view.Exclusions, t)
			}
		}
		b.Waves = append(b.Waves, *view)
		b.Progress.Done += view.Verified
		b.Progress.Active += view.Active
		b.Progress.Failed += view.Failed
		b.Progress.Total += view.Counted()
	}
	b.Outages = d.projected()
	b.Can = d.boardCan()
	b.Can.RollOutBack = b.Can.RollOutBack && b.Back == nil
	return b, nil
}

// next is the place of the first wave that has not begun, -1 when all have.
func (d *deed) next() int {
	for i := range d.waves {
		if !d.waves[i].State.Begun() {
			return i
		}
	}
	return -1
}

// view gives the chosen wave as its panel shows it. Blockers cost queries, so
// they are worked out for the next wave alone.
func (d *deed) view(steps []Step, next bool, decision *Decision) (*WaveView, error) {
	w := d.w
	if w.State == WavePlanned || w.State == WaveNoGo {
		n, err := d.taken()
		if err != nil {
			return nil, err
		}
		w.Total = n
	}
	work := handwork(w, steps)
	v := &WaveView{Wave: *w, Next: next, Joins: d.joins(w), ByHand: !w.ByMachine() || len(work) > 0, Replaced: w.State.Live() && d.replaced()}
	if err := d.countOthers(v); err != nil {
		return nil, err
	}
	for _, step := range work {
		if step.Kind == BackOut && w.BackOutAt.IsZero() {
			continue
		}
		v.Steps.Total++
		if step.State.Settled() {
			v.Steps.Settled++
		}
		if step.State == StepFailed {
			v.Steps.Failed++
		}
	}
	v.PastNoReturn = w.State == WaveRemediating && w.BackOutAt.IsZero() && len(passed(d.waves)) > 0 && (decision == nil || decision.CreatedAt.Before(w.RemediatingAt))
	var err error
	if v.Can, err = d.waveCan(); err != nil {
		return nil, err
	}
	if d.actor.Can(identity.WaveGo, d.r.ServiceID) && !d.r.State.Over() && len(d.againstNaming()) == 0 {
		if v.Delegates, err = d.delegates(); err != nil {
			return nil, err
		}
	}
	if v.Files, v.Held, err = d.goFiles(); err != nil {
		return nil, err
	}
	if w.State.Begun() {
		if v.Failures, err = troubled(d.tx, w.ID, failuresShown); err != nil {
			return nil, err
		}
	}
	if v.Withheld, err = d.withheldFrom(); err != nil {
		return nil, err
	}
	if w.Method == MethodDDI && w.State.Live() {
		if v.Awaited, err = awaited(d.tx, w.ID); err != nil {
			return nil, err
		}
	}
	if w.AutoGo || w.AutoBackOut {
		if v.Itself, v.BackBy, err = d.itself(); err != nil {
			return nil, err
		}
	}
	if next {
		err = d.explain(v)
	}
	return v, err
}

// countOthers counts the targets that the wave does not take: those that run
// something newer, before its freeze, and those that were added since.
func (d *deed) countOthers(v *WaveView) error {
	w := d.w
	if w.State == WavePlanned || w.State == WaveNoGo {
		filter, err := w.choice()
		if err != nil {
			return nil // its form says so
		}
		v.Newer, err = countNewer(d.tx, w, filter)
		return err
	}
	if !w.frozen() {
		return nil
	}
	q, err := joiners(d.tx, w, d.earlier())
	if err != nil {
		return err
	}
	return countRows(q, &v.Late)
}

// itself names the policy that lets the wave go by itself, if its plan asks for
// it, and says what goes back by itself when it fails.
func (d *deed) itself() (goes, back string, err error) {
	a, err := d.authority()
	if err != nil {
		return "", "", err
	}
	if a.rule.AutoGo && d.w.AutoGo {
		goes = a.label
	}
	if !d.w.AutoBackOut || !a.rule.AutoBack {
		return goes, "", nil
	}
	back = "when it fails, it is put back by itself by " + a.label
	if a.rule.AutoAll {
		back = "when it crosses its failure threshold, every wave that began is put back by itself, without soak, by " + a.label
	}
	return goes, back, nil
}

func ceilPercent(percent, of int64) int64 { return (percent*of + 99) / 100 }

// explain says what stands in the way of the next wave's next verb.
func (d *deed) explain(v *WaveView) (err error) {
	switch d.w.State {
	case WavePlanned, WaveNoGo:
		v.BlockersFor = "be ready"
		v.Blockers, err = d.readyBlockers()
	case WaveReady:
		v.BlockersFor = "go"
		v.Blockers, err = d.goBlockers()
	case WaveGo:
		v.BlockersFor = "start"
		v.Blockers, err = d.startBlockers()
	}
	v.Blockers = butHashing(v.Blockers)
	return err
}

func (d *deed) waveCan() (WaveCan, error) {
	w, r := d.w, d.r
	can := func(p identity.Permission) bool { return d.actor.Can(p, r.ServiceID) && !r.State.Over() }
	plan, give, control, report := can(identity.WavePlan), can(identity.WaveGo), can(identity.WaveControl), can(identity.TargetReport)
	stands, err := d.delegated()
	give = give || stands && !r.State.Over()
	says := func(verb WaveVerb) bool { return waveMoves.Allows(w.State, verb) }
	person := d.actor.Kind == identity.PersonKind
	stoppable := w.State == WaveRunning || w.State == WaveVerifying || w.State == WavePaused
	deploying := r.State == release.Deploying || r.State == release.Paused
	backingOut := w.State == WaveRemediating && !w.BackOutAt.IsZero()
	c := WaveCan{
		Edit: plan && w.State == WavePlanned, Remove: plan && w.State == WavePlanned,
		Ready: plan && says(WaveVerbReady), Go: give && person && says(WaveVerbGo), NoGo: give && person && says(WaveVerbNoGo),
		Replan: plan && says(WaveVerbReplan), Start: control && says(WaveVerbStart),
		Pause: control && says(WaveVerbPause), Resume: control && says(WaveVerbResume) && r.State == release.Deploying, Fail: control && stoppable,
		Remediate: control && (stoppable || says(WaveVerbRemediate)) && (deploying || r.State == release.EarlyLife || r.State == release.Remediating),
		Retry:     control && says(WaveVerbRetry) && w.BackOutAt.IsZero(), BackOut: control && person && says(WaveVerbRollBack) && w.BackOutAt.IsZero(),
		Confirm: control && person && w.Health == policy.HealthNote && w.HealthAt.IsZero() && w.Soaked(d.tx.Now),
		Report:  report && reports(w) && deploying, ReportRolledBack: report && backingOut,
		Exclude: person && excluderRole(d.actor, r.ServiceID, "") != "" && w.Open()+w.Failed > 0 && excludes(w),
		Run:     w.State.Live(),
	}
	if c.Edit {
		c.MoveUp, c.MoveDown = d.plannedAt(w.Number-1), d.plannedAt(w.Number+1)
	}
	return c, err
}

func (d *deed) plannedAt(number int64) bool {
	for _, w := range d.waves {
		if w.Number == number {
			return w.State == WavePlanned
		}
	}
	return false
}

func (d *deed) boardCan() BoardCan {
	r := d.r
	can := func(p identity.Permission) bool { return d.actor.Can(p, r.ServiceID) && !r.State.Over() }
	remediating := r.State == release.Remediating
	open := 0 // waves that began and are not rolled back
	began := 0
	for _, w := range d.waves {
		if w.State.Begun() {
			began++
			if w.State != WaveRolledBack {
				open++
			}
		}
	}
	d.w = nil
	return BoardCan{
		AddWave: can(identity.WavePlan), Pause: can(identity.WaveControl) && r.State == release.Deploying, Resume: can(identity.WaveControl) && r.State == release.Paused,
		DecideRollback: can(identity.RollbackDecide) && remediating && len(passed(d.waves)) > 0 && d.actor.Kind == identity.PersonKind,
		RollBack:       can(identity.WaveGo) && remediating && began > 0 && open == 0,
		RollOutBack:    can(identity.WaveGo) && d.actor.Kind == identity.PersonKind && open > 0 && (remediating || r.State == release.Deploying || r.State == release.Paused || r.State == release.EarlyLife),
		Redeploy:       can(identity.WaveGo) && remediating && len(d.othersBroken()) == 0,
	}
}
