package blob

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"slipway/internal/dml/blob/blobtest"
)

// lostInCuts stores blobs of several writers, cuts the power, and tells in how
// many of the cuts something is missing or wrong that was reported as stored.
func lostInCuts(t *testing.T, cuts int, options ...DiskOption) (lost int) {
	t.Helper()
	for cut := range cuts {
		image := blobtest.NewImage(t, 32<<20)
		s, err := OpenDisk(filepath.Join(image.Folder, "media"), options...)
		if err != nil {
			t.Fatal(err)
		}
		s.reserve = 0
		image.Settle(t)
		acknowledged := storeMany(t, s, uint64(cut))
		if !wholeIn(t, filepath.Join(image.Cut(t), "media"), acknowledged) {
			lost++
		}
	}
	return lost
}

func storeMany(t *testing.T, s *Disk, seed uint64) (acknowledged []Digest) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for writer := range uint64(4) {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, writer))
			for range 8 {
				data := make([]byte, 1+rnd.IntN(100_000))
				for i := range data {
					data[i] = byte(rnd.Uint32())
				}
				up, err := s.Create(context.Background(), int64(len(data)))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := up.Write(data); err != nil {
					t.Error(err)
				}
				info, err := up.Commit(context.Background(), Of(data), int64(len(data)))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, info.Digest)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return acknowledged
}

// wholeIn tells whether a store that is opened anew has all of them, to the
// byte, and lets go of what was arriving.
func wholeIn(t *testing.T, root string, acknowledged []Digest) bool {
	t.Helper()
	s, err := OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for _, d := range acknowledged {
		if Recheck(context.Background(), s, d, nil) != nil {
			missing++
		}
	}
	if missing > 0 {
		t.Logf("%d of %d acknowledged blobs are missing or wrong", missing, len(acknowledged))
	}
	return missing == 0
}

func TestPowerCut(t *testing.T) {
	if lost := lostInCuts(t, 5); lost > 0 {
		t.Errorf("acknowledged blobs were lost in %d of 5 cuts", lost)
	}
}

// The same cuts on a store that only renames, as many do: unless it loses
// something, TestPowerCut proves nothing.
func TestPowerCutTakesWhatIsNotSynced(t *testing.T) {
	rename := WithSync(func(*os.File) error { return nil })
	if lost := lostInCuts(t, 2, rename); lost < 2 {
		t.Errorf("a store that syncs nothing came through %d of 2 cuts: the cuts prove nothing", 2-lost)
	}
}
