package ui

import (
	"fmt"
	"strconv"
)

// Bytes is a size as people read it.
func Bytes(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, name := float64(n)/unit, "kB"
	for _, larger := range []string{"MB", "GB", "TB"} {
		if value < unit {
			break
		}
		value, name = value/unit, larger
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + " " + name
}
