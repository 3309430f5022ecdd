//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/ssh/sshtest"
	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// TestAReleaseIsPushedToHosts pushes a release over SSH to three hosts, each an
// sshd of its own. One has no room; the wave fails and the release pauses. It is
// remediated, and finished.
func TestAReleaseIsPushedToHosts(t *testing.T) {
	t.Parallel()
	o := open(t, webtest.Empty(t))
	disk := t.TempDir() // of all three hosts, which share this machine
	const bytes = "the server, version 2"
	// The failure pauses the release, so that it comes when the others are through.
	o.pushable(bytes, fmt.Sprintf(`if [ -e %[1]s/full-$SLIPWAY_TARGET ]; then
	until [ -e %[1]s/seen-host-1 ] && [ -e %[1]s/seen-host-3 ]; do sleep 0.1; done
	echo "no room left for $SLIPWAY_FILES"; exit 3
fi
cp "$SLIPWAY_FILES" %[1]s/$SLIPWAY_TARGET && echo "installed $SLIPWAY_RELEASE"`, disk),
		fmt.Sprintf(`cmp "$SLIPWAY_FILES" %[1]s/$SLIPWAY_TARGET && touch %[1]s/seen-$SLIPWAY_TARGET`, disk), fmt.Sprintf("rm -f %s/$SLIPWAY_TARGET", disk))
	full := filepath.Join(disk, "full-host-2")
	o.must(os.WriteFile(full, nil, 0o600))

	o.chapter("the hosts")
	o.hosts("host-1", "host-2", "host-3")
	o.work()

	o.chapter("the failure")
	o.begin()
	o.seesTarget("1", "host-2", "Failed")
	maya := o.at("maya", "waves", "1", "targets", "host-2")
	maya.see("no room left for server.bin")
	maya.see("exit code 3")
	maya.screenshot("push-failed")
	o.seesTarget("1", "host-1", "Verified")
	o.seesTarget("1", "host-3", "Verified")
	o.stands(release.Paused)
	maya = o.at("maya", "deployment")
	maya.see("failed")
	maya.screenshot("push-paused")

	o.chapter("the remedy")
	maya.fill("What is wrong", "The disk of host-2 is full.")
	maya.press("Remediate")
	o.stands(release.Remediating)
	o.must(os.Remove(full))
	maya.fill("What is different now", "Operations made room on host-2.")
	maya.press("Begin again")
	o.seesTarget("1", "host-2", "Verified")
	o.stands(release.EarlyLife)
	for _, host := range []string{"host-1", "host-2", "host-3"} {
		if got, err := os.ReadFile(filepath.Join(disk, host)); err != nil || string(got) != bytes {
			t.Errorf("%s holds %q: %v", host, got, err)
		}
	}
	maya = o.at("maya", "waves", "1", "targets", "host-2")
	maya.see("installed " + o.key)
	maya.see("Before")
	maya.screenshot("push-done")
}

// pushable makes a release of a file that is pushed to hosts, whose people may
// sign in.
func (o *office) pushable(body string, commands ...string) {
	o.t.Helper()
	f, err := sample.Pushable(context.Background(), o.App, "server.bin", []byte(body), commands...)
	o.must(err)
	o.key = f.Key
	o.letIn(f)
	for _, host := range []string{"host-1", "host-2", "host-3"} {
		o.must(o.App.Deploy.AddTarget(context.Background(), f.Omar, deploy.TargetDraft{Key: host, EnvironmentKey: f.Environment}))
	}
}

// hosts starts an sshd for each target, and lets omar make the key that they
// take, enter where they are, and accept the keys that they show.
func (o *office) hosts(targets ...string) {
	o.t.Helper()
	omar := o.as("omar")
	omar.open("/environments/field")
	omar.press("Make a key")
	public := eval[string](omar, `document.querySelector('#ssh pre').textContent.trim()`)
	var list strings.Builder
	for _, target := range targets {
		host := sshtest.NewSshd(o.t, public)
		fmt.Fprintf(&list, "%s %s@127.0.0.1:%d\n", target, host.User, host.Port)
	}
	omar.open("/environments/field/hosts")
	omar.press("Addresses from a list")
	omar.fill("Hosts", list.String())
	omar.press("Save the addresses")
	o.work()
	omar.press("Ask for the missing keys")
	omar.await("the keys of all hosts", `document.body.innerText.includes('Accept 3 first keys') || (location.reload(), false)`)
	omar.screenshot("push-hosts")
	omar.press("Accept 3 first keys")
	omar.see("Every target in use has an address and an accepted host key")
}

// work has the server's background work done, as `slipway serve` does.
func (o *office) work() {
	o.t.Helper()
	if o.works {
		return
	}
	o.works = true
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		o.App.Jobs.Run(ctx, 2)
	}()
	o.t.Cleanup(func() { stop(); <-ended })
}
