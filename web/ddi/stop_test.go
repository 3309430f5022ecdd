package ddi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/identity"
)

func TestAPauseWithholdsWhatWasNotFetched(t *testing.T) {
	f := newWorld(t, image, "dev-1", "dev-2", "dev-3")
	one, two, three := f.device("dev-1"), f.device("dev-2"), f.device("dev-3")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	one.says(action, "closed", "success").status(200)
	f.start(2)
	href, action = two.offered()
	two.ask("GET", href, "").status(200)
	third, _ := three.offered()
	f.must(f.app.Deploy.PauseWave(ctx, f.maya, key, 2, "wait"))
	if links := three.links(); links["deploymentBase"] != "" {
		t.Error("a paused wave offers")
	}
	three.ask("GET", third, "").status(404)
	three.ask("GET", "/softwaremodules/"+fmt.Sprint(f.Module)+"/artifacts/fw%202.0+a.swu", "").status(404)
	two.ask("GET", href, "").status(200) // what was fetched goes on
	two.says(action, "proceeding", "none", "All Chunks Installed.").status(200)
	f.stands(2, "dev-2", deploy.TargetInstalled)
	f.must(f.app.Deploy.ResumeWave(ctx, f.maya, key, 2, "on"))
	three.offered()
	f.later(5 * 24 * time.Hour) // the window of the wave closes
	if links := three.links(); links["deploymentBase"] != "" {
		t.Error("outside its window the wave offers")
	}
	three.ask("GET", third, "").status(404)
}

func TestWhoIsStoppedIsToldTo(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", "/cancelAction/"+action, "").status(404)
	one.ask("GET", href, "").status(200)
	f.must(f.app.Deploy.FailWave(ctx, f.maya, key, 1, "stop"))
	links := one.links()
	if links["deploymentBase"] != "" || strings.Contains(links["cancelAction"], "?") {
		t.Fatalf("%v", links)
	}
	one.ask("GET", href, "").status(404)
	var cancel struct {
		ID     string
		Cancel struct{ StopID string } `json:"cancelAction"`
	}
	one.ask("GET", links["cancelAction"], "").status(200).json(&cancel)
	if cancel.ID != action || cancel.Cancel.StopID != action {
		t.Errorf("%+v", cancel)
	}
	one.ask("POST", links["cancelAction"]+"/feedback", report(action, "closed", "success", "cancelled")).status(200)
	f.stands(1, "dev-1", deploy.TargetFailed)
	if links := one.links(); links["cancelAction"] != "" || links["deploymentBase"] != "" {
		t.Errorf("afterwards: %v", links)
	}
	// Retried, it gets another action.
	f.must(f.app.Deploy.RemediateWave(ctx, f.maya, key, 1, "mend"))
	f.must(f.app.Deploy.RetryWave(ctx, f.maya, key, 1, "mended"))
	if _, next := one.offered(); next == action {
		t.Error("the cancelled action is offered again")
	}
}

func TestWhoWillNotStopGoesOn(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	f.must(f.app.Deploy.FailWave(ctx, f.maya, key, 1, "stop"))
	one.ask("POST", "/cancelAction/"+action+"/feedback", report(action, "rejected", "none", "installing")).status(200)
	if got, _ := one.offered(); got != href {
		t.Errorf("%s is offered", got)
	}
	one.says(action, "closed", "success").status(200)
	f.stands(1, "dev-1", deploy.TargetVerified)
}

