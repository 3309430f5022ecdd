package oci_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/web/webtest"
)

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
	}
	return string(output)
}

// accept has a custodian accept what was pushed.
func accept(t *testing.T, s *webtest.Server, item, label string) *dml.Version {
	t.Helper()
	ctx := context.Background()
	cora, err := s.App.Identity.Local(ctx, "cora")
	if err != nil {
		t.Fatal(err)
	}
	find := func() (v *dml.Version) {
		if err := s.App.DB.View(ctx, func(tx *db.Tx) (err error) { v, err = s.App.DML.FindVersion(tx, item, label); return err }); err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := find()
	if err := s.App.DML.RunChecks(ctx, identity.System("test"), v.ID); err != nil {
		t.Fatal(err)
	}
	v = find()
	if err := s.App.DML.Accept(ctx, cora, v.ID, v.Row.Version, dml.Decision{}); err != nil {
		t.Fatal(err)
	}
	return find()
}

// Debian's skopeo copies an image in, and the accepted one out again.
func TestSkopeo(t *testing.T) {
	if _, err := exec.LookPath("skopeo"); err != nil {
		t.Skip("skopeo is not installed; make install brings it")
	}
	s := webtest.New(t)
	dir, registry := t.TempDir(), strings.TrimPrefix(s.URL, "http://")
	login := "bruno:" + token(t, s, "bruno", "dml:read", "dml:write")
	layout(t, filepath.Join(dir, "image"))
	run(t, dir, "skopeo", "copy", "--preserve-digests", "--insecure-policy", "--dest-tls-verify=false", "--dest-creds", login, "oci:image", "docker://"+registry+"/incoming/shop/image:1.2.3")
	v := accept(t, s, "shop/image", "1.2.3")
	run(t, dir, "skopeo", "copy", "--preserve-digests", "--insecure-policy", "--src-tls-verify=false", "--src-creds", login, "docker://"+registry+"/dml/shop/image@"+v.Digest.String(), "oci:back")
	for _, name := range blobsOf(t, filepath.Join(dir, "image")) {
		want, err := os.ReadFile(filepath.Join(dir, "image/blobs/sha256", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "back/blobs/sha256", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s came back otherwise: %v", name, err)
		}
	}
	refused := exec.Command("skopeo", "copy", "--preserve-digests", "--insecure-policy", "--dest-tls-verify=false", "--dest-creds", login, "oci:image", "docker://"+registry+"/dml/shop/image:1.2.4")
	refused.Dir = dir
	if output, err := refused.CombinedOutput(); err == nil || !strings.Contains(string(output), "denied") {
		t.Errorf("a push to the accepted view: %v\n%s", err, output)
	}
}

// oras, pinned, pushes a file with evidence beside it and pulls what a page took.
func TestOras(t *testing.T) {
	s := webtest.New(t)
	dir, registry := t.TempDir(), strings.TrimPrefix(s.URL, "http://")
	login := []string{"--plain-http", "--username", "bruno", "--password", token(t, s, "bruno", "dml:read", "dml:write")}
	oras := func(args ...string) string {
		return run(t, dir, "go", append(append([]string{"run", "oras.land/oras/cmd/oras@v1.3.6"}, args...), login...)...)
	}
	for name, content := range map[string]string{"server.bin": "the program", "sbom.json": `{"bomFormat":"CycloneDX"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	oras("push", registry+"/incoming/shop/server:2.0", "--artifact-type", "application/vnd.example.server", "server.bin")
	oras("attach", registry+"/incoming/shop/server:2.0", "--artifact-type", "application/vnd.cyclonedx+json", "sbom.json")
	accept(t, s, "shop/server", "2.0")
	if tree := oras("discover", registry+"/dml/shop/server:2.0"); !strings.Contains(tree, "application/vnd.cyclonedx+json") {
		t.Errorf("the bill of materials is not discovered:\n%s", tree)
	}

	bruno, err := s.App.Identity.Local(context.Background(), "bruno")
	if err != nil {
		t.Fatal(err)
	}
	sub := dml.Submission{ItemKey: "shop/manual", ItemName: "Manual", Kind: dml.Documentation, Label: "7", FileName: "manual.txt"}
	if _, err := s.App.DML.Receive(context.Background(), bruno, sub, strings.NewReader("read me")); err != nil {
		t.Fatal(err)
	}
	accept(t, s, "shop/manual", "7")
	oras("pull", registry+"/dml/shop/manual:7", "--output", "got")
	if got, err := os.ReadFile(filepath.Join(dir, "got/manual.txt")); err != nil || string(got) != "read me" {
		t.Errorf("pulled %q, %v", got, err)
	}
}
