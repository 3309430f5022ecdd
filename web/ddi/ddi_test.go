package ddi_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/web"
)

var image = bytes.Repeat([]byte("firmware "), 5000)

type deployment struct {
	ID         string
	Deployment struct {
		Download, Update string
		Chunks           []struct {
			Part, Name, Version string
			Artifacts           []struct {
				Filename string
				Size     int64
				Hashes   struct{ SHA1, MD5, SHA256 string }
				Links    map[string]struct{ Href string } `json:"_links"`
			}
		}
	}
}

func TestADeviceFetchesInstallsAndConfirms(t *testing.T) {
	f := newWorld(t, image, "dev-1", "dev-2")
	one, two := f.device("dev-1"), f.device("dev-2")
	if links := one.links(); links["deploymentBase"] != "" || links["configData"] == "" {
		t.Fatalf("before anything starts: %v", links)
	}
	one.ask("PUT", "/configData", `{"data":{"hwVersion":"1.0","serialNo":"SN-1"},"status":{"execution":"closed"}}`).status(200)
	if links := one.links(); links["configData"] != "" {
		t.Error("attributes are wanted again")
	}
	f.start(1)
	f.stands(1, "dev-1", deploy.TargetOffered)
	if links := two.links(); links["deploymentBase"] != "" {
		t.Error("the second wave is offered with the first")
	}
	href, action := one.offered()
	var d deployment
	one.ask("GET", href, "").status(200).json(&d)
	f.stands(1, "dev-1", deploy.TargetTaken)
	if d.ID != action || d.Deployment.Update != "forced" || len(d.Deployment.Chunks) != 1 || len(d.Deployment.Chunks[0].Artifacts) != 1 {
		t.Fatalf("%+v", d)
	}
	file := d.Deployment.Chunks[0].Artifacts[0]
	older, oldest := sha1.Sum(image), md5.Sum(image)
	if file.Size != int64(len(image)) || file.Hashes.SHA1 != hex.EncodeToString(older[:]) || file.Hashes.MD5 != hex.EncodeToString(oldest[:]) || len(file.Hashes.SHA256) != 64 || file.Filename != "fw 2.0+a.swu" {
		t.Errorf("%+v", file)
	}
	got := one.ask("GET", file.Links["download"].Href, "").status(200)
	if !bytes.Equal(got.body, image) || got.head.Get("ETag") != `"`+file.Hashes.SHA1+`"` {
		t.Errorf("%d bytes, %v", len(got.body), got.head)
	}
	if sum := one.ask("GET", file.Links["md5sum-http"].Href, "").status(200); string(sum.body) != file.Hashes.MD5+"  "+file.Filename {
		t.Errorf("MD5SUM is %q", sum.body)
	}
	one.says(action, "proceeding", "none", "log line 1", "log line 2").status(200)
	f.stands(1, "dev-1", deploy.TargetTaken)
	one.says(action, "proceeding", "none", "All Chunks Installed.").status(200)
	f.stands(1, "dev-1", deploy.TargetInstalled)
	f.waveIs(1, deploy.WaveVerifying)
	board, err := f.app.Deploy.Board(ctx, f.maya, key)
	f.must(err)
	if got := board.Waves[0].Awaited; got.Installed != 1 || got.First != f.app.DB.Now().Add(time.Hour) {
		t.Errorf("%+v", got)
	}
	one.ask("GET", href, "").status(200) // SWUpdate asks for the number again after its restart
	one.says(action, "closed", "success", "Update Installed.").status(200)
	f.stands(1, "dev-1", deploy.TargetVerified)
	f.waveIs(1, deploy.WaveComplete)
	links := one.links()
	if links["deploymentBase"] != "" || !strings.HasSuffix(links["installedBase"], "/installedBase/"+action) || links["configData"] == "" {
		t.Errorf("afterwards: %v", links)
	}
	one.ask("GET", links["installedBase"], "").status(200).json(&d)
	detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, "dev-1")
	f.must(err)
	if detail.Target.InstalledDigest != f.wave(1).PackageDigest || detail.Target.Reported != "hwVersion=1.0\nserialNo=SN-1" {
		t.Errorf("%+v", detail.Target)
	}
}

func TestPartsOfAFile(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	f.start(1)
	href, _ := one.offered()
	var d deployment
	one.ask("GET", href, "").status(200).json(&d)
	at := d.Deployment.Chunks[0].Artifacts[0].Links["download"].Href
	part := one.ask("GET", at, "", "Range", "bytes=30000-").status(206)
	if !bytes.Equal(part.body, image[30000:]) {
		t.Errorf("%d bytes", len(part.body))
	}
	one.ask("GET", at, "", "Range", "bytes=99999999-").status(416)
	one.ask("GET", at, "", "If-Match", `"other"`).status(412)
	one.ask("GET", at, "", "If-Match", part.head.Get("ETag")).status(200)
	head := one.ask("HEAD", at, "").status(200)
	if head.head.Get("Content-Length") != fmt.Sprint(len(image)) || len(head.body) != 0 {
		t.Errorf("%v", head.head)
	}
	one.ask("GET", "/softwaremodules/"+fmt.Sprint(f.Module)+"/artifacts", "").status(200)
}

