package deploy

import (
	"context"
	"slices"
	"sync"
	"time"

	"slipway/internal/db"
	"slipway/internal/release"
)

// knownDevice is what a poll needs to know of a device. It never changes: a
// commit that changes the device has it read anew.
type knownDevice struct {
	targetID      int64 // 0 where there is none of the key
	environmentID int64
	key           string
	retired       bool
	token         tokenSum
	hasToken      bool
	wantsConfig   bool
	autoConfirm   bool
	open          []openAction
	done          int64 // the action that it closed with success last
	readAt        db.Time
}

// openAction is an action that was not closed, with its target's state.
type openAction struct {
	PullAction
	TargetState TargetState
}

// gate tells whether a wave hands anything out now.
type gate struct {
	mu       sync.Mutex
	wave     WaveState
	release  release.State
	open     bool
	replaced bool // what the wave was started with is not the release's package any more
	readAt   db.Time
}

// pulls keeps devices' polls away from the database. What it holds is forgotten
// when a commit here changes it, and after a while where other servers write to
// the same database.
type pulls struct {
	s        *Service
	mu       sync.RWMutex
	changes  uint64 // a reading that began before one is not kept
	devices  map[string]*knownDevice
	gates    map[int64]*gate
	settings map[int64]*PullSettings
	gateways map[tokenSum]int64
	readAt   db.Time // of the settings
	parcels  map[int64][]ParcelFile
	seenMu   sync.Mutex
	seen     map[int64]sighting
}

type sighting struct {
	at   db.Time
	from string
}

const (
	maxKnown   = 1 << 20         // devices; beyond it all are forgotten
	otherWrite = 3 * time.Second // how late another server's deeds are noticed
	gateFor    = time.Second     // how late a freeze, a closing window or a void gate is noticed
)

func newPulls(s *Service) *pulls {
	p := &pulls{s: s, parcels: map[int64][]ParcelFile{}, seen: map[int64]sighting{}}
	p.forgetAll()
	return p
}

func (p *pulls) forgetAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes++
	p.devices, p.gates, p.settings, p.gateways = map[string]*knownDevice{}, map[int64]*gate{}, nil, nil
}

func (p *pulls) forget(keys ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes++
	for _, key := range keys {
		delete(p.devices, key)
	}
}

// settled forgets whether a wave hands out, if its state or its release's is
// another now.
func (p *pulls) settled(w *Wave, r *release.Release) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g := p.gates[w.ID]; g != nil && (g.wave != w.State || g.release != r.State) {
		p.changes++
		delete(p.gates, w.ID)
	}
}

// stale tells whether something that was read may have been changed by another
// server since. One alone hears of every change.
func (p *pulls) stale(readAt db.Time) bool {
	return p.s.db.Postgres() && p.s.db.Now().Sub(readAt) > otherWrite
}

// find gives what is known of a device. Nobody's key is known too, as nobody's.
func (p *pulls) find(ctx context.Context, key string) (*knownDevice, error) {
	p.mu.RLock()
	k, changes := p.devices[key], p.changes
	p.mu.RUnlock()
	if k != nil && !p.stale(k.readAt) {
		return k, nil
	}
	k = &knownDevice{readAt: p.s.db.Now()}
	if keyForm.MatchString(key) {
		if err := p.s.db.View(ctx, func(tx *db.Tx) error { return readDevice(tx, key, k) }); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changes == changes {
		if len(p.devices) >= maxKnown {
			p.devices = map[string]*knownDevice{}
		}
		p.devices[key] = k
	}
	return k, nil
}

// places reads the settings of all environments, when they are not known.
func (p *pulls) places(ctx context.Context) error {
	p.mu.RLock()
	known, changes := p.settings != nil && !p.stale(p.readAt), p.changes
	p.mu.RUnlock()
	if known {
		return nil
	}
	var list []PullSettings
	if err := p.s.db.View(ctx, func(tx *db.Tx) (err error) { list, err = allPullSettings(tx); return err }); err != nil {
		return err
	}
	settings, gateways := map[int64]*PullSettings{}, map[tokenSum]int64{}
	for i := range list {
		settings[list[i].EnvironmentID] = &list[i]
		if sum, ok := sumFrom(list[i].GatewayHash); ok {
			gateways[sum] = list[i].EnvironmentID
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changes == changes || p.settings == nil {
		p.settings, p.gateways, p.readAt = settings, gateways, p.s.db.Now()
	}
	return nil
}

// gateway gives the environment whose gateway token this is, or 0.
func (p *pulls) gateway(ctx context.Context, sum tokenSum) (int64, error) {
	if err := p.places(ctx); err != nil {
		return 0, err
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.gateways[sum], nil
}

func (p *pulls) settingsOf(ctx context.Context, environmentID int64) (*PullSettings, error) {
	if err := p.places(ctx); err != nil {
		return nil, err
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	if one := p.settings[environmentID]; one != nil {
		return one, nil
	}
	return usualPull(environmentID), nil
}

// told says that one target of a wave changed.
func (s *Service) told(d *deed, t *WaveTarget) {
	s.news.stir(d.r.ID)
	if d.w.Method == MethodDDI {
		s.pulls.forget(t.TargetKey)
		s.pulls.settled(d.w, d.r)
	}
}

// toldAll says that a release or a wave changed as a whole.
func (s *Service) toldAll(d *deed) {
	if d.only == nil && slices.ContainsFunc(d.waves, func(w Wave) bool { return w.Method == MethodDDI }) {
		s.pulls.forgetAll()
	}
}
