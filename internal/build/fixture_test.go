package build_test

import (
	"testing"

	"slipway/internal/build"
	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// world is a release in BuildTest with a baselined package, and people.
type world struct {
	t        *testing.T
	d        *db.DB
	svc      *build.Service
	releases *release.Service
	key      string

	bruno, tess, verifier, author, omar, machine identity.Actor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := dbtest.New(t)
	w := &world{t: t, d: d, key: "PAY-2026.11.2",
		bruno: dbtest.User(t, d, "bruno", identity.BuildManager), omar: dbtest.User(t, d, "omar", identity.Operations),
		tess:     dbtest.User(t, d, "tess", identity.TestManager, identity.BuildManager),
		verifier: dbtest.User(t, d, "vera", identity.TestManager), author: dbtest.User(t, d, "anton", identity.TestManager, identity.BuildManager)}
	w.machine = machineOf(dbtest.User(t, d, "ci", identity.TestManager))
	services := catalog.New(d)
	blobs, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	media := dml.New(d, blobs)
	w.releases = release.New(d, services, media, policy.New(d, services), change.New(d))
	w.svc = build.New(d, w.releases, media, catalog.New(d))
	w.in(func(tx *db.Tx) error {
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		r := &release.Release{Key: w.key, State: release.BuildTest, ServiceID: service.ID, PackageDigest: "sha256:first", PackageVersion: 1}
		if err := tx.Create(r); err != nil {
			return err
		}
		return tx.Create(&release.Package{ReleaseID: r.ID, Number: 1, AuthorID: w.author.UserID, State: release.PackageBaselined})
	})
	return w
}

func (w *world) in(fn func(*db.Tx) error) {
	w.t.Helper()
	if err := w.d.InTx(ctx, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) setState(state release.State) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", w.key).Update("state", state).Error
	})
}

func (w *world) repackage(digest string) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", w.key).Updates(map[string]any{"package_digest": digest, "package_version": 2}).Error
	})
}

func (w *world) packageState() (state release.PackageState) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Package{}).Select("state").Scan(&state).Error
	})
	return state
}
