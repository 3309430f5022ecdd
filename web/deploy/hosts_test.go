package deploy_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/deploy/ssh"
	"slipway/internal/deploy/ssh/sshtest"
	"slipway/internal/release"
)

// pushed has the environment of pay-osl-2 reached over SSH, and that target's
// wave pushed.
func pushed(t *testing.T) (*scene, string) {
	t.Helper()
	c := at(t, "PAY", release.Deploying)
	maya := actor(t, c.s, "maya")
	d, err := c.s.App.Deploy.TargetDetail(context.Background(), maya, "pay-osl-2")
	if err != nil {
		t.Fatal(err)
	}
	e := d.Environment
	err = c.s.App.Deploy.EditEnvironment(context.Background(), maya, e.Key, e.Version, deploy.EnvironmentDraft{Name: e.Name, Zone: e.Zone, Production: e.Production, Position: e.Position, Method: deploy.MethodSSH})
	if err != nil {
		t.Fatal(err)
	}
	return c, "/environments/" + e.Key
}

func TestKeysOfAnEnvironmentArePutUp(t *testing.T) {
	c, place := pushed(t)
	maya, dario := c.s.As("maya"), c.s.As("dario")
	maya.Get(place).Has("#ssh", "No key yet")
	lacksForm(t, dario.Get(place), place+"/keys")
	dario.Post(place+"/keys", url.Values{}).Status(http.StatusForbidden)
	c.done(maya, place, place+"/keys")
	dario.Get(place).Has("#ssh pre", "ssh-ed25519 ").Has("#ssh", "SHA256:")
	c.done(maya, place, place+"/keys")
	lacksForm(t, maya.Get(place), place+"/keys")
	retire := place + "/keys/1/retire"
	c.does(maya, place, retire).Status(http.StatusUnprocessableEntity).Has("#f-reason-error", "Say why")
	c.done(maya, place, retire, "reason", "A laptop was lost.")
	maya.Get(place).Has("#ssh", "retired").Has("#ssh", "Retired by")
}

func TestHostKeyIsAcceptedOnThePage(t *testing.T) {
	c, place := pushed(t)
	maya, dario := c.s.As("maya"), c.s.As("dario")
	real := sshtest.New(t)
	const target = "/targets/pay-osl-2"
	maya.Get(target).Has("#ssh", "No address yet")
	lacksForm(t, dario.Get(target), target+"/host")
	c.does(maya, target, target+"/host", "address", "not a name", "port", "22", "login", "deploy").Status(http.StatusUnprocessableEntity).Has("#f-address-error", "host name or an IP")
	c.done(maya, target, target+"/host", "address", "127.0.0.1", "port", fmt.Sprint(real.Port), "login", "deploy")
	c.done(maya, target, target+"/host/look")
	want, _ := ssh.Fingerprint(real.Key())
	page := dario.Get(target).Has("#ssh .notice", want).Has("#ssh", "Maya")
	lacksForm(t, page, target+"/host/accept")
	c.done(maya, target, target+"/host/accept")
	dario.Get(target).Has("#ssh", "Accepted by").Lacks("#ssh .notice", want)
	real.Rekey(t)
	c.done(maya, target, target+"/host/look")
	now, _ := ssh.Fingerprint(real.Key())
	maya.Get(target).Has("#ssh .notice", "shows another host key").Has("#ssh .notice", want).Has("#ssh .notice", now)
	hosts := place + "/hosts"
	dario.Get(hosts).Status(http.StatusOK).Has("tbody", "another key").Has(".page-head", "changed key")
	dario.Get(hosts).Lacks("main", "Addresses from a list")
	maya.Get(hosts+"?q=osl-2").Has("tbody", "pay-osl-2").Lacks("tbody", "pay-osl-3")
	c.does(maya, hosts, hosts, "list", "pay-osl-3 deploy").Status(http.StatusUnprocessableEntity).Has("#f-list-error", "Line 1")
	c.done(maya, hosts, hosts, "list", fmt.Sprintf("pay-osl-3 deploy@127.0.0.1:%d", real.Port))
	c.done(maya, hosts, hosts+"/look")
	for {
		worked, err := c.s.App.Jobs.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			break
		}
	}
	maya.Get(hosts).Has("tbody", "waits for you")
	c.done(maya, hosts, hosts+"/accept")
	maya.Get("/targets/pay-osl-3").Has("#ssh", "Accepted by")
	c.done(maya, target, target+"/host/refuse")
	maya.Get(target).Lacks("#ssh .notice", now)
	c.s.As("stefan").Get(hosts).Status(http.StatusForbidden)
}

