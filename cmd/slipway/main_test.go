package main

import (
	"context"
	"os"
	"testing"
)

// TestMain is the slipway program itself where a test starts it as a process of
// its own, to kill it.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(context.Background(), os.Args[1:]))
	}
	os.Exit(m.Run())
}

const asProgram = "SLIPWAY_TEST_AS_PROGRAM"
