package blob

import (
	"context"
	"crypto/sha256"
	"testing"
)

// The durable store against the bare hash of the same bytes: the ratio of the
// two rates is what counts, since both depend on the machine.
const benchSize = 256 << 20

func BenchmarkHash(b *testing.B) {
	data := make([]byte, 1<<20)
	b.SetBytes(benchSize)
	for b.Loop() {
		h := sha256.New()
		for range benchSize / len(data) {
			h.Write(data)
		}
		h.Sum(nil)
	}
}

func BenchmarkStore(b *testing.B) {
	s, err := OpenDisk(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 1<<20)
	b.SetBytes(benchSize)
	for b.Loop() {
		data[0]++ // the same blob again would also pay for dropping the old copy
		up, err := s.Create(context.Background(), benchSize)
		if err != nil {
			b.Fatal(err)
		}
		for range benchSize / len(data) {
			if _, err := up.Write(data); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := up.Commit(context.Background(), "", benchSize); err != nil {
			b.Fatal(err)
		}
	}
}
