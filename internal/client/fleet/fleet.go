// Package fleet plays devices that fetch what they are assigned, as many as
// asked for, to size a server and to test one. They speak as SWUpdate does.
package fleet

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config says which devices are played.
type Config struct {
	Server      string // address of the server
	Tenant      string // "default" when empty
	Token       string // gateway token that speaks for all of them
	Devices     int
	First       int           // number of the first; 1 when 0
	Prefix      string        // of their names
	FailPercent float64       // of them come up with a failure
	Every       time.Duration // between two polls; what the server says when 0
	Boot        time.Duration // from installed to confirmed
	Connections int           // at the same time; 256 when 0
	NoDownload  bool          // fetches what to install and not the files
	Once        bool          // ends once every device has closed an action
}

// Run plays the devices until ctx ends, or each has done its part, and gives
// what came of it.
func Run(ctx context.Context, c Config) *Result { return Play(ctx, c, new(Result)) }

// Play is Run with a result that can be read meanwhile.
func Play(ctx context.Context, c Config, r *Result) *Result {
	if c.Connections == 0 {
		c.Connections = 256
	}
	if c.Tenant == "" {
		c.Tenant = "default"
	}
	r.Devices, r.began = c.Devices, time.Now()
	transport := &http.Transport{MaxIdleConnsPerHost: c.Connections, MaxConnsPerHost: c.Connections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client, slots := &http.Client{Transport: transport}, make(chan struct{}, c.Connections)
	var all sync.WaitGroup
	for n := range c.Devices {
		name := fmt.Sprintf("%s%06d", c.Prefix, max(c.First, 1)+n)
		d := &device{c: &c, r: r, client: client, slots: slots, fails: fails(name, c.FailPercent),
			base: strings.TrimRight(c.Server, "/") + "/" + c.Tenant + "/controller/v1/" + name}
		all.Go(func() { d.live(ctx) })
	}
	all.Wait()
	r.took = time.Since(r.began)
	return r
}

// fails picks the devices that fail, the same ones every time.
func fails(name string, percent float64) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return float64(h.Sum32()%10_000) < percent*100
}

// device is one that is played.
type device struct {
	c      *Config
	r      *Result
	client *http.Client
	slots  chan struct{} // of connections
	base   string
	fails  bool
	closed string // the action that it closed last
	owed   *word  // what it could not say yet of the action that it ended
}

// word is how an action ended.
type word struct{ action, at, finished, detail string }

// live polls until there is nothing more to do.
func (d *device) live(ctx context.Context) {
	first := d.c.Every
	if first == 0 {
		first = time.Second
	}
	if !rest(ctx, time.Duration(rand.Int64N(int64(first)+1))) { // they were not switched on together
		return
	}
	for {
		sleep := d.turn(ctx)
		if d.c.Once && d.closed != "" || !rest(ctx, sleep) {
			break
		}
	}
	if d.owed != nil {
		d.r.lost.Add(1)
	}
}

// rest waits; false once ctx has ended.
func rest(ctx context.Context, t time.Duration) bool {
	wait := time.NewTimer(t)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wait.C:
		return true
	}
}

// turn is one poll and what follows from it. It gives how long to sleep.
func (d *device) turn(ctx context.Context) time.Duration {
	if d.owed != nil && !d.end(ctx, *d.owed) {
		return time.Second
	}
	var p polled
	took, err := d.get(ctx, d.base, &p)
	if ctx.Err() != nil {
		return 0
	}
	d.r.polled(took, err)
	sleep := p.sleep()
	if d.c.Every > 0 {
		sleep = d.c.Every
	}
	if err != nil {
		return sleep
	}
	if at := p.Links["configData"].Href; at != "" {
		d.report(ctx, http.MethodPut, at, `{"mode":"merge","data":{"simulated":"yes"},"status":{"execution":"closed","result":{"finished":"success"},"details":[]},"id":""}`)
	}
	if at := p.Links["cancelAction"].Href; at != "" {
		d.stop(ctx, at)
	} else if at := p.Links["deploymentBase"].Href; at != "" {
		d.install(ctx, at)
	}
	return sleep
}

func (d *device) stop(ctx context.Context, at string) {
	action := at[strings.LastIndexByte(at, '/')+1:]
	if d.report(ctx, http.MethodPost, at+"/feedback", feedback(action, "closed", "success", 0, 0, "Cancelled.")) {
		d.closed = action
		d.r.cancelled.Add(1)
	}
}

// end says how an action ended, until the server has taken it: a device says it
// again after the server was away.
func (d *device) end(ctx context.Context, w word) bool {
	d.owed = &w
	if !d.report(ctx, http.MethodPost, w.at+"/feedback", feedback(w.action, "closed", w.finished, 0, 0, w.detail)) {
		return false
	}
	d.owed, d.closed = nil, w.action
	if w.finished == "failure" {
		d.r.broken.Add(1)
	} else {
		d.r.confirmed.Add(1)
	}
	return true
}

// install fetches, installs, starts with it, and says how it came up.
func (d *device) install(ctx context.Context, at string) {
	var b deployment
	if _, err := d.get(ctx, at, &b); err != nil {
		d.r.failedTo("get a deployment", err, ctx)
		return
	}
	if b.ID == d.closed { // it was closed meanwhile
		return
	}
	d.r.offered.Add(1)
	action := d.base + "/deploymentBase/" + b.ID
	chunks := len(b.Deployment.Chunks)
	proceeds := func(n int, detail string) bool {
		return d.report(ctx, http.MethodPost, action+"/feedback", feedback(b.ID, "proceeding", "none", n, chunks, detail))
	}
	proceeds(0, "Installing Update Chunk Artifacts.")
	for _, chunk := range b.Deployment.Chunks {
		for _, file := range chunk.Artifacts {
			if d.c.NoDownload {
				continue
			}
			if err := d.fetch(ctx, file.Links["download"].Href, file.Size, file.Hashes.SHA1); err != nil {
				d.end(ctx, word{b.ID, action, "failure", "Download failed: " + err.Error()})
				return
			}
		}
	}
	if !proceeds(chunks, "All Chunks Installed.") || !rest(ctx, d.c.Boot) {
		return // it begins again at the next poll, as SWUpdate does
	}
	if d.fails {
		d.end(ctx, word{b.ID, action, "failure", "The new system did not come up."})
	} else {
		d.end(ctx, word{b.ID, action, "success", "Update Installed."})
	}
}