func TestReportsThatComeLateOrTwiceSettleTheDevice(t *testing.T) {
	f := newWorld(t, image, "dev-1", "dev-2")
	one, two := f.device("dev-1"), f.device("dev-2")
	f.start(1)
	_, action := one.offered()
	one.says(action, "closed", "success").status(200) // never fetched: nobody runs it
	f.stands(1, "dev-1", deploy.TargetOffered)
	href, _ := one.offered()
	one.ask("GET", href, "").status(200)
	two.says(action, "closed", "success").status(404)
	two.ask("GET", href, "").status(401)
	two.ask("GET", "/deploymentBase/"+action, "").status(404)
	one.says("999", "closed", "success").status(404)
	one.says("99999999999", "closed", "success").status(404)
	one.says(action, "closed", "failure", "no space left").status(200)
	f.stands(1, "dev-1", deploy.TargetFailed)
	if reason := f.target(1, "dev-1").Reason; !strings.Contains(reason, "no space left") {
		t.Errorf("the reason is %q", reason)
	}
	one.says(action, "closed", "success").status(200)
	one.says(action, "closed", "failure").status(200)
	f.stands(1, "dev-1", deploy.TargetFailed)
}

func TestSkippedIsNoSuccess(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	one.says(action, "closed", "success", "Skipped Update.").status(200)
	f.stands(1, "dev-1", deploy.TargetFailed)
}

func TestADeviceIsAskedForItsConsent(t *testing.T) {
	f := newWorld(t, image, "dev-1", "dev-2", "dev-3")
	for _, n := range []int64{1, 2} {
		edit := f.wave(n).Edit()
		edit.Consent = true
		f.must(f.app.Deploy.EditWave(ctx, f.maya, key, n, f.wave(n).Version, edit))
	}
	one, two, three := f.device("dev-1"), f.device("dev-2"), f.device("dev-3")
	two.ask("POST", "/confirmationBase/activateAutoConfirm", "").status(200)
	two.ask("POST", "/confirmationBase/activateAutoConfirm", "").status(409)
	f.start(1)
	links := one.links()
	if links["deploymentBase"] != "" || links["confirmationBase"] == "" {
		t.Fatalf("%v", links)
	}
	action := f.actionOf("dev-1")
	one.ask("GET", "/deploymentBase/"+action, "").status(404)
	one.ask("GET", links["confirmationBase"], "").status(200)
	one.ask("GET", "/confirmationBase", "").status(200)
	one.ask("POST", "/confirmationBase/"+action+"/feedback", `{"confirmation":"denied","details":["busy"]}`).status(200)
	if links := one.links(); links["confirmationBase"] == "" {
		t.Error("who denied is asked no more")
	}
	one.ask("POST", "/confirmationBase/"+action+"/feedback", `{"confirmation":"maybe"}`).status(400)
	one.ask("POST", "/confirmationBase/"+action+"/feedback", `{"confirmation":"confirmed","code":10}`).status(200)
	href, _ := one.offered()
	one.ask("GET", href, "").status(200)
	one.says(action, "closed", "success").status(200)
	f.start(2)
	two.offered() // which agreed beforehand
	if links := three.links(); links["confirmationBase"] == "" {
		t.Fatalf("%v", links)
	}
	board, err := f.app.Deploy.Board(ctx, f.maya, key)
	f.must(err)
	if got := board.Waves[1].Awaited; got.Asked != 1 || got.Installed != 0 {
		t.Errorf("%+v", got)
	}
	f.must(f.app.Deploy.AgreeFor(ctx, f.maya, key, 2, "dev-3", 0))
	three.offered()
}

// actionOf is the number of a device's newest action.
func (f *world) actionOf(id string) string {
	f.t.Helper()
	detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, id)
	f.must(err)
	if len(detail.Actions) == 0 {
		f.t.Fatalf("%s has no action", id)
	}
	return fmt.Sprint(detail.Actions[0].ID)
}

