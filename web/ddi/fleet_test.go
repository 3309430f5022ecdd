package ddi_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"slipway/internal/client/fleet"
	"slipway/internal/deploy"
)

// Three hundred devices go through a phased rollout; some fail. No report is
// lost, and every device is accounted for.
func TestAFleetGoesThroughARollout(t *testing.T) {
	const devices, pilots = 300, 20
	names := make([]string, pilots)
	for i := range names {
		names[i] = fmt.Sprintf("sim-%06d", i+1)
	}
	f := newWorld(t, image, names...)
	for i, name := range names {
		if i > 0 { // the first is a pilot already
			detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, name)
			f.must(err)
			f.must(f.app.Deploy.EditTarget(ctx, f.omar, name, detail.Target.Version, deploy.TargetDraft{Name: name, EnvironmentKey: "field", Tags: "pilot"}))
		}
	}
	token, err := f.app.Deploy.RotateGateway(ctx, f.omar, "field")
	f.must(err)
	c := fleet.Config{Server: f.url, Token: token, Devices: devices, Prefix: "sim-", Every: 20 * time.Millisecond, Connections: 32}
	// All poll once, by which those that nobody entered are added.
	short, cancel := context.WithCancel(ctx)
	seen := make(chan *fleet.Result)
	go func() { seen <- fleet.Run(short, c) }()
	f.eventually(func() bool {
		e, err := f.app.Deploy.EnvironmentPage(ctx, f.maya, "field")
		f.must(err)
		return e.Targets == devices
	})
	cancel()
	if r := <-seen; r.Errors() != 0 {
		t.Fatal(r)
	}
	f.start(1)
	pilot := c
	pilot.Devices, pilot.Once = pilots, true
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if r := fleet.Run(limited, pilot); r.Errors() != 0 || r.Lost() != 0 || r.Confirmed() != pilots {
		t.Fatal(r)
	}
	f.waveIs(1, deploy.WaveComplete)
	f.start(2)
	rest := c
	rest.First, rest.Devices, rest.FailPercent, rest.Once = pilots+1, devices-pilots, 10, true
	limited, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	r := fleet.Run(limited, rest)
	w := f.wave(2)
	if r.Errors() != 0 || r.Lost() != 0 || r.Confirmed() != w.Verified || r.Broken() != w.Failed || w.Failed < 10 {
		t.Errorf("%d verified, %d failed\n%s", w.Verified, w.Failed, r)
	}
}

// eventually waits for something that the server comes to by itself.
func (f *world) eventually(met func() bool) {
	f.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		if met() {
			return
		}
	}
	f.t.Fatal("it never came to that")
}
