package dml

import (
	"fmt"
	"strings"
	"testing"

	"rsc.io/qr"
)

// The path, painted, is the code that the library encoded, inside its border.
func TestTheDrawnCodeIsTheEncodedOne(t *testing.T) {
	const text = "https://slipway.example/dml/payments-api/server"
	n, path := qrCode(text)
	code, err := qr.Encode(text, qr.M)
	if err != nil || n != code.Size+8 {
		t.Fatal(n, err)
	}
	painted := map[[2]int]bool{}
	for _, run := range strings.Split(strings.TrimSuffix(path, "z"), "z") {
		x, y, w := readRun(t, run)
		for i := range w {
			painted[[2]int{x + i, y}] = true
		}
	}
	for y := range n {
		for x := range n {
			if painted[[2]int{x, y}] != code.Black(x-4, y-4) {
				t.Fatalf("%d, %d is wrong", x, y)
			}
		}
	}
	if n, path := qrCode(strings.Repeat("x", 8000)); n != 0 || path != "" {
		t.Error("a text too long for a code has one")
	}
}

// readRun reads one run: where it begins, and how long it is.
func readRun(t *testing.T, run string) (x, y, width int) {
	t.Helper()
	var back int
	if n, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &width, &back); n != 4 || err != nil || back != width {
		t.Fatalf("%q: %v", run, err)
	}
	return x, y, width
}
