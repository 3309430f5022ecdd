package api

import (
	"context"
	"sync"

	"slipway/web/guard"
)

// turns lets one request at a time work on an upload, the latest: a sender whose
// connection dropped comes again long before the server can know that the first
// is dead, and must not wait for it.
type turns struct {
	mu sync.Mutex
	at map[string]*turn
}

type turn struct {
	body *guard.PatientBody // nil for a request that sends nothing
	done chan struct{}
}

// take ends whatever request has the turn, and gives it to this one until leave.
func (t *turns) take(ctx context.Context, id string, body *guard.PatientBody) (leave func(), err error) {
	mine := &turn{body, make(chan struct{})}
	for {
		t.mu.Lock()
		other := t.at[id]
		if other == nil {
			t.at[id] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.at, id)
				t.mu.Unlock()
				close(mine.done)
			}, nil
		}
		t.mu.Unlock()
		if other.body != nil {
			other.body.Cut()
		}
		select {
		case <-other.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