func TestDevicesThatTakeTooLongAreOverdue(t *testing.T) {
	f := newWorld(t, image, "dev-1", "dev-2", "dev-3")
	f.must(f.app.Deploy.EditPull(ctx, f.omar, "field", 0, deploy.PullDraft{PollSeconds: 60, ConfirmMinutes: 30, StuckMinutes: 120}))
	one, two := f.device("dev-1"), f.device("dev-2")
	f.device("dev-3")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	one.says(action, "proceeding", "none", "All Chunks Installed.").status(200)
	f.later(29 * time.Minute)
	f.must(f.app.Deploy.WatchPulls(ctx))
	f.stands(1, "dev-1", deploy.TargetInstalled)
	f.later(2 * time.Minute)
	f.must(f.app.Deploy.WatchPulls(ctx))
	f.stands(1, "dev-1", deploy.TargetOverdue)
	f.waveIs(1, deploy.WaveFailed)
	one.offered() // it may still say that it runs
	one.says(action, "closed", "success", "Update Installed.").status(200)
	f.stands(1, "dev-1", deploy.TargetVerified)
	f.must(f.app.Deploy.RemediateWave(ctx, f.maya, key, 1, "it runs after all"))
	f.must(f.app.Deploy.RetryWave(ctx, f.maya, key, 1, "it runs after all"))
	f.waveIs(1, deploy.WaveComplete)

	f.start(2)
	f.must(f.app.Deploy.PauseWave(ctx, f.maya, key, 2, "wait"))
	f.later(3 * time.Hour) // a pause makes nobody late
	f.must(f.app.Deploy.WatchPulls(ctx))
	f.must(f.app.Deploy.ResumeWave(ctx, f.maya, key, 2, "on"))
	f.later(time.Hour)
	f.must(f.app.Deploy.WatchPulls(ctx))
	f.stands(2, "dev-2", deploy.TargetOffered)
	f.later(2 * time.Hour)
	f.must(f.app.Deploy.WatchPulls(ctx))
	f.stands(2, "dev-2", deploy.TargetOverdue)
	if two.links()["deploymentBase"] != "" { // its wave failed
		t.Error("a failed wave offers")
	}
}

// A device that was stopped before it installed anything runs what it ran: the
// wave that is backed out need not wait for a person to say so.
func TestABackOutStopsThoseWhoFetch(t *testing.T) {
	f := newWorld(t, image)
	former := "sha256:" + strings.Repeat("ab", 32)
	f.must(f.app.Deploy.AddTarget(ctx, f.omar, deploy.TargetDraft{Key: "dev-1", EnvironmentKey: "field", Tags: "pilot", InstalledDigest: former}))
	f.must(f.app.Deploy.AddTarget(ctx, f.omar, deploy.TargetDraft{Key: "dev-2", EnvironmentKey: "field", Tags: "pilot"}))
	one, two := f.device("dev-1"), f.device("dev-2")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	f.must(f.app.Deploy.RemediateWave(ctx, f.maya, key, 1, "back"))
	f.must(f.app.Deploy.BackOutWave(ctx, f.maya, key, 1, "back"))
	if links := two.links(); len(links) != 1 { // configData
		t.Errorf("%v", links)
	}
	one.ask("POST", one.links()["cancelAction"]+"/feedback", report(action, "closed", "success")).status(200)
	f.stands(1, "dev-1", deploy.TargetRolledBack)
	f.stands(1, "dev-2", deploy.TargetRolledBack)
	f.waveIs(1, deploy.WaveRolledBack)
	one.says(action, "closed", "success").status(200)
	f.stands(1, "dev-1", deploy.TargetRolledBack)
}

func TestWhoIsLeftOutIsStopped(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	sofia := dbtest.User(t, f.app.DB, "sofia", identity.ServiceOwner)
	one := f.device("dev-1")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	f.must(f.app.Deploy.AskExclusion(ctx, f.maya, key, 1, "dev-1", 0, "its owner sold it"))
	f.must(f.app.Deploy.ConfirmExclusion(ctx, sofia, key, 1, "dev-1", 0, true))
	at := one.links()["cancelAction"]
	if at == "" {
		t.Fatal("it is not told to stop")
	}
	one.ask("POST", at+"/feedback", report(action, "closed", "success")).status(200)
	f.stands(1, "dev-1", deploy.TargetExcluded)
	one.says(action, "closed", "success").status(200)
	f.stands(1, "dev-1", deploy.TargetExcluded)
}