func TestWorkOnAHostIsShown(t *testing.T) {
	c, _ := pushed(t)
	dario := c.s.As("dario")
	target := c.wave("2/targets/pay-osl-2")
	dario.Get(target).Lacks("main", "Over SSH")
	w := c.find(2)
	err := c.s.App.DB.InTx(context.Background(), func(tx *db.Tx) error {
		if err := tx.Gorm().Model(w).Update("method", deploy.MethodSSH).Error; err != nil {
			return err
		}
		var row deploy.WaveTarget
		if err := tx.First(&row, "wave_id = ? AND target_key = ?", w.ID, "pay-osl-2"); err != nil {
			return err
		}
		run := &deploy.Run{WaveID: w.ID, ReleaseID: w.ReleaseID, WaveTargetID: row.ID, TargetID: row.TargetID, Purpose: deploy.ForDeploy, Attempt: 1, State: deploy.RunGoing, Stage: deploy.StageInstall, StartedAt: tx.Now, Folder: "PAY.w2.t1.a1.x"}
		if err := tx.Create(run); err != nil {
			return err
		}
		return tx.Create(&deploy.Command{RunID: run.ID, Kind: deploy.Install, Number: 1, Title: "Copy", Line: "cp <a> b", BeganAt: tx.Now, Output: "half <done>\n", Said: 12})
	})
	if err != nil {
		t.Fatal(err)
	}
	dario.Get(target).Has("#run", "Attempt 1").Has("#run pre.cmd", "cp <a> b").Has("#run pre.out", "half <done>").Has("#run .run-stages", "Install").Has("#run .st-active", "runs")
	fragment(t, dario, target+"/work").Has("#run pre.out", "half <done>")
	dario.Get(target + "/events").Status(http.StatusOK)
	c.s.As("stefan").Get(target).Has("#run", "Attempt 1")
	dario.Get(c.wave("2/targets/pay-osl-99/work")).Status(http.StatusNotFound)
	dario.Get(c.wave("2/targets/pay-osl-99/events")).Status(http.StatusNotFound)
	dario.Post(target+"/put-back", url.Values{"version": {"1"}}).Status(http.StatusConflict)
}

func TestHostsAtOnceAreChosenOnTheWave(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	edit := c.wave("1/edit")
	if maya.Get(edit).Doc().Find("input[name=parallel]").Length() != 0 {
		t.Error("a release by hand is asked how many hosts at once")
	}
	err := c.s.App.DB.InTx(t.Context(), func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", c.key).Update("execution", "automated").Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if at, _ := maya.Get(edit).Doc().Find("input[name=parallel]").Attr("value"); at != "5" {
		t.Errorf("at first %q hosts at once", at)
	}
	c.does(maya, edit, edit, "method", deploy.MethodSSH, "parallel", "500").Status(http.StatusUnprocessableEntity).Has("#f-parallel-error", "1 to 50 hosts")
	c.done(maya, edit, edit, "method", deploy.MethodSSH, "parallel", "12")
	if w := c.find(1); w.Method != deploy.MethodSSH || w.AtOnce() != 12 {
		t.Errorf("%s, %d at once", w.Method, w.AtOnce())
	}
	maya.Get(c.wave("1/run")).Has("main", "$SLIPWAY_FILES")
	maya.Get(c.wave("2/run")).Lacks("main", "$SLIPWAY_FILES")
	maya.Get(c.board()).Has("#blockers", "no SSH key").Has("#blockers", "no host key that somebody accepted")
}
