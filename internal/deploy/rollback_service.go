package deploy

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Remediation is a rollout of its own, back to what ran before the release: its
// waves go back one after the other, the last first. Between two of them the
// service is watched for as long as the wave soaked on its way out, unless an
// incident does not let anybody wait.
type Remediation struct {
	db.Row
	ReleaseID  int64
	ReleaseKey string
	Incident   string // its number in the incident tool; empty is none
	AtOnce     bool   // in an incident: nobody waits between two waves
	Rule       string `gorm:"column:by_rule"` // by which it began by itself; empty where a person said so
	Reason     string
	ByID       int64
	ByName     string
	NextAt     db.Time // when the next wave goes back; 0 while one does
	EndedAt    db.Time
}

// Open tells whether waves still go back.
func (r *Remediation) Open() bool { return r != nil && r.EndedAt.IsZero() }

// GoBack is a person's word that all of a release goes back.
type GoBack struct {
	Reason   string
	AtOnce   bool   // in an incident: nothing soaks
	Incident string // its number, where there is one; it goes back at once then
}

// RollOutBack takes every wave that began back to the as-is package, as a
// rollout of its own.
func (s *Service) RollOutBack(ctx context.Context, actor identity.Actor, key string, say GoBack) error {
	return s.write(ctx, actor, key, identity.WaveGo, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		reason, incident := say.Reason, strings.TrimSpace(say.Incident)
		if len(incident) > 100 {
			return wrong("The release does not go back.", "incident", "Keep the number to 100 characters.", nil)
		}
		if err := because(&reason, "reason", "Say why all of it goes back; everybody who works on it reads it."); err != nil {
			return err
		}
		list, err := d.rollOutBackBlockers()
		if err != nil {
			return err
		}
		if err := fault.Refuse(key+" does not go back.", list...); err != nil {
			return err
		}
		return d.rollOutBack(&Remediation{Incident: incident, AtOnce: say.AtOnce || incident != "", Reason: reason, ByID: actor.UserID, ByName: actor.Name})
	})
}

// rollOutBack stops every wave that began and has the last of them go back.
func (d *deed) rollOutBack(m *Remediation) error {
	d.only = nil
	if err := d.stopAll(m.Reason); err != nil {
		return err
	}
	m.ReleaseID, m.ReleaseKey = d.r.ID, d.r.Key
	if err := insert(d.tx, m); err != nil {
		return err
	}
	d.w = nil
	if err := d.record("rolloutback", m.Reason, "began to roll %s out back to what ran before%s", d.r.Key, m.words()); err != nil {
		return err
	}
	return d.backNext(m)
}

// words say how it goes back, for the record.
func (m *Remediation) words() (text string) {
	if m.AtOnce {
		text = ", without soak"
	}
	if m.Incident != "" {
		text += ", for the incident " + m.Incident
	}
	if m.Rule != "" {
		text += ", since " + m.Rule
	}
	return text
}

func (d *deed) rollOutBackBlockers() ([]fault.Blocker, error) {
	list := d.releaseBlockers(release.Deploying, release.Paused, release.Remediating, release.EarlyLife)
	m, err := openRemediation(d.tx, d.r.ID)
	if err != nil {
		return nil, err
	}
	if m.Open() {
		list = append(list, d.block("remediation.open", "Open the deployment", "It goes back already, since %s, on %s’s word.", d.at(m.CreatedAt), m.ByName))
	}
	if len(d.going()) == 0 {
		list = append(list, d.block("remediation.waves", "Open the deployment", "No wave has begun that could go back."))
	}
	var since db.Time // when the last of the waves came to be remediated
	for i := range d.waves {
		if w := &d.waves[i]; w.State == WaveRemediating {
			since = max(since, w.RemediatingAt)
		}
	}
	undecided, err := d.undecided(since)
	if undecided != nil {
		undecided.Sentence = strings.TrimSuffix(undecided.Sentence, ".") + ", which is made once a wave is remediated."
		list = append(list, *undecided)
	}
	return list, err
}

// going are the places of the waves that began and are not put back, the last
// first.
func (d *deed) going() (places []int) {
	for i := len(d.waves) - 1; i >= 0; i-- {
		if s := d.waves[i].State; s.Begun() && s != WaveRolledBack {
			places = append(places, i)
		}
	}
	return places
}

// stopAll takes every wave that began to remediation, so that nothing goes on
// forward while the first goes back.
func (d *deed) stopAll(reason string) error {
	for _, i := range d.going() {
		if d.w = &d.waves[i]; d.w.State == WaveRemediating {
			continue
		}
		if err := d.stop(reason); err != nil {
			return err
		}
	}
	return nil
}

// backNext has the last wave that is not back begin to go back, or ends the
// remediation where none is left.
func (d *deed) backNext(m *Remediation) error {
	if going := d.going(); len(going) > 0 {
		if d.w = &d.waves[going[0]]; !d.w.BackOutAt.IsZero() {
			return save(d.tx, m) // it goes back already, by a word of its own
		}
		m.NextAt = 0
		if err := save(d.tx, m); err != nil {
			return err
		}
		if err := d.backOut(m.ByName, m.Reason); err != nil {
			return err
		}
		return d.settle()
	}
	m.NextAt, m.EndedAt = 0, d.tx.Now
	d.w = nil
	if err := save(d.tx, m); err != nil {
		return err
	}
	return d.record("rolloutback", m.Reason, "%s runs what it ran before on every target", d.r.Key)
}

// wentBack has the rollout back go on after a wave that is put back: at once in
// an incident, otherwise when the service was watched long enough.
func (d *deed) wentBack() error {
	m, err := openRemediation(d.tx, d.r.ID)
	if err != nil || !m.Open() || !m.NextAt.IsZero() {
		return err
	}
	if soak := time.Duration(d.w.SoakHours) * time.Hour; !m.AtOnce && soak > 0 && len(d.going()) > 0 {
		m.NextAt = d.tx.Now.Add(soak)
		return save(d.tx, m)
	}
	return d.backNext(m)
}

// backDue has the next wave of a release go back. A person has decided that all
// of it does; the clock only keeps the time between.
func (s *Service) backDue(ctx context.Context, raw []byte) error {
	var args waveArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, rolloutClock, args.Release, 0)
		if err != nil {
			return err
		}
		m, err := openRemediation(tx, d.r.ID)
		if err != nil || !m.Open() || m.NextAt.IsZero() || tx.Now.Before(m.NextAt) || d.r.State != release.Remediating {
			return err
		}
		if err := identity.Authorize(rolloutClock, identity.WaveControl, d.r.ServiceID); err != nil {
			return err
		}
		return d.backNext(m)
	})
}
