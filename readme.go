// Package slipway holds what stands at the top of the source: its README, which
// travels in the binary because Slipway's own release brings it as media.
package slipway

import _ "embed" // for the README

// Readme is README.md as it was when this program was built.
//
//go:embed README.md
var Readme []byte
