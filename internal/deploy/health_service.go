package deploy

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/state"
)

// Health tells what is wrong with the service that a release changes; rooms that
// live to the right of this one know.
type Health interface {
	Unhealthy(tx *db.Tx, r *release.Release) ([]fault.Blocker, error)
}

// UseHealth connects the room that knows whether services are healthy.
func (s *Service) UseHealth(h Health) { s.health = h }

// ConfirmHealth is a person's word that the service is well after a wave's soak.
func (s *Service) ConfirmHealth(ctx context.Context, actor identity.Actor, key string, number, version int64, note string) error {
	return s.writeWave(ctx, actor, key, number, version, identity.WaveControl, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		var c fault.Check
		note = strings.TrimSpace(note)
		c.Need(note != "" && len(note) <= 2000, "note", "Say what you looked at, in at most 2,000 characters.")
		switch w := d.w; {
		case w.Health != policy.HealthNote:
			c.Block(d.block("wave.health", "Open the wave", "Nobody has to confirm the health after %s.", w.Label()))
		case w.State != WaveComplete:
			c.Block(d.block("wave.health", "Open the wave", "%s is %s; its health is confirmed once it is %s.", w.Label(), state.Word(w.State), WaveComplete))
		case !w.Soaked(d.tx.Now):
			c.Block(d.block("wave.soak", "Open the wave", "%s soaks until %s; its health is confirmed after that.", w.Label(), d.at(w.SoakUntil)))
		}
		if err := c.Err("The health was not confirmed."); err != nil {
			return err
		}
		d.w.HealthAt, d.w.HealthBy, d.w.HealthNote = d.tx.Now, actor.Name, note
		if err := save(d.tx, d.w); err != nil {
			return err
		}
		return d.record("health", note, "confirmed the health of the service after %s", d.w.Label())
	})
}

// healthBlockers say after which earlier wave the service is not known to be well.
func (d *deed) healthBlockers() ([]fault.Blocker, error) {
	var list []fault.Blocker
	asked := false
	for i := range d.waves {
		other := &d.waves[i]
		if !d.comesBefore(other) || !other.Soaked(d.tx.Now) {
			continue // the order of the waves tells
		}
		asked = asked || other.Health == policy.HealthIncidents
		if other.Health == policy.HealthNote && other.HealthAt.IsZero() {
			list = append(list, fault.Blocker{Code: "wave.health", Sentence: fmt.Sprintf("Nobody has confirmed that the service is well after %s.", other.Label()),
				Owner: d.r.OwnerName, Link: other.Link(), Action: "Confirm its health"})
		}
	}
	if !asked || d.s.health == nil {
		return list, nil
	}
	unwell, err := d.s.health.Unhealthy(d.tx, d.r)
	return append(list, unwell...), err
}
