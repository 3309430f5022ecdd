package release_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

const typeIndex = "application/vnd.oci.image.index.v1+json"

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// ociIndex is what the image specification says an index is.
type ociIndex struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	ArtifactType  string            `json:"artifactType"`
	Manifests     []dml.Descriptor  `json:"manifests"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

func parsed(t *testing.T, text string) (x ociIndex) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		t.Fatal(err)
	}
	return x
}

// robot is a pipeline with a token of the actor's.
func robot(owner identity.Actor, scopes ...string) identity.Actor {
	owner.Kind, owner.Scopes = identity.Machine, scopes
	return owner
}

// pull reads by the registry what a repository holds under a digest.
func (w *world) pull(actor identity.Actor, repo, digest string, manifest bool) (string, error) {
	registry := w.media.Registry(actor)
	c, err := registry.Stat(ctx, repo, blob.Digest(digest), manifest)
	if err != nil {
		return "", err
	}
	body, err := registry.Open(ctx, c, 0, 0)
	if err != nil {
		return "", err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	return string(data), err
}

func TestAPackageIsAnOCIIndex(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	w.must(w.component(key, release.Component{Kind: release.Process, Name: "Refunds", Reference: "PRO-1"}))
	w.pack(key)
	p, r := w.packages(key)[0], w.read(key)
	if p.Digest != digestOf(p.Manifest) || p.Digest != p.IndexDigest || p.Older() || r.PackageDigest != p.Digest {
		t.Errorf("digests: %+v", p)
	}
	x := parsed(t, p.Manifest)
	if x.SchemaVersion != 2 || x.MediaType != typeIndex || x.ArtifactType != "application/vnd.slipway.release-package.v1+json" || x.Annotations["vnd.slipway.release"] != key || len(x.Manifests) != 3 {
		t.Fatalf("the index: %+v", x)
	}
	repo := dml.PackageAddress(r.Repository)
	if repo != "dml/releases/"+strings.ToLower(key) {
		t.Errorf("it is pulled from %s", repo)
	}
	reader := robot(w.cora, "dml:read", "dml:write")
	text, err := w.pull(reader, repo, p.Digest, true)
	w.must(err)
	if text != p.Manifest {
		t.Error("what is pulled is not what was signed")
	}
	tagged, err := w.media.Registry(reader).Resolve(ctx, repo, "v1")
	w.must(err)
	if tagged.Digest.String() != p.Digest {
		t.Errorf("v1 is %s", tagged.Digest)
	}
	list, err := w.pull(robot(w.ada, "dml:read"), repo, x.Manifests[0].Digest.String(), true)
	w.must(err)
	var m struct {
		ArtifactType string           `json:"artifactType"`
		Layers       []dml.Descriptor `json:"layers"`
	}
	w.must(json.Unmarshal([]byte(list), &m))
	components, err := w.pull(robot(w.ada, "dml:read"), repo, m.Layers[0].Digest.String(), false)
	w.must(err)
	if want, digest := release.Canonical(key, "PAY", w.lines(key)); components != want || m.Layers[0].Digest.String() != digest {
		t.Errorf("the list is %s, want %s", components, want)
	}
	for i, line := range slices.DeleteFunc(w.lines(key), func(c release.Component) bool { return !c.Kind.Media() }) {
		member := x.Manifests[i+1]
		if member.Digest.String() != line.Manifest || member.Annotations["vnd.slipway.role"] != string(line.Kind) || member.Annotations["vnd.slipway.name"] != line.Name || member.Annotations["org.opencontainers.image.version"] != line.Label {
			t.Errorf("member %+v of %+v", member, line)
		}
		if text, err := w.pull(reader, repo, line.Manifest, true); err != nil || digestOf(text) != line.Manifest {
			t.Errorf("the member %s: %v", line.Name, err)
		}
		if text, err := w.pull(reader, repo, line.Digest, false); err != nil || digestOf(text) != line.Digest {
			t.Errorf("the file of %s: %v", line.Name, err)
		}
		// until a custodian accepts it, it is quarantined here as everywhere
		_, err := w.pull(robot(w.ada, "dml:read"), repo, line.Digest, false)
		kindIs(t, err, fault.Forbidden)
	}
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	w.approve(key, release.A3, w.chen, w.cora)
	if r := w.read(key); r.SignedDigest != p.Digest {
		t.Errorf("signed %s", r.SignedDigest)
	}
	for _, line := range w.lines(key) {
		if line.Digest != "" {
			_, err := w.pull(robot(w.ada, "dml:read"), repo, line.Digest, false)
			w.must(err)
		}
	}
	w.do(key, release.VerbRework)
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	if again := w.packages(key)[0]; again.Number != 2 || again.Digest != p.Digest || again.Manifest != p.Manifest {
		t.Errorf("the same content is now %s", again.Digest)
	}
}

func TestWhoPullsAPackage(t *testing.T) {
	w := newWorld(t)
	key := w.create(restricted)
	w.to(key, release.BuildTest)
	repo := dml.PackageAddress(w.read(key).Repository)
	reader := robot(w.bruno, "dml:read")
	_, err := w.media.Registry(reader).Resolve(ctx, repo, "v1")
	kindIs(t, err, fault.NotFound) // not baselined
	w.pack(key)
	digest := w.read(key).PackageDigest
	_, err = w.pull(reader, repo, digest, true)
	w.must(err)
	_, err = w.pull(robot(w.stefan, "dml:read"), repo, digest, true)
	kindIs(t, err, fault.NotFound) // restricted, and not for him to see
	_, err = w.pull(robot(w.bruno, "api:read"), repo, digest, true)
	kindIs(t, err, fault.Forbidden)
	_, err = w.pull(reader, "dml/releases/pay-2099.1", digest, true)
	kindIs(t, err, fault.NotFound)
	for _, c := range []struct {
		actor identity.Actor
		shown bool
	}{{reader, true}, {robot(w.stefan, "dml:read"), false}} {
		var names []string
		for after := ""; ; {
			list, err := w.media.Registry(c.actor).Repositories(ctx, after, 2)
			w.must(err)
			if names = append(names, list...); len(list) < 2 {
				break
			}
			after = list[1]
		}
		if !slices.IsSorted(names) || slices.Contains(names, repo) != c.shown || slices.Contains(names, "incoming/releases/"+w.read(key).Repository) {
			t.Errorf("%s is listed %v", c.actor.Name, names)
		}
	}
	pusher := w.media.Registry(robot(w.bruno, "dml:read", "dml:write", "build:report"))
	kindIs(t, pusher.Untag(ctx, "incoming/releases/"+w.read(key).Repository, "v1"), fault.Forbidden)
	kindIs(t, pusher.Delete(ctx, "incoming/releases/"+w.read(key).Repository, blob.Digest(digest), true), fault.Forbidden)
	kindIs(t, pusher.Delete(ctx, repo, blob.Digest(digest), true), fault.Forbidden)
	w.must(w.svc.RemoveComponent(ctx, w.bruno, key, w.lines(key)[0].ID)) // withdrawn: the record stays readable
	_, err = w.pull(reader, repo, digest, true)
	w.must(err)
}

func TestWhatIsSubmittedAnewIsNotWhatWasPackaged(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	w.decideItems(key)
	pusher := w.media.Registry(robot(w.bruno, "dml:read", "dml:write"))
	first := w.pushed(pusher, "incoming/pay/robot", "1.0", "built on Monday")
	w.add(key, w.version(first))
	w.add(key, w.receive("pay-guide", "2", dml.Documentation, dml.Built))
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	w.pushed(pusher, "incoming/pay/robot", "1.0", "built on Tuesday")
	f := w.finding(key, release.A3, "media.accepted")
	if !f.Blocks() || !strings.Contains(f.Detail, "other bytes") {
		t.Errorf("%+v", f)
	}
	refused(t, w.approves(w.chen, key, release.A3), "media.accepted")
}

// pushed pushes an artifact of one file and gives its manifest's digest.
func (w *world) pushed(registry *dml.Registry, repo, label, content string) string {
	w.t.Helper()
	config, file := w.pushedBlob(registry, repo, "{}"), w.pushedBlob(registry, repo, content)
	data, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": "application/vnd.example", "config": config, "layers": []dml.Descriptor{file}})
	w.must(err)
	c, err := registry.Push(ctx, repo, label, "application/vnd.oci.image.manifest.v1+json", data)
	w.must(err)
	return c.Digest.String()
}

func (w *world) pushedBlob(registry *dml.Registry, repo, content string) dml.Descriptor {
	w.t.Helper()
	p, err := registry.Begin(ctx, repo, blob.Unknown)
	w.must(err)
	_, err = io.WriteString(p, content)
	w.must(err)
	d := dml.Descriptor{MediaType: "application/octet-stream", Digest: blob.Digest(digestOf(content)), Size: int64(len(content))}
	_, err = p.Commit(context.Background(), d.Digest)
	w.must(err)
	return d
}

func (w *world) version(digest string) (v *dml.Version) {
	w.t.Helper()
	w.view(func(tx *db.Tx) (err error) {
		v, err = w.media.VersionByDigest(tx, blob.Digest(digest))
		return err
	})
	return v
}
