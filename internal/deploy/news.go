package deploy

import (
	"context"
	"sync"
	"time"

	"slipway/internal/db"
	"slipway/internal/identity"
)

const (
	pulseEvery = 2 * time.Second        // another server's deeds are found by looking
	pulseRest  = 500 * time.Millisecond // between two news of one release
)

// newsroom tells those who watch a release that something changed. It says only
// that, never what: each then looks through its own door.
type newsroom struct {
	mu     sync.Mutex
	topics map[int64]*topic // by release
}

// topic is one release that somebody watches.
type topic struct {
	pulse    string
	stirred  chan struct{}
	stop     context.CancelFunc
	watchers map[chan string]bool
}

func newNewsroom() *newsroom { return &newsroom{topics: map[int64]*topic{}} }

// stir says that a release changed, to this server's watchers at once.
func (n *newsroom) stir(releaseID int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t := n.topics[releaseID]; t != nil {
		select {
		case t.stirred <- struct{}{}:
		default:
		}
	}
}

// Watch gives the pulse of a release's deployment now, and a channel of the
// pulses that follow. A pulse is a word that changes whenever the deployment
// does, on whichever server. The channel is closed when ctx ends.
func (s *Service) Watch(ctx context.Context, actor identity.Actor, key string) (pulse string, news <-chan string, err error) {
	var id int64
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		id = r.ID
		pulse, err = pulseOf(tx, id)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	mine := make(chan string, 1)
	s.news.join(id, pulse, mine, s.look)
	context.AfterFunc(ctx, func() { s.news.leave(id, mine) })
	return pulse, mine, nil
}

func (s *Service) look(ctx context.Context, releaseID int64) (pulse string, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		pulse, err = pulseOf(tx, releaseID)
		return err
	})
	return pulse, err
}

func (n *newsroom) join(id int64, pulse string, mine chan string, look func(context.Context, int64) (string, error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.topics[id]
	if t == nil {
		ctx, stop := context.WithCancel(context.Background())
		t = &topic{pulse: pulse, stirred: make(chan struct{}, 1), stop: stop, watchers: map[chan string]bool{}}
		n.topics[id] = t
		go n.follow(ctx, id, t, look)
	}
	t.watchers[mine] = true
	if t.pulse != pulse {
		t.pulse = pulse
		t.tell()
	}
}

func (n *newsroom) leave(id int64, mine chan string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.topics[id]
	if t == nil || !t.watchers[mine] {
		return
	}
	delete(t.watchers, mine)
	close(mine)
	if len(t.watchers) == 0 {
		t.stop()
		delete(n.topics, id)
	}
}

// follow looks at the pulse of a release while somebody watches it: when this
// server changed it, and every so often. However many watch, one looks.
func (n *newsroom) follow(ctx context.Context, id int64, t *topic, look func(context.Context, int64) (string, error)) {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.stirred:
		case <-tick.C:
		}
		pulse, err := look(ctx, id)
		if err != nil {
			continue // the pages look by themselves meanwhile
		}
		n.mu.Lock()
		changed := pulse != t.pulse
		if changed {
			t.pulse = pulse
			t.tell()
		}
		n.mu.Unlock()
		if !changed {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pulseRest):
		}
	}
}

// tell gives every watcher the newest pulse; one that has not read the last gets
// this instead.
func (t *topic) tell() {
	for w := range t.watchers {
		select {
		case <-w:
		default:
		}
		w <- t.pulse
	}
}
