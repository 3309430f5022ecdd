package sample

import (
	"bytes"
	"os"
	"testing"
)

func TestOwnReadmeIsTheReadme(t *testing.T) {
	want, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readme, want) {
		t.Error("internal/sample/own/README.md differs from README.md: run make generate and commit the result")
	}
}
