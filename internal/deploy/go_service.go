package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/internal/state"
	"slipway/internal/zone"
)

// at writes a moment in a sentence, by the clock of the release.
func (d *deed) at(t db.Time) string { return zone.Moment(t.Std(), d.r.Zone) }

// GoBlockers lists all that stands in the way of go for a wave now. That the
// media was not hashed lately is none: giving go hashes it.
func (s *Service) GoBlockers(ctx context.Context, actor identity.Actor, key string, number int64) (list []fault.Blocker, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, number)
		if err != nil {
			return err
		}
		list, err = d.goBlockers()
		list = butHashing(list)
		return err
	})
	return list, err
}

// butHashing leaves out what going on mends by itself.
func butHashing(list []fault.Blocker) []fault.Blocker {
	return slices.DeleteFunc(list, func(b fault.Blocker) bool { return b.Code == "package.rechecked" })
}

// GiveGo hashes the package anew and gives go for a ready wave, unless anything
// at all stands in the way.
func (s *Service) GiveGo(ctx context.Context, actor identity.Actor, key string, number, version int64, comment string) error {
	p, err := s.goBy(ctx, actor, key, number)
	if err != nil {
		return err
	}
	damaged, err := s.rehash(ctx, actor, key, p)
	if err != nil {
		return err
	}
	return s.writeWave(ctx, actor, key, number, version, p, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		stand, err := d.mayGo()
		if err != nil {
			return err
		}
		return d.giveGo(damaged, actor.Name, stand, strings.TrimSpace(comment))
	})
}

// giveGo gives go in somebody's name, perhaps in another's place, unless anything
// at all stands in the way.
func (d *deed) giveGo(damaged []fault.Blocker, by, stand, comment string) error {
	if !waveMoves.Allows(d.w.State, WaveVerbGo) {
		return d.w.move(WaveVerbGo)
	}
	blockers, err := d.goBlockers()
	if err != nil {
		return err
	}
	if err := fault.Refuse("Go for "+d.w.Label()+" is refused.", append(damaged, blockers...)...); err != nil {
		return err
	}
	if err := d.w.move(WaveVerbGo); err != nil {
		return err
	}
	d.w.GoAt, d.w.GoByID, d.w.GoBy, d.w.GoComment = d.tx.Now, d.actor.UserID, standingFor(by, stand), comment
	if err := save(d.tx, d.w); err != nil {
		return err
	}
	if by != d.actor.Name {
		return d.record("go", comment, "gave go for %s by %s", d.w.Label(), by)
	}
	files, err := dml.Vouch(d.tx, d.actor, goSubject, d.w.ID)
	if err != nil {
		return err
	}
	return d.recordDetail("go", comment, strings.Join(files, "\n"), "%s", standingFor("gave go for "+d.w.Label(), stand))
}

// StartWave hashes the package anew, asks for leave again, and starts.
func (s *Service) StartWave(ctx context.Context, actor identity.Actor, key string, number, version int64) error {
	damaged, err := s.rehash(ctx, actor, key, identity.WaveControl)
	if err != nil {
		return err
	}
	return s.writeWave(ctx, actor, key, number, version, identity.WaveControl, func(d *deed) error {
		if !waveMoves.Allows(d.w.State, WaveVerbStart) {
			return d.w.move(WaveVerbStart)
		}
		blockers, err := d.startBlockers()
		if err != nil {
			return err
		}
		if err := fault.Refuse(d.w.Label()+" was not started.", append(damaged, blockers...)...); err != nil {
			return err
		}
		return d.start()
	})
}

// rehash hashes the package's media anew before anything is started with it,
// and gives what does not match. Whoever may not start does not make the
// library work.
func (s *Service) rehash(ctx context.Context, actor identity.Actor, key string, p identity.Permission) ([]fault.Blocker, error) {
	err := s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		return identity.Authorize(actor, p, r.ServiceID)
	})
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, actor, key); err != nil {
		return nil, err
	}
	err = s.release.Recheck(ctx, actor, key)
	if f, ok := fault.As(err); ok && f.Kind == fault.Refused && len(f.Blockers) > 0 {
		return f.Blockers, nil
	}
	return nil, err
}

