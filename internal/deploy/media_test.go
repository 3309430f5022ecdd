package deploy_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// shelve accepts bytes into the library and puts them into the package.
func (w *world) shelve(content string) *dml.Version {
	w.t.Helper()
	bruno, cora := dbtest.User(w.t, w.d, "bruno", identity.BuildManager), dbtest.User(w.t, w.d, "cora", identity.DMLCustodian)
	v, err := w.media.Receive(ctx, bruno, dml.Submission{ItemKey: "payments/server", ItemName: "Server", Kind: dml.Software, Label: "2.0", FileName: "server.bin"}, strings.NewReader(content))
	w.must(err)
	w.must(w.media.Accept(ctx, cora, v.ID, v.Row.Version, dml.Decision{ChangeKey: "CHG-1"}))
	w.in(func(tx *db.Tx) error {
		return tx.Create(&release.Component{PackageID: 1, Kind: release.Software, Name: "Server", Label: "2.0", Digest: v.Digest.String(), MediaVersionID: v.ID, MediaItem: "payments/server"})
	})
	return v
}

// rot changes every stored byte beneath the library.
func (w *world) rot() {
	w.t.Helper()
	w.must(filepath.WalkDir(w.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
		return os.WriteFile(path, []byte("rotten"), 0o600)
	}))
}

func TestNothingStartsWhenAHashFails(t *testing.T) {
	w := newWorld(t)
	v := w.shelve("the signed bytes")
	w.ready(1)
	w.must(w.goFor(1))
	w.rot()
	w.freeze()
	err := w.startIt(1)
	refused(t, err, "window.freeze") // and every other reason beside it
	says(t, err, "no longer match their digest")
	w.stands(1, deploy.WaveGo)
	w.releaseIs(release.Ready)
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		got, err := w.media.VersionByID(tx, v.ID)
		if got.State != dml.Suspect {
			t.Errorf("the media is %s", got.State)
		}
		return err
	}))
}

func TestVerifiedByTheDigestOfASoftwareComponent(t *testing.T) {
	w := newWorld(t)
	v := w.shelve("the signed bytes")
	w.run(1)
	w.must(w.verify(1, "osl-1", v.Digest.String()))
	if got := w.installed("osl-1"); got.InstalledVersion != "2.0" {
		t.Errorf("osl-1 runs %+v", got)
	}
}
