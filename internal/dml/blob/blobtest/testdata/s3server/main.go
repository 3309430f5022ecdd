// Command s3server is a VersityGW over a folder: a real S3 server for the tests
// of the S3 driver. It is a module of its own, so that Slipway does not depend
// on it, and smaller than the whole gateway, so that it builds in little time.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	address := flag.String("address", "127.0.0.1:0", "address to listen on")
	folder := flag.String("folder", "", "folder that gets buckets, meta and versions in it")
	flag.Parse()
	if err := serve(*address, *folder); err != nil {
		log.Fatal(err)
	}
}

func serve(address, folder string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	buckets, sidecar, versions := filepath.Join(folder, "buckets"), filepath.Join(folder, "meta"), filepath.Join(folder, "versions")
	for _, dir := range []string{buckets, sidecar, versions} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
	}
	// Not every file system has the extended attributes it would use otherwise.
	storer, err := meta.NewSideCar(sidecar)
	if err != nil {
		return err
	}
	store, err := posix.New(buckets, storer, posix.PosixOpts{SideCarDir: sidecar, VersioningDir: versions, Concurrency: 64})
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(ctx, store, &embedgw.Config{RootUserAccess: "slipway", RootUserSecret: os.Getenv("S3SERVER_SECRET"),
		Region: "us-east-1", Ports: []string{address}, MaxConnections: 256, MaxRequests: 256, MultipartMaxParts: 10_000, Quiet: true, KeepAlive: true})
}
