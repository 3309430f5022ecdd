//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web/webtest"
	"slipway/web/webtest/swutest"
)

// TestDevicesFetchARelease rolls a release out to devices that run Debian's
// SWUpdate: a pilot, which soaks; go; and the rest.
func TestDevicesFetchARelease(t *testing.T) {
	t.Parallel()
	installed := filepath.Join(t.TempDir(), "installed.bin")
	image := swutest.NewImage(t, installed)
	o := open(t, webtest.Empty(t))
	o.fetchable(image.Bytes)

	o.chapter("the pilot")
	pilot := o.device(image, "dev-1")
	pilot.Start("")
	o.begin()
	o.seesTarget("1", "dev-1", "Installed")
	pilot.Stop()
	if got, err := os.ReadFile(installed); err != nil || !bytes.Equal(got, image.Payload) {
		t.Fatalf("%d bytes are installed: %v", len(got), err)
	}
	maya := o.at("maya", "waves", "1", "targets")
	maya.see("awaiting confirmation")
	maya.screenshot("pull-awaiting")
	pilot.Start("-c 2") // it came up with what was installed
	o.seesTarget("1", "dev-1", "Verified")
	pilot.Stop()

	o.chapter("the soak")
	maya = o.at("maya", "deployment")
	maya.see("Complete")
	maya.press("Make ready")
	maya.see("2 devices of Wave 2, The rest have no token to fetch with")
	rest := map[string]*swutest.Daemon{"dev-2": o.device(image, "dev-2"), "dev-3": o.device(image, "dev-3")}
	maya = o.at("maya", "deployment")
	maya.see("Refused for now: 1 reason")
	maya.see("soaks until")
	maya.screenshot("pull-soaks")
	o.later(3 * time.Hour)

	o.chapter("the rest")
	maya = o.at("maya", "deployment")
	maya.fill("Comment", "The pilot is good, and soaked.")
	maya.press("Give go")
	maya.press("Start")
	for id, device := range rest {
		device.Start("")
		o.seesTarget("2", id, "Installed")
		device.Stop()
		device.Start("-c 2")
		o.seesTarget("2", id, "Verified")
		device.Stop()
	}
	o.stands(release.EarlyLife)
	maya = o.at("maya", "deployment")
	maya.screenshot("pull-done")
	omar := o.as("omar")
	omar.open("/targets/dev-3")
	omar.see("serialNo")
}

// fetchable makes a release of the image that devices fetch, whose pilot soaks
// for two hours, and lets its people sign in.
func (o *office) fetchable(image []byte) {
	o.t.Helper()
	ctx := context.Background()
	f, err := sample.Fetchable(ctx, o.App, image)
	o.must(err)
	o.key = f.Key
	o.letIn(f)
	o.must(o.App.DB.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.Wave{}).Where("number = 1").Update("soak_hours", 2).Error
	}))
	o.must(o.App.Deploy.EditPull(ctx, f.Omar, f.Environment, 0, deploy.PullDraft{PollSeconds: 1, ConfirmMinutes: 30, StuckMinutes: 120}))
	for id, tags := range map[string]string{"dev-1": "pilot", "dev-2": "", "dev-3": ""} {
		o.must(o.App.Deploy.AddTarget(ctx, f.Omar, deploy.TargetDraft{Key: id, EnvironmentKey: f.Environment, Tags: tags}))
	}
}

// letIn gives those who release and keep the targets a password.
func (o *office) letIn(f *sample.Automated) {
	o.t.Helper()
	ctx := context.Background()
	var root identity.Actor
	o.must(o.App.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		root, err = identity.Enroll(tx, "root", []identity.Grant{{Role: identity.Administrator}})
		return err
	}))
	for name, who := range map[string]identity.Actor{"Maya Lindqvist": f.Maya, "Omar Haddad": f.Omar} {
		o.must(o.App.Identity.EditUser(ctx, root, who.Username, identity.Edit{Version: 1, Name: name, Grants: who.Grants, Password: sample.Password}))
	}
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// device gives a device the token that its page shows once.
func (o *office) device(image *swutest.Image, id string) *swutest.Daemon {
	o.t.Helper()
	omar := o.as("omar")
	omar.open("/targets/" + id)
	omar.press("Make a token")
	omar.see("it is not shown again")
	token := eval[string](omar, `document.querySelector('.cmd.mono').textContent.trim()`)
	omar.open("/targets/" + id)
	omar.seeNot(token)
	return swutest.NewDaemon(o.t, image, o.URL, id, token)
}

// seesTarget waits until a wave's list shows a target in a state, looking again
// as a person does who reloads the page.
func (o *office) seesTarget(wave, id, state string) {
	o.t.Helper()
	maya := o.as("maya")
	for deadline := time.Now().Add(patience); ; {
		o.at("maya", "waves", wave, "targets", id)
		if eval[bool](maya, `[...document.querySelectorAll('main .st')].some(e => e.textContent.trim().startsWith(`+quote(state)+`))`) {
			return
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("%s never came to be %s\n%s", id, state, maya.text())
		}
	}
}
