package dml

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

const waiting1 = "incoming/payments-api/image"

// robot is a pipeline with a token of the actor's.
func robot(owner identity.Actor) identity.Actor {
	owner.Kind, owner.Scopes = identity.Machine, []string{"dml:read", "dml:write"}
	return owner
}

func pushBlob(t *testing.T, r *Registry, repo, content string) Descriptor {
	t.Helper()
	p, err := r.Begin(context.Background(), repo, blob.Unknown)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(p, content); err != nil {
		t.Fatal(err)
	}
	d := Descriptor{MediaType: "application/octet-stream", Digest: blob.Of([]byte(content)), Size: int64(len(content))}
	if _, err := p.Commit(context.Background(), d.Digest); err != nil {
		t.Fatal(err)
	}
	return d
}

func image(config Descriptor, subject *Descriptor, layers ...Descriptor) []byte {
	data, err := json.Marshal(manifest{SchemaVersion: 2, MediaType: typeManifest, Config: &config, Layers: layers, Subject: subject})
	if err != nil {
		panic(err)
	}
	return data
}

// push pushes an image of one layer under a tag.
func push(t *testing.T, r *Registry, label, content string) (*Content, error) {
	t.Helper()
	config, layer := pushBlob(t, r, waiting1, "{}"), pushBlob(t, r, waiting1, content)
	return r.Push(context.Background(), waiting1, label, typeManifest, image(config, nil, layer))
}

