package deploy_test

import (
	"testing"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func (w *world) away(n int64) (o policy.Outage) {
	w.t.Helper()
	part := w.wave(n).Part()
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		list, err := w.change.Bookings(tx, w.key)
		for _, b := range list {
			if b.Part == part {
				o = b.Outage
			}
		}
		return err
	}))
	return o
}

func TestAWaveStatesForHowLongTheServiceIsAway(t *testing.T) {
	w := newWorld(t, func(_ *release.Release, b *policy.Body) {
		b.Waves[0].Outage, b.Waves[0].ConfirmMinutes = policy.Away(15), 45
	})
	if one := w.wave(1); one.Outage != policy.Away(15) || one.ConfirmMinutes != 45 || w.away(1) != policy.Away(15) {
		t.Errorf("the model's wave is drawn with %+v and %d minutes to confirm, and booked with %+v", one.Outage, one.ConfirmMinutes, w.away(1))
	}
	if w.away(2) != (policy.Outage{}) {
		t.Errorf("what nobody stated is booked as %+v", w.away(2))
	}
	if f := w.findings(release.A4)["deploy.outage"]; f.State != release.Concern || f.Area != "communication" || f.Blocks() || f.Link != "/releases/"+w.key+"/waves/2/edit#f-wave-outage" {
		t.Errorf("%+v", f)
	}
	e := w.wave(2).Edit()
	e.Outage = policy.Away(8*60 + 1)
	field(t, w.svc.EditWave(ctx, w.maya, w.key, 2, w.wave(2).Version, e), "outage")
	w.edit(2, func(e *deploy.WaveEdit) { e.Outage = policy.Away(20) })
	if f := w.findings(release.A4)["deploy.outage"]; f.State != release.Met || f.Detail != "Up to 35 minutes in 2 windows." {
		t.Errorf("%+v", f)
	}
	if list := w.board(w.maya).Outages; len(list) != 2 || list[0].Minutes != 15 || list[1].Minutes != 20 || list[1].From != w.wave(2).WindowStart {
		t.Errorf("the board projects %+v", list)
	}
	w.edit(2, func(e *deploy.WaveEdit) { e.Outage = policy.Away(0) })
	if list := w.board(w.maya).Outages; len(list) != 1 || w.away(2) != policy.Away(0) {
		t.Errorf("the board projects %+v", list)
	}
}

func TestOutsideProductionNoServiceIsAway(t *testing.T) {
	w := newWorld(t)
	w.edit(1, func(e *deploy.WaveEdit) { e.Outage = policy.Away(15) })
	w.must(w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "staging", Name: "Staging", Zone: "UTC"}))
	w.edit(1, func(e *deploy.WaveEdit) { e.EnvironmentKey = "staging" })
	if w.away(1) != policy.Away(0) {
		t.Errorf("a wave on staging is booked with %+v", w.away(1))
	}
}

func TestDriftOfTheWavesTargetsMakesInfrastructureAmber(t *testing.T) {
	for name, test := range map[string]struct {
		digest func(*world) string
		key    string
		filter string // of wave 2
		state  release.FindingState
		detail string
	}{
		"nothing drifts":            {func(*world) string { return former }, "bgo-1", "", release.Met, "No target of the waves drifts."},
		"drifted":                   {func(*world) string { return image }, "bgo-1", "", release.Concern, "Wave 2, The rest: 1 target drifted from the records."},
		"unauthorised":              {func(*world) string { return other }, "osl-1", "", release.Concern, "Wave 1, Pilot: 1 target with an unauthorised deployment."},
		"of a target nobody takes":  {func(*world) string { return other }, "bgo-1", "key=bgo-2", release.Met, "No target of the waves drifts."},
		"of one that is taken then": {func(*world) string { return other }, "bgo-2", "key=bgo-2", release.Concern, "Wave 2, The rest: 1 target with an unauthorised deployment."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.addImage()
			w.edit(2, func(e *deploy.WaveEdit) { e.Filter = test.filter })
			w.reports(test.key, test.digest(w))
			f := w.findings(release.A4)["deploy.drift"]
			if f.State != test.state || f.Detail != test.detail || f.Area != "infrastructure" {
				t.Errorf("%+v", f)
			}
			if f.State == release.Concern && (f.Owner != "Operations" || f.Link != "/targets?drift=any&environment=production") {
				t.Errorf("minded by %s at %s", f.Owner, f.Link)
			}
		})
	}
	w := newWorld(t)
	w.ready(1)
	w.reports("osl-1", other)
	if f := w.findings(release.A4)["deploy.drift"]; f.State != release.Concern {
		t.Errorf("a frozen target drifts, and it says %+v", f)
	}
}
