package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"time"

	"slipway/internal/dml/blob"
)

const (
	large = 1 << 30
	small = 1 << 20
	block = 1 << 20 // bytes handed over at once
)

func mib(bytes int64, took time.Duration) float64 { return float64(bytes) / (1 << 20) / took.Seconds() }

// inProcess stores 1 GiB durably and compares that with hashing it.
func inProcess(ctx context.Context, dir string, rounds int) error {
	folder, err := os.MkdirTemp(dir, "store-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	store, err := blob.OpenDisk(folder)
	if err != nil {
		return err
	}
	data := noise(block, 1)
	var hashed, written, stored time.Duration
	for round := range rounds {
		began := time.Now()
		sum := sha256.New()
		for range large / block {
			sum.Write(data)
		}
		sum.Sum(nil)
		hashed = least(round, hashed, time.Since(began))

		took, err := bareWrite(folder, data)
		if err != nil {
			return err
		}
		written = least(round, written, took)

		data[0]++ // the same blob again would also pay for dropping the older copy
		began = time.Now()
		info, err := storeOne(ctx, store, data)
		if err != nil {
			return err
		}
		stored = least(round, stored, time.Since(began))
		if err := store.Delete(ctx, info.Digest, info.Generation); err != nil {
			return err
		}
	}
	verdict("media: durable store in process / bare SHA-256", ratio(hashed, stored), ">=", 0.8,
		fmt.Sprintf("%.0f against %.0f MiB/s", mib(large, stored), mib(large, hashed)))
	verdict("media: durable store in process / the slower of both", ratio(max(hashed, written), stored), ">=", 0.8,
		fmt.Sprintf("a bare durable write makes %.0f MiB/s", mib(large, written)))
	return nil
}

// bareWrite writes and syncs 1 GiB, and does nothing else. The store cannot be
// faster, whatever it does.
func bareWrite(folder string, data []byte) (time.Duration, error) {
	f, err := os.CreateTemp(folder, "bare-")
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for range large / block {
		if _, err := f.Write(data); err != nil {
			return 0, errors.Join(err, f.Close())
		}
	}
	err = f.Sync()
	took := time.Since(began)
	return took, errors.Join(err, f.Close(), os.Remove(f.Name()))
}

func least(round int, a, b time.Duration) time.Duration {
	if round == 0 {
		return b
	}
	return min(a, b)
}

func storeOne(ctx context.Context, store blob.Store, data []byte) (blob.Info, error) {
	up, err := store.Create(ctx, large)
	if err != nil {
		return blob.Info{}, err
	}
	defer up.Abort() //nolint:errcheck // after Commit it does nothing
	for range large / block {
		if _, err := up.Write(data); err != nil {
			return blob.Info{}, err
		}
	}
	return up.Commit(ctx, "", large)
}