func (d *deed) start() error {
	w := d.w
	if err := w.move(WaveVerbStart); err != nil {
		return err
	}
	by, err := d.byID()
	if err != nil {
		return err
	}
	w.StartedAt, w.StartedByID, w.StartedBy = d.tx.Now, by, d.actor.Name
	if _, err := d.join(); err != nil {
		return err
	}
	if d.r.State == release.Ready {
		if err := d.s.release.Advance(d.tx, d.actor, d.r, release.VerbStart, "with "+w.Label()); err != nil {
			return err
		}
	}
	if err := d.begin(); err != nil {
		return err
	}
	if err := d.recount(); err != nil {
		return err
	}
	if err := d.s.book(d.tx, d.r, w); err != nil {
		return err
	}
	if err := d.record("start", "", "started %s: %s get %s", w.Label(), noun.Count(w.Counted(), "target"), w.PackageDigest); err != nil {
		return err
	}
	return d.settle()
}

// proceed has the wave go on with what waits, and draws the consequences.
func (d *deed) proceed() error {
	if err := d.begin(); err != nil {
		return err
	}
	if err := d.recount(); err != nil {
		return err
	}
	return d.settle()
}

// begin has the method begin what waits.
func (d *deed) begin() error {
	d.w.HeldAt = 0
	method := d.method()
	if err := method.Begin(d.tx, d.actor, d.r, d.w); err != nil {
		return fmt.Errorf("begin %s, %s: %w", d.w.Label(), method.Name(), err)
	}
	return nil
}

// goBlockers lists all that forbids go: go may be given ahead of the window.
func (d *deed) goBlockers() ([]fault.Blocker, error) {
	return d.blockers(max(d.tx.Now, d.w.WindowStart))
}

// startBlockers lists all that forbids the start now.
func (d *deed) startBlockers() ([]fault.Blocker, error) {
	list, err := d.blockers(d.tx.Now)
	if err != nil || !d.tx.Now.Before(d.w.WindowStart) || d.w.WindowStart.IsZero() {
		return list, err
	}
	open, err := d.overridden(d.tx.Now)
	if !open {
		list = append(list, d.block("wave.window", "Open the wave", "The window of %s begins %s.", d.w.Label(), d.at(d.w.WindowStart)))
	}
	return list, err
}

// blockers lists all that forbids working on the wave from a moment on.
func (d *deed) blockers(from db.Time) ([]fault.Blocker, error) {
	w := d.w
	list := d.releaseBlockers(release.Ready, release.Deploying)
	leave, err := d.leave(from)
	if err != nil {
		return nil, err
	}
	list = append(list, leave...)
	list = append(list, d.orderBlockers()...)
	health, err := d.healthBlockers()
	if err != nil {
		return nil, err
	}
	list = append(list, health...)
	if w.PackageDigest != d.r.PackageDigest || w.PackageDigest == "" {
		list = append(list, d.block("wave.digest", "Refuse go, to stage it anew", "%s is staged with %s, and the release's package is %s.", w.Label(), shown(w.PackageDigest), shown(d.r.PackageDigest)))
	}
	if w.EnvironmentID == 0 || w.Counted() == 0 {
		list = append(list, d.block("wave.targets", "Refuse go, to plan it anew", "%s has no target.", w.Label()))
	}
	newer, err := frozenNewer(d.tx, w)
	if err != nil {
		return nil, err
	}
	if newer > 0 {
		list = append(list, d.block("wave.downgrade", "Refuse go, to plan it anew", "%s of %s runs something newer by now.", noun.Count(newer, "target"), w.Label()))
	}
	steps, err := stepsOf(d.tx, w.ID)
	if err != nil {
		return nil, err
	}
	list = append(list, d.stepBlockers(steps)...)
	staff, err := d.staffBlockers(steps)
	if err != nil {
		return nil, err
	}
	list = append(list, staff...)
	seats, err := d.seatBlockers()
	if err != nil {
		return nil, err
	}
	list = append(list, seats...)
	lacks, err := d.method().Blockers(d.tx, d.r, w)
	if err != nil {
		return nil, err
	}
	list = append(list, lacks...)
	n, other, err := busy(d.tx, w)
	if n > 0 {
		b := d.block("wave.busy", "See what runs", "%d of its targets are worked on by %s now.", n, d.known(other))
		b.Link = "/deployments"
		list = append(list, b)
	}
	return list, err
}

