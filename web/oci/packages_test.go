package oci_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/web/webtest"
)

// standing gives the key of a release of the demonstration in a state.
func standing(t *testing.T, s *webtest.Server, state release.State) string {
	t.Helper()
	list, err := s.App.Release.List(context.Background(), identity.System("test"), release.Filter{State: state})
	if err != nil || len(list) == 0 {
		t.Fatalf("no release is %s: %v", state, err)
	}
	return list[0].Key
}

// packaged gives a release and its current package.
func packaged(t *testing.T, s *webtest.Server, key string) (r *release.Release, p *release.Package) {
	t.Helper()
	err := s.App.DB.View(context.Background(), func(tx *db.Tx) (err error) {
		if r, err = s.App.Release.FindIn(tx, identity.System("test"), key); err != nil {
			return err
		}
		p, _, err = s.App.Release.CurrentPackage(tx, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

// whole demands that an OCI layout holds the index as it was signed, and each
// thing that it names.
func whole(t *testing.T, dir string, p *release.Package) {
	t.Helper()
	read := func(digest string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, "blobs/sha256", strings.TrimPrefix(digest, "sha256:")))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if index := read(p.Digest); string(index) != p.Manifest {
		t.Error("the index is not what was signed")
	}
	names := blobsOf(t, dir)
	for _, name := range names {
		if bytes.Contains(read(name), []byte(`"mediaType":"application/vnd.oci.image`)) {
			for _, other := range strings.Split(string(read(name)), `"digest":"sha256:`)[1:] {
				read(other[:64])
			}
		}
	}
	if len(names) < 6 { // index, list and its manifest, and at least one member with its file
		t.Errorf("the layout holds %v", names)
	}
}

// Standard clients copy a package whole, by digest and by tag.
func TestClientsCopyAPackage(t *testing.T) {
	s := webtest.Demo(t)
	dir, registry := t.TempDir(), strings.TrimPrefix(s.URL, "http://")
	key := standing(t, s, release.Ready)
	r, p := packaged(t, s, key)
	from := registry + "/" + dml.PackageAddress(r.Repository)
	password := token(t, s, "dario", "dml:read")
	t.Run("oras", func(t *testing.T) {
		run(t, dir, "go", "run", "oras.land/oras/cmd/oras@v1.3.6", "copy", "--from-plain-http", "--from-username", "dario", "--from-password", password, from+"@"+p.Digest, "--to-oci-layout", "oras:v1")
		whole(t, filepath.Join(dir, "oras"), p)
		run(t, dir, "go", "run", "oras.land/oras/cmd/oras@v1.3.6", "copy", "--from-plain-http", "--from-username", "dario", "--from-password", password, from+":v1", "--to-oci-layout", "tagged:v1")
		whole(t, filepath.Join(dir, "tagged"), p)
		run(t, dir, "go", "run", "oras.land/oras/cmd/oras@v1.3.6", "pull", "--plain-http", "--username", "dario", "--password", password, from+"@"+p.Digest, "--output", "files")
		if list, err := os.ReadFile(filepath.Join(dir, "files/release-package.json")); err != nil || !strings.Contains(string(list), key) {
			t.Errorf("the list of components: %s, %v", list, err)
		}
	})
	t.Run("skopeo", func(t *testing.T) {
		if _, err := exec.LookPath("skopeo"); err != nil {
			t.Skip("skopeo is not installed; make install brings it")
		}
		// Debian's skopeo knows no artifact type of an index: it writes the index
		// anew, or refuses where it must not. All that the index names comes as it is.
		copied := []string{"copy", "--all", "--insecure-policy", "--src-tls-verify=false", "--src-creds", "dario:" + password, "docker://" + from + "@" + p.Digest}
		run(t, dir, "skopeo", append(copied, "oci:skopeo")...)
		for _, name := range blobsOf(t, filepath.Join(dir, "oras")) {
			if name == strings.TrimPrefix(p.Digest, "sha256:") {
				continue
			}
			want, err := os.ReadFile(filepath.Join(dir, "oras/blobs/sha256", name))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "skopeo/blobs/sha256", name)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s came otherwise: %v", name, err)
			}
		}
	})
}

// A pipeline copies a package of one release to another that has nothing yet:
// what is wrong with it is said at once; and a package without a list is taken.
func TestAPipelinePushesAPackage(t *testing.T) {
	s := webtest.Demo(t)
	r, p := packaged(t, s, standing(t, s, release.Ready))
	open, _ := packaged(t, s, standing(t, s, release.Planning))
	send := func(password, reference, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPut, s.URL+"/v2/incoming/releases/"+reference, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("bruno", password)
		req.Header.Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		response, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var text bytes.Buffer
		if _, err := text.ReadFrom(response.Body); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, text.String()
	}
	pipeline := token(t, s, "bruno", "dml:read", "dml:write", "build:report")
	if status, text := send(pipeline, r.Repository+"/manifests/again", p.Manifest); status != http.StatusCreated {
		t.Errorf("the same package again: %d %s", status, text)
	}
	if status, text := send(token(t, s, "bruno", "dml:read", "dml:write"), open.Repository+"/manifests/rc1", p.Manifest); status != http.StatusForbidden || !strings.Contains(text, "build:report") {
		t.Errorf("without the scope: %d %s", status, text)
	}
	empty := `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","artifactType":"application/vnd.slipway.release-package.v1+json","manifests":[]}`
	if status, text := send(pipeline, open.Repository+"/manifests/rc1", empty); status != http.StatusForbidden || !strings.Contains(text, "The package is empty.") {
		t.Errorf("an empty package: %d %s", status, text)
	}
	if status, text := send(pipeline, r.Repository+"/manifests/rc1", empty); status != http.StatusForbidden || !strings.Contains(text, "Send it back to build and test first") {
		t.Errorf("to a signed release: %d %s", status, text)
	}
	if status, text := send(pipeline, "pay-2099.1/manifests/rc1", empty); status != http.StatusNotFound {
		t.Errorf("to no release: %d %s", status, text)
	}
}
