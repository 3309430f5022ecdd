package ddi_test

import (
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/dml/blob"
	"slipway/internal/release"
)

// replace makes another package the release's, signed or not, as no page lets
// anybody while waves run.
func (f *world) replace(digest, signed string) (packageID int64) {
	f.t.Helper()
	f.must(f.app.DB.InTx(ctx, func(tx *db.Tx) error {
		var r release.Release
		if err := tx.First(&r, "release_key = ?", key); err != nil {
			return err
		}
		p := &release.Package{ReleaseID: r.ID, Number: r.PackageVersion + 1, State: release.PackageSignedOff, Digest: digest, RecheckedAt: tx.Now}
		if err := tx.Create(p); err != nil {
			return err
		}
		packageID = p.ID
		if err := tx.Gorm().Exec(`INSERT INTO components (package_id, kind, name, label, digest, media_version_id)
			SELECT ?, c.kind, c.name, c.label, c.digest, c.media_version_id FROM components c JOIN packages p ON p.id = c.package_id WHERE p.release_id = ? AND p.number = ?`,
			p.ID, r.ID, r.PackageVersion).Error; err != nil {
			return err
		}
		if err := tx.Gorm().Model(&release.Gate{}).Where("release_id = ?", r.ID).Update("package_digest", digest).Error; err != nil {
			return err
		}
		return tx.Gorm().Model(&release.Release{}).Where("id = ?", r.ID).Updates(map[string]any{"package_version": p.Number, "package_digest": digest, "signed_digest": signed}).Error
	}))
	return packageID
}

func TestNoDeviceWorksForEverOnAPackageThatWasReplaced(t *testing.T) {
	another := blob.Of([]byte("another package")).String()
	for name, signed := range map[string]string{"signed anew": another, "not signed": ""} {
		t.Run(name, func(t *testing.T) {
			f := newWorld(t, image, "dev-1", "dev-2", "dev-3", "dev-4")
			one, fetching, waiting, installed := f.device("dev-1"), f.device("dev-2"), f.device("dev-3"), f.device("dev-4")
			f.start(1)
			href, action := one.offered()
			one.ask("GET", href, "").status(200)
			one.says(action, "closed", "success").status(200)
			f.start(2)
			href, fetched := fetching.offered()
			fetching.ask("GET", href, "").status(200)
			href, written := installed.offered()
			installed.ask("GET", href, "").status(200)
			installed.says(written, "proceeding", "none", "All Chunks Installed.").status(200)
			_, first := waiting.offered()

			f.replace(another, signed)
			f.later(11 * time.Second)
			f.work()
			f.stands(2, "dev-2", deploy.TargetFailed)
			f.stands(2, "dev-3", deploy.TargetOffered)
			f.stands(2, "dev-4", deploy.TargetInstalled)
			if got := f.target(2, "dev-2"); got.RetryAt != 0 || got.Reason != "It was told to stop: the package that it fetched is not the release's signed package any more." {
				t.Errorf("%+v", got.WaveTarget)
			}
			if links := fetching.links(); links["cancelAction"] == "" || links["deploymentBase"] != "" {
				t.Errorf("who fetches hears %v", links)
			}
			if links := waiting.links(); links["deploymentBase"] != "" || links["cancelAction"] != "" {
				t.Errorf("who waits hears %v", links)
			}
			waiting.ask("GET", "/deploymentBase/"+first, "").status(404)
			b, err := f.app.Deploy.Board(ctx, f.maya, key)
			f.must(err)
			if b.Waves[0].Replaced || !b.Waves[1].Replaced {
				t.Error("the board does not tell which wave has another package")
			}
			installed.says(written, "closed", "success").status(200)
			f.stands(2, "dev-4", deploy.TargetFailed)
			fetching.says(fetched, "closed", "success").status(200) // it had not heard yet
			f.stands(2, "dev-2", deploy.TargetFailed)
			if links := fetching.links(); links["cancelAction"] != "" {
				t.Errorf("told to stop what is over: %v", links)
			}
		})
	}
}

// What waits for another package is offered that one, not the one before.
func TestAWaveThatGoesOnOffersThePackageThatIsSignedNow(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	f.start(1)
	_, first := one.offered()
	another := blob.Of([]byte("another package")).String()
	f.must(f.app.Deploy.PauseWave(ctx, f.maya, key, 1, "the package changes"))
	id := f.replace(another, another)
	f.must(f.app.DB.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.Wave{}).Where("number = 1").Update("package_digest", another).Error
	}))
	f.must(f.app.Deploy.ResumeWave(ctx, f.maya, key, 1, "it is signed"))
	href, second := one.offered()
	if second == first {
		t.Fatal("the action of the package before is offered")
	}
	one.ask("GET", href, "").status(200)
	f.must(f.app.DB.View(ctx, func(tx *db.Tx) error {
		var list []deploy.PullAction
		err := tx.Gorm().Order("id").Find(&list).Error
		if len(list) != 2 || list[0].State != deploy.PullCancelled || list[1].PackageID != id {
			t.Errorf("%+v", list)
		}
		return err
	}))
}
