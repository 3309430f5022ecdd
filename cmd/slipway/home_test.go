package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/dml/blob/blobtest"
)

// copyFolder is what a person does who moves the media.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// Data whose media lie elsewhere than where the program is told to look are not
// opened: everything in them would count as missing.
func TestMediaElsewhereAreRefused(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "media")
	g.Bucket(t, "other")
	bucket, other := g.URL("media", "slipway"), g.URL("other", "slipway")
	file := filepath.Join(t.TempDir(), "server.bin")
	if err := os.WriteFile(file, []byte("the program"), 0o600); err != nil {
		t.Fatal(err)
	}
	put := func(data string, more ...string) {
		t.Helper()
		if status, out := slipway(t, append([]string{"dml", "put", "--data", data, "--item", "payments/server", "--version", "1.0", "--user", "bruno", file}, more...)...); status != 0 {
			t.Fatal(status, out)
		}
	}
	opens := func(data string, flags ...string) {
		t.Helper()
		if status, out := slipway(t, append([]string{"dml", "verify", "--data", data}, flags...)...); status != 0 || !strings.Contains(out, "All match") {
			t.Error(status, out)
		}
	}
	refused := func(data, want string, flags ...string) {
		t.Helper()
		status, said := stderr(t, append([]string{"dml", "verify", "--data", data}, flags...)...)
		if status != 1 || !strings.Contains(said, want) || strings.Contains(said, blobtest.Secret) || strings.Count(said, "\n") != 1 {
			t.Errorf("%v: %d %s", flags, status, said)
		}
	}

	inBucket := dataFolder(t) // opened without a bucket, while it held nothing
	put(inBucket, "--blobs", bucket)
	opens(inBucket, "--blobs", bucket)
	lies := "The 3 media of this data lie in the bucket s3://" + g.Address + "/media/slipway, and "
	refused(inBucket, lies+"the data folder was named")
	refused(inBucket, lies+"the bucket s3://"+g.Address+"/other/slipway was named", "--blobs", other)
	refused(inBucket, "3 of the 3 media are not in the bucket s3://"+g.Address+"/other/slipway", "--blobs", other, "--media-moved")
	refused(inBucket, lies, "--blobs", other)
	copyFolder(t, g.File("media", "slipway/sha256"), filepath.Join(inBucket, "media", "sha256"))
	opens(inBucket, "--media-moved")
	opens(inBucket)
	refused(inBucket, "lie in the data folder, and the bucket", "--blobs", bucket)

	inFolder := dataFolder(t)
	put(inFolder)
	refused(inFolder, "lie in the data folder, and the bucket", "--blobs", bucket)
	opens(inFolder)
}
