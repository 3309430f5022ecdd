package ddi_test

import (
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/release"
)

// formerly lets the targets run the package of an earlier release, and gives its digest.
func (f *world) formerly(image string, targets ...string) string {
	f.t.Helper()
	bruno, err := f.app.Identity.Local(ctx, "bruno")
	f.must(err)
	cora, err := f.app.Identity.Local(ctx, "cora")
	f.must(err)
	v, err := f.app.DML.Receive(ctx, bruno, dml.Submission{ItemKey: "field/firmware", ItemName: "Field firmware", Kind: dml.Software, Label: "1.0", FileName: "former.swu"}, strings.NewReader(image))
	f.must(err)
	f.must(f.app.DML.Accept(ctx, cora, v.ID, v.Row.Version, dml.Decision{ChangeKey: "CHG-1"}))
	digest := blob.Of([]byte("the former package")).String()
	f.must(f.app.DB.InTx(ctx, func(tx *db.Tx) error {
		r, err := f.app.Release.FindIn(tx, f.maya, key)
		if err != nil {
			return err
		}
		p := &release.Package{ReleaseID: r.ID, Number: 0, State: release.PackageSuperseded, Digest: digest}
		if err := tx.Create(p); err != nil {
			return err
		}
		if err := tx.Create(&release.Component{PackageID: p.ID, Kind: release.Software, Name: "firmware", Label: v.Label, Digest: v.Digest.String(), MediaVersionID: v.ID, MediaItem: v.ItemKey}); err != nil {
			return err
		}
		return tx.Gorm().Model(&deploy.Target{}).Where("target_key IN ?", targets).Updates(map[string]any{"installed_digest": digest, "installed_version": "1.0"}).Error
	}))
	return digest
}

// A back-out offers each device that has installed the package that it ran
// before; nobody has to go there.
func TestABackOutOffersWhatRanBefore(t *testing.T) {
	f := newWorld(t, image, "dev-1", "dev-2", "dev-3")
	former := f.formerly("the former image", "dev-1", "dev-2")
	f.must(f.app.DB.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.Target{}).Where("1 = 1").Updates(map[string]any{"tags": "pilot", "facets": "|tag=pilot|"}).Error
	}))
	one, two, three := f.device("dev-1"), f.device("dev-2"), f.device("dev-3")
	f.start(1)
	for _, d := range []*device{one, two, three} {
		href, action := d.offered()
		d.ask("GET", href, "").status(200)
		d.says(action, "proceeding", "none", "All Chunks Installed.").status(200)
		if d != two { // which has not started anew yet
			d.says(action, "closed", "success").status(200)
		}
	}
	_, awaited := two.offered()
	f.must(f.app.Deploy.RemediateWave(ctx, f.maya, key, 1, "It reboots at night."))
	if links := one.links(); links["deploymentBase"] != "" {
		t.Fatalf("something is offered before the back-out is decided: %v", links)
	}
	f.must(f.app.Deploy.BackOutWave(ctx, f.maya, key, 1, "It cannot be mended in the field."))
	for _, d := range []*device{one, two} {
		href, action := d.offered()
		var body struct {
			Deployment struct {
				Chunks []struct {
					Version   string
					Artifacts []struct {
						Filename string
						Links    map[string]struct{ Href string } `json:"_links"`
					}
				}
			}
		}
		d.ask("GET", href, "").status(200).json(&body)
		if c := body.Deployment.Chunks; len(c) != 1 || c[0].Version != "1.0" || c[0].Artifacts[0].Filename != "former.swu" {
			t.Fatalf("%s is offered %+v", d.id, c)
		}
		if got := d.ask("GET", body.Deployment.Chunks[0].Artifacts[0].Links["download-http"].Href, "").status(200); string(got.body) != "the former image" {
			t.Fatalf("%s fetched %q", d.id, got.body)
		}
		d.says(action, "proceeding", "none", "All Chunks Installed.").status(200)
		if got := f.target(1, d.id); got.State == deploy.TargetRolledBack {
			t.Errorf("%s is back before it started with it", d.id)
		}
		d.says(action, "closed", "success").status(200)
		d.says(action, "closed", "success").status(200) // again, since its answer was lost
		f.stands(1, d.id, deploy.TargetRolledBack)
		detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, d.id)
		f.must(err)
		if detail.Target.InstalledDigest != former || detail.Actions[0].Purpose != deploy.ForBackOut || detail.Actions[0].State != deploy.PullDone {
			t.Errorf("%s runs %s, %+v", d.id, detail.Target.InstalledDigest, detail.Actions[0].PullAction)
		}
		if links := d.links(); links["deploymentBase"] != "" {
			t.Errorf("%s is offered more: %v", d.id, links)
		}
	}
	two.says(awaited, "closed", "success").status(200) // late word on what was taken back
	f.stands(1, "dev-2", deploy.TargetRolledBack)
	f.waveIs(1, deploy.WaveRemediating)
	if links := three.links(); links["deploymentBase"] != "" { // nobody knows what it ran
		t.Errorf("dev-3 is offered %v", links)
	}
	f.must(f.app.Deploy.ReportRolledBack(ctx, f.maya, key, 1, "dev-3", deploy.Report{Digest: former, Evidence: "read on the device"}))
	f.waveIs(1, deploy.WaveRolledBack)
}

// What a device says that could not go back is kept; its target waits for a person.
func TestADeviceThatCannotGoBack(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	f.formerly("the former image", "dev-1")
	one := f.device("dev-1")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	one.says(action, "closed", "success").status(200)
	f.must(f.app.Deploy.RemediateWave(ctx, f.maya, key, 1, "It reboots at night."))
	f.must(f.app.Deploy.BackOutWave(ctx, f.maya, key, 1, "It cannot be mended in the field."))
	href, back := one.offered()
	one.says(back, "closed", "success").status(200) // without having fetched it
	f.stands(1, "dev-1", deploy.TargetVerified)
	one.ask("GET", href, "").status(200)
	one.says(back, "closed", "failure", "the bootloader refuses an older image").status(200)
	f.stands(1, "dev-1", deploy.TargetVerified)
	f.waveIs(1, deploy.WaveRemediating)
	detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, "dev-1")
	f.must(err)
	if detail.Actions[0].State != deploy.PullFailed || !strings.Contains(detail.History[0].Note, "refuses an older image") {
		t.Errorf("%+v, %+v", detail.Actions[0].PullAction, detail.History[0])
	}
}
