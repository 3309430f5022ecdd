// Package blob is the content-addressed store beneath the media library. Bytes
// enter through an Upload that hashes them on the way, and are named by that
// hash; nothing stored is ever edited.
package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Digest names bytes by their SHA-256: "sha256:" and 64 lower-case hex digits.
// A Digest from Parse or Of is valid; the zero Digest means "not known".
type Digest string

const (
	prefix = "sha256:"
	hexLen = 2 * sha256.Size
)

// Parse takes a digest in its one spelling. Upper case is refused: two
// spellings of one name would be two names.
func Parse(s string) (Digest, error) {
	d := Digest(s)
	if !d.Valid() {
		return "", fmt.Errorf("%q is not a digest; it must be sha256: and 64 lower-case hex digits", clip(s))
	}
	return d, nil
}

// Of gives the digest of bytes in memory.
func Of(b []byte) Digest {
	sum := sha256.Sum256(b)
	return fromSum(sum[:])
}

func fromSum(sum []byte) Digest { return Digest(prefix + hex.EncodeToString(sum)) }

// Valid tells whether d is spelled as a digest.
func (d Digest) Valid() bool {
	h, ok := strings.CutPrefix(string(d), prefix)
	return ok && len(h) == hexLen && strings.Trim(h, "0123456789abcdef") == ""
}

// Hex is the digest without its algorithm.
func (d Digest) Hex() string { return strings.TrimPrefix(string(d), prefix) }

// String is the digest in full.
func (d Digest) String() string { return string(d) }

// Short is enough of the digest for a sentence.
func (d Digest) Short() string {
	h := d.Hex()
	if len(h) < 12 {
		return h
	}
	return h[:6] + "…" + h[len(h)-4:]
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