func mustPush(t *testing.T, r *Registry, label, content string) *Content {
	t.Helper()
	c, err := push(t, r, label, content)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (l library) labelled(label string) (v *Version) {
	l.t.Helper()
	if err := l.db.View(context.Background(), func(tx *db.Tx) (err error) { v, err = l.FindVersion(tx, "payments-api/image", label); return err }); err != nil {
		l.t.Fatal(err)
	}
	return v
}

// acceptPushed runs the checks and accepts, as a custodian would.
func (l library) acceptPushed(label string) *Version {
	l.t.Helper()
	v := l.labelled(label)
	if err := l.RunChecks(context.Background(), identity.System("test"), v.ID); err != nil {
		l.t.Fatal(err)
	}
	v = l.get(v.ID)
	if err := l.Accept(context.Background(), l.cora, v.ID, v.Row.Version, Decision{}); err != nil {
		l.t.Fatal(err)
	}
	return l.get(v.ID)
}

func wantCause(t *testing.T, what string, err, cause error) {
	t.Helper()
	if !errors.Is(err, cause) {
		t.Errorf("%s: want %v, got %v", what, cause, err)
	}
}

func TestPushedImageWaitsAndIsPulledOnceAccepted(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	pushed := mustPush(t, r, "2.0.0", "layer")
	v := l.labelled("2.0.0")
	if v.State != Quarantined || v.Digest != pushed.Digest || v.Size != pushed.Size+int64(len("{}layer")) || v.SubmitterID != l.bruno.UserID {
		t.Fatalf("%+v", v)
	}
	_, err := r.Resolve(ctx, "dml/payments-api/image", "2.0.0")
	wantCause(t, "pull before acceptance", err, ErrManifestUnknown)
	_, err = r.Stat(ctx, "dml/payments-api/image", blob.Of([]byte("layer")), false)
	wantCause(t, "pull of a layer before acceptance", err, ErrBlobUnknown)

	signature := image(pushBlob(t, r, waiting1, "{}"), &Descriptor{MediaType: typeManifest, Digest: pushed.Digest, Size: pushed.Size}, pushBlob(t, r, waiting1, "signature"))
	signed, err := r.Push(ctx, waiting1, "", typeManifest, signature)
	if err != nil {
		t.Fatal(err)
	}
	l.acceptPushed("2.0.0")
	found, err := r.Resolve(ctx, "dml/payments-api/image", "2.0.0")
	if err != nil || found.Digest != pushed.Digest {
		t.Fatal(found, err)
	}
	for _, part := range []string{"layer", "{}", "signature"} {
		if _, err := r.Stat(ctx, "dml/payments-api/image", blob.Of([]byte(part)), false); err != nil {
			t.Errorf("%q is not shown: %v", part, err)
		}
	}
	if list, err := r.Referrers(ctx, "dml/payments-api/image", pushed.Digest, ""); err != nil || len(list) != 1 || list[0].Digest != signed.Digest {
		t.Errorf("referrers: %+v %v", list, err)
	}
	if tags, err := r.Tags(ctx, "dml/payments-api/image", "", 10); err != nil || !slices.Equal(tags, []string{"2.0.0"}) {
		t.Errorf("tags: %v %v", tags, err)
	}
}

func TestWhatWasAcceptedStays(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	first := mustPush(t, r, "1", "one")
	l.acceptPushed("1")
	if again := mustPush(t, r, "1", "one"); again.Digest != first.Digest || l.labelled("1").State != Accepted {
		t.Error("pushing the same again changed something")
	}
	_, err := push(t, r, "1", "two")
	wantCause(t, "other bytes under an accepted tag", err, ErrDenied)
	wantCause(t, "deleting an accepted manifest", r.Delete(ctx, waiting1, first.Digest, true), ErrDenied)
	wantCause(t, "deleting an accepted layer", r.Delete(ctx, waiting1, blob.Of([]byte("one")), false), ErrDenied)
	wantCause(t, "taking the tag away", r.Untag(ctx, waiting1, "1"), ErrDenied)
	_, err = r.Begin(ctx, "dml/payments-api/image", blob.Unknown)
	wantCause(t, "pushing to the accepted view", err, ErrDenied)

	v := l.labelled("1")
	if err := l.Retire(ctx, l.cora, v.ID, v.Row.Version, Decision{Note: "too old"}); err != nil {
		t.Fatal(err)
	}
	_, err = r.Resolve(ctx, "dml/payments-api/image", "1")
	wantCause(t, "pulling what was retired", err, ErrManifestUnknown)
}

func TestWhatWaitsMayBePushedAnewByItsSubmitter(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	mustPush(t, r, "1", "first try")
	second := mustPush(t, r, "1", "second try")
	if v := l.labelled("1"); v.Digest != second.Digest || v.State != Quarantined {
		t.Fatalf("%+v", v)
	}
	other := l.Registry(robot(dbtest.User(t, l.db, "berta", identity.BuildManager)))
	_, err := push(t, other, "1", "not mine")
	wantCause(t, "another's submission", err, ErrDenied)
	wantCause(t, "taking back another's", other.Untag(ctx, waiting1, "1"), ErrDenied)
	if err := r.Untag(ctx, waiting1, "1"); err != nil {
		t.Fatal(err)
	}
	if v := l.labelled("1"); v.State != Rejected || !v.Withdrawn() {
		t.Fatalf("%+v", v)
	}
	mustPush(t, r, "1", "third try")
	v := l.acceptPushed("1")
	l.recorded(v.Ref(), "media.accept", "media.check", "media.resubmit", "media.withdraw", "media.resubmit", "media.submit")

	mustPush(t, r, "2", "bad")
	v = l.labelled("2")
	if err := l.RunChecks(ctx, identity.System("test"), v.ID); err != nil {
		t.Fatal(err)
	}
	if v = l.get(v.ID); l.Reject(ctx, l.cora, v.ID, v.Row.Version, Decision{Note: "unsigned"}) != nil {
		t.Fatal("not rejected")
	}
	_, err = push(t, r, "2", "better")
	wantCause(t, "a version that was rejected", err, ErrDenied)
}

func TestADamagedLayerIsNotServedUntilItIsPushedAgain(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	mustPush(t, r, "1", "layer")
	v := l.acceptPushed("1")
	layer := blob.Of([]byte("layer"))
	l.damage(&Version{Digest: layer})
	wantKind(t, l.Recheck(ctx, v.Digest), fault.Refused, "no longer match")
	if v = l.get(v.ID); v.State != Suspect {
		t.Fatalf("the image is %s", v.State)
	}
	_, err := r.Stat(ctx, waiting1, layer, false)
	wantCause(t, "a damaged layer", err, ErrBlobUnknown)
	_, err = r.Resolve(ctx, "dml/payments-api/image", "1")
	wantCause(t, "an image with a damaged layer", err, ErrManifestUnknown)
	pushBlob(t, r, waiting1, "layer")
	if v = l.get(v.ID); v.State != Accepted || v.Rotten {
		t.Fatalf("the image is %s after its layer was pushed again", v.State)
	}
	if _, err := r.Resolve(ctx, "dml/payments-api/image", "1"); err != nil {
		t.Error("not served after it healed:", err)
	}
}

func TestASingleFileIsPulledLikeAnImage(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.accepted("1.0", "the program")
	r := l.Registry(robot(l.bruno))
	c, err := r.Resolve(ctx, "dml/payments-api/server", "1.0")
	if err != nil || c.Digest != v.Manifest {
		t.Fatal(c, err)
	}
	body, err := r.Open(ctx, c, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseManifest(c.MediaType, data)
	if err != nil || len(m.Layers) != 1 || m.Layers[0].Digest != v.Digest || m.Layers[0].Annotations[annotTitle] != "server.tar.gz" || m.ArtifactType != "application/vnd.slipway.software.v1" {
		t.Fatalf("%+v %v", m, err)
	}
}

// Versions from before the registry get their manifest by the job that every
// start enqueues; nothing else about them changes.
func TestOlderVersionsGetTheirManifest(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.accepted("1.0", "the program")
	manifest := v.Manifest
	err := l.do(func(tx *db.Tx) error { // the tables as the migration finds them
		for _, statement := range []string{"UPDATE media_versions SET manifest = ''", "DELETE FROM registry_tags", "DELETE FROM registry_refs", "DELETE FROM registry_contents"} {
			if err := tx.Gorm().Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.wrapOlder(ctx); err != nil {
			t.Fatal(err)
		}
	}
	after := l.get(v.ID)
	if after.Manifest != manifest || after.Row.Version != v.Row.Version || after.State != Accepted {
		t.Fatalf("%+v", after)
	}
	if _, err := l.Registry(robot(l.bruno)).Resolve(ctx, "dml/payments-api/server", "1.0"); err != nil {
		t.Error(err)
	}
}

func TestWhoMayUseTheRegistry(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	mustPush(t, l.Registry(robot(l.bruno)), "1", "x")
	reader := robot(dbtest.User(t, l.db, "olga", identity.ChangeAuthority))
	custodian := robot(l.cora)
	noScope := robot(l.bruno)
	noScope.Scopes = []string{"api:read"}
	for who, try := range map[string]struct {
		actor      identity.Actor
		reads      bool
		writesWith error
	}{
		"a reader": {reader, false, ErrDenied}, "a custodian": {custodian, true, nil}, "another scope": {noScope, false, ErrDenied},
	} {
		r := l.Registry(try.actor)
		if _, err := r.Resolve(ctx, waiting1, "1"); (err == nil) != try.reads {
			t.Errorf("%s reads quarantine: %v", who, err)
		}
		p, err := r.Begin(ctx, waiting1, blob.Unknown)
		if !errors.Is(err, try.writesWith) {
			t.Errorf("%s writes: %v", who, err)
		}
		if err == nil {
			id := p.ID()
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			_, err = l.Registry(robot(l.bruno)).Resume(ctx, waiting1, id, -1)
			wantCause(t, "going on with another's upload", err, ErrUploadUnknown)
		}
	}
	_, err := l.Registry(noScope).Mount(ctx, waiting1, "incoming/other", blob.Of([]byte("x")))
	wantCause(t, "mount without the right", err, ErrDenied)
}

func TestManifestsThatAreRefused(t *testing.T) {
	l := newLibrary(t)
	r := l.Registry(robot(l.bruno))
	config := pushBlob(t, r, waiting1, "{}")
	absent := Descriptor{MediaType: "application/octet-stream", Digest: blob.Of([]byte("absent")), Size: 6}
	wrongSize := config
	wrongSize.Size++
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for name, try := range map[string]struct {
		mediaType, body string
		want            error
	}{
		"no JSON":            {typeManifest, "rubbish", ErrManifestInvalid},
		"a key twice":        {typeManifest, `{"schemaVersion":2,"config":{},"CONFIG":{}}`, ErrManifestInvalid},
		"nested too deeply":  {typeManifest, deep, ErrManifestInvalid},
		"something after":    {typeManifest, string(image(config, nil)) + "{}", ErrManifestInvalid},
		"another media type": {typeIndex, string(image(config, nil)), ErrManifestInvalid},
		"unknown media type": {"text/html", string(image(config, nil)), ErrManifestInvalid},
		"schema 1":           {typeManifest, `{"schemaVersion":1,"config":{}}`, ErrManifestInvalid},
		"a wrong size":       {typeManifest, string(image(wrongSize, nil)), ErrManifestInvalid},
		"an absent layer":    {typeManifest, string(image(config, nil, absent)), ErrChildUnknown},
		"a bad digest":       {typeManifest, string(image(Descriptor{MediaType: "x", Digest: "sha256:ABC", Size: 1}, nil)), ErrManifestInvalid},
		"too large":          {typeManifest, strings.Repeat(" ", maxManifest+1), ErrManifestInvalid},
	} {
		_, err := r.Push(context.Background(), waiting1, "1", try.mediaType, []byte(try.body))
		wantCause(t, name, err, try.want)
	}
	for name, repo := range map[string]string{"no view": "payments/x", "upper case": "incoming/Payments", "dots": "incoming/../x", "a page": "incoming/quarantine"} {
		_, err := r.Begin(context.Background(), repo, blob.Unknown)
		wantCause(t, name, err, ErrNameInvalid)
	}
	if page, err := l.List(context.Background(), l.cora, Filter{}); err != nil || len(page.Versions) > 0 {
		t.Error("a refused manifest left a version", err)
	}
}

func TestAnUploadThatIsNotFinishedGoesAway(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	p, err := r.Begin(ctx, waiting1, blob.Unknown)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(p, "half"); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = r.Resume(ctx, waiting1, p.ID(), 2)
	wantCause(t, "a chunk out of order", err, ErrRangeInvalid)
	dbtest.Advance(l.db, 25*time.Hour)
	l.ageUploads(25 * time.Hour)
	if run, err := l.Collect(ctx, identity.System("test"), DefaultGrace); err != nil || run.Uploads == 0 || !run.Ended() {
		t.Fatal(run, err)
	}
	_, err = r.Resume(ctx, waiting1, p.ID(), -1)
	wantCause(t, "what was swept", err, ErrUploadUnknown)
}
