package dml

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// qrQuiet is the width of the white border that readers need, in modules.
const qrQuiet = 4

// qrCode draws a text as a QR code of medium redundancy (ISO/IEC 18004): the
// side of the square in modules, its border included, and the dark modules as
// the data of an SVG path. A text that fits into no code has neither.
func qrCode(text string) (side int, path string) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return 0, ""
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+qrQuiet, y+qrQuiet, run, run)
				x += run
			}
		}
	}
	return code.Size + 2*qrQuiet, b.String()
}
