package deploy

import (
	"fmt"
	"net/url"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/internal/state"
)

// Findings is what deployment tells a gate: before A4, whether the waves can be
// carried out; before A5, whether every target is settled.
func (s *Service) Findings(tx *db.Tx, r *release.Release, gate release.GateCode) ([]release.Finding, error) {
	if gate != release.A4 && gate != release.A5 {
		return nil, nil
	}
	waves, err := wavesOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	d := &deed{s: s, tx: tx, r: r, waves: waves}
	if gate == release.A5 {
		return []release.Finding{d.settledFinding()}, nil
	}
	planned, err := d.plannedFinding()
	if err != nil {
		return nil, err
	}
	steps, staffed, err := d.sheetFindings()
	if err != nil {
		return nil, err
	}
	drift, err := d.driftFinding()
	return []release.Finding{planned, steps, staffed, d.outageFinding(), drift}, err
}

// minded is a finding of an area of readiness: what is in the way of nothing, but
// has somebody mind it, is a concern.
func (d *deed) minded(area string, f release.Finding) release.Finding {
	if f.Area = area; f.State == release.Unmet {
		f.State = release.Concern
	}
	return f
}

// outageFinding says for how long the service is away, and which wave does not
// state it.
func (d *deed) outageFinding() release.Finding {
	var list []fault.Blocker
	if len(d.waves) == 0 {
		list = d.noWaves()
	}
	for i := range d.waves {
		if d.w = &d.waves[i]; !d.w.away().OutageStated {
			b := d.block("deploy.outage", "State it", "%s does not state for how long the service is interrupted.", d.w.Label())
			b.Link = d.r.Link("waves", fmt.Sprint(d.w.Number), "edit") + "#f-wave-outage"
			list = append(list, b)
		}
	}
	d.w = nil
	met := "No wave interrupts the service."
	if outages := d.projected(); len(outages) > 0 {
		var minutes int64
		for _, o := range outages {
			minutes += o.Minutes
		}
		met = fmt.Sprintf("Up to %s in %s.", noun.Count(minutes, "minute"), noun.Count(len(outages), "window"))
	}
	return d.minded("communication", d.finding("deploy.outage", "The outage of the service is projected", met, "Open the waves", list))
}

// driftFinding says which of the targets that the waves take report something
// else than the records say.
func (d *deed) driftFinding() (release.Finding, error) {
	var list []fault.Blocker
	byPlace, err := driftPerEnvironment(d.tx)
	if err != nil {
		return release.Finding{}, err
	}
	if len(d.waves) == 0 {
		list = d.noWaves()
	}
	for i := range d.waves {
		d.w = &d.waves[i]
		if byPlace[d.w.EnvironmentID] == (DriftCount{}) {
			continue
		}
		n, err := d.drifting()
		if err != nil {
			return release.Finding{}, err
		}
		if n == (DriftCount{}) {
			continue
		}
		b := d.block("deploy.drift", "Open the drift", "%s: %s.", d.w.Label(), n.words())
		b.Owner, b.Link = placeOwner, "/targets?"+url.Values{"environment": {d.w.EnvironmentKey}, "drift": {string(AnyDrift)}}.Encode()
		list = append(list, b)
	}
	d.w = nil
	return d.minded("infrastructure", d.finding("deploy.drift", "What the targets report is what the records say", "No target of the waves drifts.", "Open the targets", list)), nil
}

// drifting counts the targets that drift of those that the wave has or would take.
func (d *deed) drifting() (DriftCount, error) {
	if d.w.State != WavePlanned && d.w.State != WaveNoGo {
		return driftOfFrozen(d.tx, d.w)
	}
	filter, err := d.w.choice()
	if err != nil {
		return DriftCount{}, nil // its form says so
	}
	if err := d.guard(); err != nil {
		return DriftCount{}, err
	}
	return driftOfTaken(d.tx, d.w, filter, d.earlier())
}

