package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Result is what came of playing devices. It may be read while they play.
type Result struct {
	Devices int
	began   time.Time
	took    time.Duration

	polls, errors, offered, confirmed, broken, cancelled, reports, lost, cut, bytes, resumed atomic.Int64
	latency                                                                                  [40]atomic.Int64 // polls, by powers of two of microseconds

	mu   sync.Mutex
	told map[string]int64 // errors by their words
}

// Polls is how many polls were answered.
func (r *Result) Polls() int64 { return r.polls.Load() }

// Errors is how often something was not answered as it should be.
func (r *Result) Errors() int64 { return r.errors.Load() }

// Lost is how many devices could not say how an action ended, however often they
// tried.
func (r *Result) Lost() int64 { return r.lost.Load() }

// Confirmed and Broken are how many actions were closed with success, and with
// a failure.
func (r *Result) Confirmed() int64 { return r.confirmed.Load() }

// Broken is how many actions were closed with a failure.
func (r *Result) Broken() int64 { return r.broken.Load() }

func (r *Result) polled(took time.Duration, err error) {
	if err != nil {
		r.failedTo("poll", err, context.Background())
		return
	}
	r.polls.Add(1)
	r.latency[min(bits.Len64(uint64(took.Microseconds())), len(r.latency)-1)].Add(1)
}

// failedTo notes an error, unless the end was asked for.
func (r *Result) failedTo(what string, err error, ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	r.errors.Add(1)
	if named := (*url.Error)(nil); errors.As(err, &named) { // without the address, which every device has of its own
		err = named.Err
	}
	if cut := (*net.OpError)(nil); errors.As(err, &cut) {
		err = cut.Err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told == nil {
		r.told = map[string]int64{}
	}
	if text := what + ": " + err.Error(); len(r.told) < 20 || r.told[text] > 0 {
		r.told[text]++
	}
}

// percentile is a time that so many percent of the polls took at most, to the
// next power of two.
func (r *Result) percentile(percent int64) time.Duration {
	var sum int64
	for i := range r.latency {
		if sum += r.latency[i].Load(); sum*100 >= r.polls.Load()*percent {
			return time.Duration(1<<i) * time.Microsecond
		}
	}
	return 0
}

// String is the result in a few lines.
func (r *Result) String() string {
	took := r.took
	if took == 0 {
		took = time.Since(r.began)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d devices for %s: %d polls, %.0f a second; half answered within %s, 99 of 100 within %s\n", r.Devices, took.Round(time.Second/10), r.Polls(),
		float64(r.Polls())/max(took.Seconds(), 0.001), r.percentile(50), r.percentile(99))
	fmt.Fprintf(&b, "%d deployments taken: %d confirmed, %d failed, %d cancelled; %.1f MiB fetched, %d times resumed\n", r.offered.Load(), r.Confirmed(), r.Broken(), r.cancelled.Load(), float64(r.bytes.Load())/(1<<20), r.resumed.Load())
	fmt.Fprintf(&b, "%d reports, %d lost, %d cut off by the end; %d errors\n", r.reports.Load(), r.Lost(), r.cut.Load(), r.Errors())
	r.mu.Lock()
	defer r.mu.Unlock()
	for text, n := range r.told {
		fmt.Fprintf(&b, "%6d × %s\n", n, text)
	}
	return b.String()
}
