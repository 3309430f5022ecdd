package ddi

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway/internal/fault"
)

// Downloads wait for each other, and for no longer than is said; polls take no
// place at all.
func TestDownloadsHavePlacesOfTheirOwn(t *testing.T) {
	h := &handler{config: Config{Queue: 10 * time.Millisecond}, downloads: make(chan struct{}, 1)}
	leave, err := h.slot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.slot(context.Background()); fault.KindOf(err) != fault.TooMany {
		t.Errorf("a second download got %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	h.config.Queue = time.Minute
	if _, err := h.slot(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that went away got %v", err)
	}
	waiting := make(chan error)
	go func() {
		leave, err := h.slot(context.Background())
		if err == nil {
			leave()
		}
		waiting <- err
	}()
	leave()
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}
