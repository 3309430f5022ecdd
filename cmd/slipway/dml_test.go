package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
)

// dataFolder is a data folder with bruno, who builds, in it.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	a, err := dataFlags{Data: dir}.open(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	err = a.DB.InTx(context.Background(), func(tx *db.Tx) error {
		_, bruno := identity.Enroll(tx, "bruno", []identity.Grant{{Role: identity.BuildManager}})
		_, cora := identity.Enroll(tx, "cora", []identity.Grant{{Role: identity.DMLCustodian}})
		return errors.Join(bruno, cora)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// slipway runs the program and gives its exit status and what it printed.
func slipway(t *testing.T, args ...string) (int, string) {
	t.Helper()
	old := os.Stdout
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout = out
	status := run(context.Background(), args)
	os.Stdout = old
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return status, string(text)
}

func TestPutGetVerify(t *testing.T) {
	data := dataFolder(t)
	file := filepath.Join(t.TempDir(), "server.bin")
	if err := os.WriteFile(file, []byte("the program"), 0o600); err != nil {
		t.Fatal(err)
	}
	digest := blob.Of([]byte("the program"))
	put := []string{"dml", "put", "--data", data, "--item", "payments/server", "--version", "1.0", "--user", "bruno", file}
	if status, out := slipway(t, put...); status != 0 || !strings.Contains(out, "payments/server:1.0\t"+digest.String()+"\tChecking") {
		t.Fatal(status, out)
	}
	if status, _ := slipway(t, put...); status != 0 {
		t.Fatal("the same bytes again:", status)
	}
	if status, _ := slipway(t, append(put[:len(put)-1:len(put)-1], "--digest", blob.Of(nil).String(), file)...); status != 1 {
		t.Fatal("a wrong digest:", status)
	}
	if status, _ := slipway(t, "dml", "put", "--data", data, file); status != 2 {
		t.Fatal("a usage mistake:", status)
	}
	target := filepath.Join(t.TempDir(), "got")
	for _, name := range []string{"payments/server:1.0", digest.String()} {
		if status, _ := slipway(t, "dml", "get", "--data", data, "-o", target, name); status != 0 {
			t.Fatal(status)
		}
		if got, err := os.ReadFile(target); err != nil || string(got) != "the program" {
			t.Fatal(string(got), err)
		}
		if status, _ := slipway(t, "dml", "get", "--data", data, "-o", target, name); status != 1 {
			t.Fatal("an existing file was written over")
		}
		if err := os.Remove(target); err != nil {
			t.Fatal(err)
		}
	}
	if status, out := slipway(t, "dml", "get", "--data", data, "payments/server:1.0"); status != 0 || out != "the program" {
		t.Fatal(status, out)
	}
	// the file, the manifest it is pulled by, and the manifest's empty config
	if status, out := slipway(t, "dml", "verify", "--data", data); status != 0 || !strings.Contains(out, "3 verified") {
		t.Fatal(status, out)
	}
	if status, out := slipway(t, "dml", "gc", "--data", data, "--dry-run", "--json"); status != 0 || !strings.Contains(out, `"blobs":0`) {
		t.Fatal(status, out)
	}
	if status, _ := slipway(t, "dml", "gc", "--data", data, "--grace", "1s"); status != 1 {
		t.Fatal("a grace that no push survives:", status)
	}
	if status, _ := slipway(t, "dml", "verify", "--data", data, "--rehearse", "bruno", "payments/server:1.0"); status != 1 {
		t.Fatal("no custodian held a rehearsal:", status)
	}
	damageAll(t, data)
	if status, out := slipway(t, "dml", "verify", "--data", data); status != 1 || !strings.Contains(out, digest.String()) {
		t.Fatal(status, out)
	}
	if status, _ := slipway(t, "dml", "get", "--data", data, "-o", target, "payments/server:1.0"); status != 1 {
		t.Fatal("damaged bytes were written")
	}
	if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) != 0 {
		t.Fatal("something was left behind:", left, err)
	}
	if status, _ := slipway(t, "dml", "gc", "--data", data); status != 0 {
		t.Fatal(status)
	}
}

// damageAll overwrites every blob that is stored.
func damageAll(t *testing.T, data string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(data, "media", "sha256"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
		return os.WriteFile(path, []byte("rotten"), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAScannerIsAsked by its flag: one that is away is named, and nothing is
// called clean.
func TestAScannerIsAsked(t *testing.T) {
	data := dataFolder(t)
	file := filepath.Join(t.TempDir(), "server.bin")
	if err := os.WriteFile(file, []byte("the program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for version, one := range map[string]struct {
		flags []string
		says  string
	}{"1": {nil, "Not checked: no scanner is configured."}, "2": {[]string{"--clamd", "127.0.0.1:1"}, "Not checked: ClamAV did not answer."}} {
		put := append([]string{"dml", "put", "--data", data, "--item", "payments/server", "--version", version, "--user", "bruno", file}, one.flags...)
		if status, out := slipway(t, put...); status != 0 {
			t.Fatal(status, out)
		}
		a, err := dataFlags{Data: data}.open(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		item, err := a.DML.Detail(t.Context(), identity.System("test"), "payments/server")
		if err := errors.Join(err, a.Close()); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(item.Versions[0].Checks, func(c dml.Check) bool { return c.Code == "malware" && c.Detail == one.says && c.Verdict == dml.Unknown }) {
			t.Errorf("version %s: %+v", version, item.Versions[0].Checks)
		}
	}
}
