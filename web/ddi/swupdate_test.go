package ddi_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/web/webtest/swutest"
)

// until waits for a device to stand somewhere.
func until(f *world, p *swutest.Daemon, n int64, id string, state deploy.TargetState) {
	f.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); <-tick.C {
		if f.target(n, id).State == state {
			return
		}
	}
	got := f.target(n, id)
	p.Stop() // so that its log is whole
	f.t.Fatalf("%s is %s (%s) and never came to be %s\n%s", id, got.State, got.Reason, state, p.Log())
}

// Debian's SWUpdate, as it is packaged, updates from Slipway: a pilot that
// confirms its boot, and another device that comes up with a failure.
func TestDebiansSWUpdate(t *testing.T) {
	installed := filepath.Join(t.TempDir(), "installed.bin")
	s := swutest.NewImage(t, installed)
	f := newWorld(t, s.Bytes, "dev-1", "dev-2")
	f.must(f.app.Deploy.EditPull(ctx, f.omar, "field", 0, deploy.PullDraft{PollSeconds: 1, ConfirmMinutes: 30, StuckMinutes: 120}))
	first := newDaemon(f, s, "dev-1")
	first.Start("")
	f.start(1)
	until(f, first, 1, "dev-1", deploy.TargetInstalled)
	first.Stop()
	if got, err := os.ReadFile(installed); err != nil || !bytes.Equal(got, s.Payload) {
		t.Fatalf("%d bytes are installed: %v", len(got), err)
	}
	first.Start("-c 2") // as after a reboot into what was installed
	until(f, first, 1, "dev-1", deploy.TargetVerified)
	first.Stop()
	f.waveIs(1, deploy.WaveComplete)
	detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, "dev-1")
	f.must(err)
	if detail.Target.Reported != "hwVersion=1.0\nserialNo=SN-dev-1" || len(detail.Actions) != 1 || detail.Actions[0].State != deploy.PullDone {
		t.Errorf("%q, %+v", detail.Target.Reported, detail.Actions)
	}

	second := newDaemon(f, s, "dev-2")
	second.Start("")
	f.start(2)
	until(f, second, 2, "dev-2", deploy.TargetInstalled)
	second.Stop()
	second.Start("-c 3") // the new system did not come up
	until(f, second, 2, "dev-2", deploy.TargetFailed)
	f.waveIs(2, deploy.WaveFailed)
}

func newDaemon(f *world, s *swutest.Image, id string) *swutest.Daemon {
	f.t.Helper()
	return swutest.NewDaemon(f.t, s, f.url, id, strings.TrimPrefix(f.device(id).auth, "TargetToken "))
}
