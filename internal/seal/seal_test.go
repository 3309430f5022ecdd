package seal_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"slipway/internal/fault"
	"slipway/internal/seal"
)

func TestSecretsOpenForTheirPurposeAlone(t *testing.T) {
	folder := t.TempDir()
	box := seal.New("", folder)
	if _, err := os.Stat(filepath.Join(folder, seal.KeyFile)); err == nil {
		t.Error("a key was made before there was a secret")
	}
	sealed, err := box.Seal([]byte("hush"), "ssh key 1")
	if err != nil || strings.Contains(sealed, "hush") {
		t.Fatalf("%q, %v", sealed, err)
	}
	if info, err := os.Stat(filepath.Join(folder, seal.KeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file is %v, %v", info.Mode(), err)
	}
	again := seal.New("", folder) // after a restart
	if secret, err := again.Open(sealed, "ssh key 1"); err != nil || string(secret) != "hush" {
		t.Errorf("%q, %v", secret, err)
	}
	other, _ := box.Seal([]byte("hush"), "ssh key 1")
	if other == sealed {
		t.Error("the same secret is sealed the same way twice")
	}
	for _, bad := range []struct{ sealed, purpose string }{
		{sealed, "ssh key 2"}, {sealed[:len(sealed)-2] + "AA", "ssh key 1"}, {"", "ssh key 1"}, {"v1.x", "ssh key 1"}, {strings.Replace(sealed, "v1.", "v2.", 1), "ssh key 1"},
	} {
		if _, err := box.Open(bad.sealed, bad.purpose); fault.KindOf(err) != fault.Unavailable || err == nil {
			t.Errorf("%q opened for %q: %v", bad.sealed, bad.purpose, err)
		}
	}
	if _, err := seal.New(strings.Repeat("ab", 32), folder).Open(sealed, "ssh key 1"); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("another key: %v", err)
	}
}

func TestGivenKeys(t *testing.T) {
	folder := t.TempDir()
	for _, good := range []string{strings.Repeat("0f", 32), "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", " " + strings.Repeat("0F", 32) + "\n"} {
		if _, err := seal.New(good, folder).Seal([]byte("x"), "p"); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	if _, err := seal.New("password", folder).Seal([]byte("x"), "p"); err == nil || !strings.Contains(err.Error(), "openssl rand -hex 32") {
		t.Errorf("a weak key: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, seal.KeyFile)); err == nil {
		t.Error("a file was made beside a given key")
	}
	if _, err := seal.New("", filepath.Join(folder, "none")).Seal([]byte("x"), "p"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("no folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, seal.KeyFile), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.New("", folder).Seal([]byte("x"), "p"); err == nil || !strings.Contains(err.Error(), "is no key") {
		t.Errorf("a torn file: %v", err)
	}
}

func TestServersThatMakeTheKeyAtOnceShareIt(t *testing.T) {
	folder := t.TempDir()
	sealed := make([]string, 8)
	var all sync.WaitGroup
	for i := range sealed {
		all.Go(func() { sealed[i], _ = seal.New("", folder).Seal([]byte("hush"), "p") })
	}
	all.Wait()
	box := seal.New("", folder)
	for _, one := range sealed {
		if _, err := box.Open(one, "p"); err != nil {
			t.Error(err)
		}
	}
	if list, _ := filepath.Glob(filepath.Join(folder, "*")); len(list) != 1 {
		t.Errorf("left are %v", list)
	}
}