// finding puts what stands in the way into a finding; nothing does when it is met.
func (d *deed) finding(code, title, met, action string, blockers []fault.Blocker) release.Finding {
	f := release.Finding{Code: code, Title: title, State: release.Met, Detail: met, Owner: d.r.OwnerName, Link: d.r.Link("deployment"), Action: action, CheckedAt: d.tx.Now}
	if len(blockers) == 0 {
		return f
	}
	sentences := make([]string, len(blockers))
	for i, b := range blockers {
		sentences[i] = b.Sentence
	}
	f.State, f.Detail, f.Owner, f.Link, f.Action = release.Unmet, strings.Join(sentences, " "), blockers[0].Owner, blockers[0].Link, blockers[0].Action
	return f
}

func (d *deed) noWaves() []fault.Blocker {
	d.w = nil
	return []fault.Blocker{d.block("deploy.waves", "Add a wave", "No wave is planned.")}
}

func (d *deed) plannedFinding() (release.Finding, error) {
	const code, title = "deploy.waves", "The waves are planned, with targets and windows inside the release's"
	var list []fault.Blocker
	var total int64
	if len(d.waves) == 0 {
		list = d.noWaves()
	}
	for i := range d.waves {
		d.w = &d.waves[i]
		n, err := d.taken()
		if err != nil {
			return release.Finding{}, err
		}
		total += n
		list = append(list, d.planBlockers(n)...)
	}
	d.w = nil
	switch {
	case d.r.Approach.Scale == "big bang" && len(d.waves) > 1:
		list = append(list, d.block(code, "Open the waves", "A big bang has one wave, and %d are planned.", len(d.waves)))
	case d.r.Approach.Scale == "phased" && len(d.waves) == 1:
		list = append(list, d.block(code, "Add a wave", "A phased deployment has two waves at least, and one is planned."))
	}
	return d.finding(code, title, fmt.Sprintf("%s for %s.", noun.Count(len(d.waves), "wave"), noun.Count(total, "target")), "Open the waves", list), nil
}

func (d *deed) sheetFindings() (steps, staffed release.Finding, err error) {
	byWave, err := stepsByWave(d.tx, d.r.ID)
	if err != nil {
		return steps, staffed, err
	}
	var missing, unnamed []fault.Blocker
	count := 0
	if len(d.waves) == 0 {
		missing, unnamed = d.noWaves(), d.noWaves()
	}
	for i := range d.waves {
		d.w = &d.waves[i]
		sheet := byWave[d.w.ID]
		count += len(sheet)
		missing = append(missing, d.stepBlockers(sheet)...)
		who, err := d.staffBlockers(sheet)
		if err != nil {
			return steps, staffed, err
		}
		unnamed = append(unnamed, who...)
	}
	steps = d.finding("deploy.steps", "Each wave has install, verify and back-out steps", noun.Count(count, "step")+" on "+noun.Count(len(d.waves), "run sheet")+".", "Open the waves", missing)
	staffed = d.finding("deploy.staffed", "Each wave is staffed", "Deployment staff is named for each wave that people work on.", "Open the waves", unnamed)
	return steps, staffed, nil
}

// settledFinding says whether every target of a wave that began is verified,
// excluded or rolled back.
func (d *deed) settledFinding() release.Finding {
	var list []fault.Blocker
	var verified, excluded, back int64
	for i := range d.waves {
		d.w = &d.waves[i]
		if !d.w.State.Begun() {
			if d.r.Outcome != string(release.OutcomeRolledBack) && d.r.State != release.RolledBack {
				list = append(list, d.block("deploy.settled", "Open the wave", "%s is %s.", d.w.Label(), state.Word(d.w.State)))
			}
			continue
		}
		verified, excluded, back = verified+d.w.Verified, excluded+d.w.Excluded, back+d.w.RolledBack
		if left := d.w.Total - d.w.Verified - d.w.Excluded - d.w.RolledBack; left > 0 {
			list = append(list, d.block("deploy.settled", "Open the wave", "%s of %s is neither verified, excluded nor rolled back.", noun.Count(left, "target"), d.w.Label()))
		}
	}
	f := d.finding("deploy.settled", "Every target is verified, excluded or rolled back", fmt.Sprintf("%d verified, %d excluded, %d rolled back.", verified, excluded, back), "Open the deployment", list)
	if len(list) > 0 {
		f.Owner = identity.ReleaseManager.Label()
	}
	return f
}