// known names another release only to those who see it.
func (d *deed) known(key string) string {
	if _, err := d.s.release.FindIn(d.tx, d.actor, key); err != nil {
		return "another release"
	}
	return key
}

// leave asks release for leave to work on the wave from a moment to the end of
// its window.
func (d *deed) leave(from db.Time) ([]fault.Blocker, error) {
	list, err := d.s.release.LeaveToStart(d.tx, d.r, from, max(d.w.WindowEnd, from))
	if err != nil {
		return nil, err
	}
	if list, err = d.inWindow(list, from); err != nil || d.w.WindowEnd.IsZero() || from.Before(d.w.WindowEnd) {
		return list, err
	}
	open, err := d.overridden(from)
	if !open {
		list = append(list, d.windowClosed())
	}
	return list, err
}

// windowClosed says that the wave's window is over. One that has begun is
// planned no more; then only a window override helps.
func (d *deed) windowClosed() fault.Blocker {
	b := d.block("wave.window", "Move its window", "The window of %s closed %s.", d.w.Label(), d.at(d.w.WindowEnd))
	if d.w.State.Begun() {
		b.Owner, b.Link, b.Action = identity.ChangeAuthority.Label(), d.r.Link("deployment")+"#window", "Open the window"
	}
	return b
}

func (d *deed) releaseBlockers(allowed ...release.State) []fault.Blocker {
	if slices.Contains(allowed, d.r.State) {
		return nil
	}
	b := d.block("release.state", "Open the release", "%s is %s.", d.r.Key, state.Word(d.r.State))
	b.Link = d.r.Link("deployment")
	return []fault.Blocker{b}
}

// comesBefore tells whether another wave has to be good before the chosen one.
func (d *deed) comesBefore(other *Wave) bool {
	pilot := other.Pilot && !d.w.Pilot
	if other.ID == d.w.ID || !pilot && other.Number > d.w.Number {
		return false
	}
	return !d.w.Pilot || other.Pilot || other.State.Begun()
}

// orderBlockers say which waves have to be good and soaked first: every earlier
// one and, before any other, every pilot. A pilot waits for no wave that has
// not begun and is none.
func (d *deed) orderBlockers() []fault.Blocker {
	var list []fault.Blocker
	for i := range d.waves {
		other := &d.waves[i]
		if !d.comesBefore(other) || other.Soaked(d.tx.Now) {
			continue
		}
		code, who := "wave.predecessor", other.Label()
		if other.Pilot && !d.w.Pilot {
			code, who = "wave.pilot", other.Label()+", the pilot,"
		}
		b := fault.Blocker{Code: code, Owner: d.r.OwnerName, Link: other.Link(), Action: "Open " + other.Part()}
		if other.State == WaveComplete {
			b.Sentence, b.Due = fmt.Sprintf("%s soaks until %s.", who, d.at(other.SoakUntil)), other.SoakUntil.Std()
		} else {
			b.Sentence = fmt.Sprintf("%s is %s; it has to be %s first.", who, state.Word(other.State), WaveComplete)
		}
		list = append(list, b)
	}
	return list
}

func shown(digest string) string {
	if len(digest) < 19 {
		return "nothing"
	}
	return digest[:19] + "…"
}
