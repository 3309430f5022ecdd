package sample_test

import (
	"context"
	"testing"

	"slipway/internal/app"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/sample"
)

func open(t *testing.T) *app.App {
	t.Helper()
	blobs, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return app.Connect(dbtest.New(t), blobs, nil)
}

func TestPeople(t *testing.T) {
	a := open(t)
	if err := sample.People(context.Background(), a); err != nil {
		t.Fatal(err)
	}
}
