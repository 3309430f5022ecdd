package release_test

import (
	"encoding/json"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// pushIndex pushes an index to a release as bruno's pipeline.
func (w *world) pushIndex(key, text string) error {
	w.t.Helper()
	_, err := w.media.Registry(robot(w.bruno, "dml:read", "dml:write", "build:report")).Push(ctx, "incoming/releases/"+w.read(key).Repository, "rc1", typeIndex, []byte(text))
	return err
}

// indexed is an index of members, as a pipeline writes it.
func (w *world) indexed(members ...*dml.Version) string {
	w.t.Helper()
	x := ociIndex{SchemaVersion: 2, MediaType: typeIndex, ArtifactType: dml.TypePackage}
	for _, v := range members {
		c, err := w.media.Registry(robot(w.bruno, "dml:read", "dml:write")).Stat(ctx, "incoming/"+v.ItemKey, v.Manifest, true)
		w.must(err)
		x.Manifests = append(x.Manifests, dml.Descriptor{MediaType: c.MediaType, Digest: c.Digest, Size: c.Size})
	}
	data, err := json.MarshalIndent(x, "", " ")
	w.must(err)
	return string(data)
}

func TestAPipelinePushesMembersAlone(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	server, guide := w.receive("pay-server", "3", dml.Software, dml.Built), w.receive("pay-guide", "3", dml.Documentation, dml.Built)
	text := w.indexed(server, guide)
	w.must(w.pushIndex(key, text))
	p := w.packages(key)[0]
	if p.State != release.PackageBaselined || p.Number != 1 || p.AuthorID != w.bruno.UserID || p.Manifest != text || p.Digest != digestOf(text) || w.read(key).PackageDigest != p.Digest {
		t.Errorf("%+v", p)
	}
	lines := w.lines(key)
	if len(lines) != 2 || lines[0].Kind != release.Documentation || lines[0].Digest != guide.Digest.String() || lines[1].Manifest != server.Manifest.String() || lines[1].Name != server.ItemName {
		t.Errorf("%+v", lines)
	}
	w.must(w.pushIndex(key, text)) // again
	if list := w.packages(key); len(list) != 1 {
		t.Errorf("the same bytes made %d versions", len(list))
	}
	tagged, err := w.media.Registry(robot(w.ada, "dml:read")).Resolve(ctx, dml.PackageAddress(w.read(key).Repository), "v1")
	w.must(err)
	if tagged.Digest.String() != p.Digest {
		t.Errorf("v1 is %s", tagged.Digest)
	}
	w.must(w.pushIndex(key, w.indexed(server)))
	if got := w.packageStates(key); len(got) != 2 || got[0] != release.PackageBaselined || got[1] != release.PackageWithdrawn {
		t.Errorf("another package: %v", got)
	}
	refused(t, func() error { // its author does not verify it, pushed or not
		return w.d.InTx(ctx, func(tx *db.Tx) error {
			r, err := w.svc.FindIn(tx, w.bruno, key)
			if err != nil {
				return err
			}
			return w.svc.MarkVerified(tx, w.bruno, r)
		})
	}(), "verifier.independent")
}

// What Slipway writes and what a pipeline pushes are the same thing.
func TestThePushedPackageIsTheWrittenOne(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	w.must(w.component(key, release.Component{Kind: release.Hardware, Name: "Router", Serial: "R-1", Location: "Shelf 2"}))
	w.pack(key)
	written, lines := w.packages(key)[0], w.lines(key)
	w.must(w.svc.RemoveComponent(ctx, w.bruno, key, lines[0].ID)) // v2 is assembled without it
	refused(t, w.pushIndex(key, written.Manifest), "package.assembling")
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	w.must(w.pushIndex(key, written.Manifest))
	p := w.packages(key)[0]
	if p.Number != 3 || p.Digest != written.Digest || p.Manifest != written.Manifest {
		t.Errorf("%+v", p)
	}
	if got := release.CompareComponents(lines, w.lines(key)); len(got) != 0 {
		t.Errorf("the components differ: %+v", got)
	}
}

func TestWhyAPushedPackageIsRefused(t *testing.T) {
	w := newWorld(t)
	key, other := w.created(release.BuildTest), w.created(release.BuildTest)
	w.must(w.component(other, release.Component{Kind: release.Hardware, Name: "Router", Serial: "R-1", Location: "Shelf 2"}))
	w.pack(other)
	theirs := w.packages(other)[0]
	bought, server := w.receive("modem", "6", dml.Software, dml.Procured), w.receive("pay-server", "3", dml.Software, dml.Built)
	repo := "incoming/releases/" + w.read(key).Repository
	pusher := w.media.Registry(robot(w.bruno, "dml:read", "dml:write", "build:report"))

	stray := ociIndex{}
	w.must(json.Unmarshal([]byte(w.indexed(bought, server)), &stray))
	config := w.pushedBlob(pusher, repo, "{}")
	image, err := json.Marshal(map[string]any{"schemaVersion": 2, "config": config, "layers": []dml.Descriptor{}})
	w.must(err)
	c, err := pusher.Push(ctx, repo, "", "application/vnd.oci.image.manifest.v1+json", image)
	w.must(err)
	stray.Manifests = append(stray.Manifests, dml.Descriptor{MediaType: c.MediaType, Digest: c.Digest, Size: c.Size})
	text, err := json.Marshal(stray)
	w.must(err)
	refused(t, w.pushIndex(key, string(text)), "media.accepted", "package.member") // both at once

	// the list that came with it is of another release, and the index lacks what it names
	for i, m := range parsed(t, theirs.Manifest).Manifests {
		if i == 0 {
			list, err := w.pull(robot(w.bruno, "dml:read", "dml:write", "build:report"), dml.PackageAddress(w.read(other).Repository), m.Digest.String(), true)
			w.must(err)
			var parts struct{ Layers []dml.Descriptor }
			w.must(json.Unmarshal([]byte(list), &parts))
			_, err = pusher.Mount(ctx, dml.PackageAddress(w.read(other).Repository), repo, parts.Layers[0].Digest)
			w.must(err)
			_, err = pusher.Push(ctx, repo, "", m.MediaType, []byte(list))
			w.must(err)
			x := parsed(t, w.indexed(server))
			x.Manifests = append(x.Manifests, m)
			text, err = json.Marshal(x)
			w.must(err)
		}
	}
	refused(t, w.pushIndex(key, string(text)), "package.list", "package.list", "package.list", "package.list")

	kindIs(t, w.pushIndex(key, `{"schemaVersion":2,"artifactType":"application/vnd.example","manifests":[]}`), fault.Invalid)
	kindIs(t, w.pushIndex(key, strings.Replace(w.indexed(server), server.Manifest.String(), string(blob.Of([]byte("nothing"))), 1)), fault.NotFound)
	for _, actor := range []struct {
		name string
		err  error
	}{
		{"a token that may not report builds", push(w, robot(w.bruno, "dml:read", "dml:write"), repo)},
		{"a tester", push(w, robot(w.tess, "dml:read", "dml:write", "build:report"), repo)},
	} {
		if fault.KindOf(actor.err) != fault.Forbidden {
			t.Errorf("%s: %v", actor.name, actor.err)
		}
	}
	refused(t, w.pushIndex(w.created(release.Ready), w.indexed(server)), "package.closed")
	if list := w.packages(key); len(list) != 0 {
		t.Errorf("a refusal left %+v", list)
	}
}

func push(w *world, actor identity.Actor, repo string) error {
	_, err := w.media.Registry(actor).Push(ctx, repo, "rc1", typeIndex, []byte(`{}`))
	return err
}