func TestAddressesAreTheConfiguredOnes(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	f.start(1)
	f.serve(web.Config{Zone: "UTC", URL: "https://slipway.example/"})
	if href, _ := one.offered(); !strings.HasPrefix(href, "https://slipway.example/default/controller/v1/dev-1/deploymentBase/") {
		t.Error(href)
	}
	f.serve(web.Config{Zone: "UTC", TrustedProxy: "127.0.0.0/8"})
	var body struct {
		Links map[string]struct{ Href string } `json:"_links"`
	}
	one.ask("GET", "", "", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "fleet.example").status(200).json(&body)
	if href := body.Links["configData"].Href; href != "https://fleet.example/default/controller/v1/dev-1/configData" {
		t.Error(href)
	}
	f.serve(web.Config{Zone: "UTC"})
	one.ask("GET", "", "", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example").status(200).json(&body)
	if href := body.Links["configData"].Href; !strings.HasPrefix(href, f.url) {
		t.Error(href)
	}
}

func TestWhenADeviceWasSeenIsWrittenForManyAtOnce(t *testing.T) {
	f := newWorld(t, image, "dev-1", "dev-2")
	f.device("dev-1").links()
	f.device("dev-2").links()
	f.must(f.app.Deploy.WriteSightings(ctx))
	f.must(f.app.Deploy.WriteSightings(ctx))
	var rows []deploy.DeviceRecord
	f.must(f.app.DB.View(ctx, func(tx *db.Tx) error { return tx.Gorm().Order("target_id").Find(&rows).Error }))
	if len(rows) != 2 || rows[0].SeenAt.IsZero() || rows[1].SeenFrom != "127.0.0.1" || rows[0].TokenHash == "" {
		t.Errorf("%+v", rows)
	}
}

// A poll with nothing to do asks the database for nothing.
func TestAPollIsAnsweredFromMemory(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	one.links()
	counting, count := db.CountStatements(ctx)
	for range 3 {
		dev, err := f.app.Deploy.Device(counting, "dev-1", one.auth, "")
		f.must(err)
		_, err = f.app.Deploy.Poll(counting, dev)
		f.must(err)
	}
	if n := count.Load(); n != 0 {
		t.Errorf("%d statements", n)
	}
}

// What is overdue is found by a job, which goes on as long as a device is awaited.
func TestTheClockOfAWaveGoesOnByItself(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	f.must(f.app.Deploy.EditPull(ctx, f.omar, "field", 0, deploy.PullDraft{PollSeconds: 60, ConfirmMinutes: 1, StuckMinutes: 1}))
	f.device("dev-1")
	f.start(1)
	for range 8 {
		f.later(11 * time.Second)
		f.work()
	}
	f.stands(1, "dev-1", deploy.TargetOverdue)
	f.later(time.Minute)
	f.work()
	if more, err := f.app.Jobs.Step(ctx); more || err != nil {
		t.Errorf("nobody is awaited, and the job goes on: %v", err)
	}
}

// work does the jobs that are due.
func (f *world) work() {
	f.t.Helper()
	for worked := true; worked; {
		var err error
		worked, err = f.app.Jobs.Step(ctx)
		f.must(err)
	}
}

// Two servers on one database hear of each other's deeds within seconds.
func TestAnotherServersDeedsAreNoticed(t *testing.T) {
	if os.Getenv("SLIPWAY_TEST_PG") == "" {
		t.Skip("several servers take PostgreSQL")
	}
	f := newWorld(t, image, "dev-1", "dev-2")
	other := app.Connect(f.app.DB, f.blobs, nil)
	one := f.device("dev-1")
	if links := one.links(); links["deploymentBase"] != "" {
		t.Fatalf("%v", links)
	}
	f.must(f.Start(ctx, other, 1))
	f.later(4 * time.Second)
	href, _ := one.offered()
	f.must(other.Deploy.PauseWave(ctx, f.maya, key, 1, "wait"))
	f.later(4 * time.Second)
	if links := one.links(); links["deploymentBase"] != "" {
		t.Error("what another server paused is offered")
	}
	one.ask("GET", href, "").status(404)
	f.must(other.Deploy.ResumeWave(ctx, f.maya, key, 1, "on"))
	_, err := other.Deploy.RotateToken(ctx, f.omar, "dev-1")
	f.must(err)
	f.later(4 * time.Second)
	one.ask("GET", "", "").status(401)
}

// A device that tells the digest of what it runs is compared with the records.
func TestWhatDevicesRunIsCompared(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	one.ask("PUT", "/configData", `{"data":{"installed_digest":"`+strings.Repeat("e", 64)+`","installed_version":"of nobody knows what"}}`).status(200)
	list, err := f.app.Deploy.TargetsPage(ctx, f.maya, deploy.TargetFilter{Drift: deploy.Unauthorised})
	f.must(err)
	if len(list.Targets) != 1 || list.Targets[0].Key != "dev-1" || list.Targets[0].ReportedVersion != "of nobody knows what" {
		t.Errorf("%+v", list.Targets)
	}
	one.ask("PUT", "/configData", `{"data":{"installed_digest":"something else"}}`).status(200) // an attribute like any other
}
