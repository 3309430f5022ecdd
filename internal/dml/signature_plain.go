package dml

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"aead.dev/minisign"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// readMinisign reads a .minisig file. Both of its forms are taken; the older
// signs the bytes themselves and needs them in memory.
func readMinisign(data []byte) (*proof, error) {
	var s minisign.Signature
	if err := s.UnmarshalText(data); err != nil {
		return nil, errors.New("it calls itself a minisign signature, but does not parse as such")
	}
	return &proof{kind: Signature, format: "minisign", keys: MinisignKey, signer: minisignID(s.KeyID),
		by: func(k *publicKey) bool { return k.minisign.ID() == s.KeyID },
		verify: func(k *publicKey, _ db.Time, m message) error {
			if s.Algorithm == minisign.EdDSA {
				return wholeMatches(m, func(body []byte) bool { return minisign.Verify(k.minisign, body, data) })
			}
			return m.stream(func(r io.Reader) error {
				hashing := minisign.NewReader(r)
				if _, err := io.Copy(io.Discard, hashing); err != nil {
					return err
				}
				return matched(hashing.Verify(k.minisign, data))
			})
		}}, nil
}

// wholeMatches verifies by a scheme that does not hash first. What is too large
// for memory matches nothing.
func wholeMatches(m message, verify func([]byte) bool) error {
	if m.size > maxBill {
		return errMismatch
	}
	body, err := m.whole()
	if err != nil {
		return err
	}
	return matched(verify(body))
}

func matched(ok bool) error {
	if ok {
		return nil
	}
	return errMismatch
}

// bareSignature is what cosign sign-blob and openssl write: ASN.1 ECDSA over
// SHA-256, or Ed25519, in base64 or as it is. A line of 64 letters, such as a
// checksum, is neither.
func bareSignature(data []byte) []byte {
	if len(data) > maxBare {
		return nil
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(data)))
	switch plain := !bytes.ContainsFunc(data, func(r rune) bool { return r < ' ' && r != '\n' || r > '~' }); {
	case err == nil:
		data = decoded
	case plain:
		return nil
	}
	asn1 := len(data) >= 8 && len(data) <= 72 && data[0] == 0x30 && int(data[1]) == len(data)-2
	if asn1 || len(data) == ed25519.SignatureSize {
		return data
	}
	return nil
}

// maxBare is more than any such signature in base64 has.
const maxBare = 200

func readBare(data []byte) (*proof, error) {
	signature := bareSignature(data)
	format := "ECDSA P-256"
	if len(signature) == ed25519.SignatureSize {
		format = "Ed25519"
	}
	return &proof{kind: Signature, format: format, keys: PEMKey, by: anyKey,
		verify: func(k *publicKey, _ db.Time, m message) error { return verifyBare(k.pem, signature, m) }}, nil
}

func anyKey(*publicKey) bool { return true }

// verifyBare verifies without reading the bytes where their digest is enough.
func verifyBare(key crypto.PublicKey, signature []byte, m message) error {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		sum, err := hex.DecodeString(m.digest.Hex())
		return matched(err == nil && ecdsa.VerifyASN1(k, sum, signature))
	case ed25519.PublicKey:
		if len(signature) != ed25519.SignatureSize {
			return errMismatch
		}
		return wholeMatches(m, func(body []byte) bool { return ed25519.Verify(k, body, signature) })
	}
	return errMismatch
}

// What cosign writes into a registry: one layer a signature, whose bytes are
// the signed text and whose annotation is the signature.
const (
	typeSimpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json"
	annotCosign       = "dev.cosignproject.cosign/signature"
)

// readCosign reads a layer in the "simple signing" form.
func readCosign(p piece) (*proof, error) {
	if len(p.data) > maxSignature || len(p.signature) > maxSignature {
		return nil, errors.New("it is larger than any cosign signature")
	}
	signature, err := base64.StdEncoding.DecodeString(p.signature)
	if err != nil || len(signature) == 0 {
		return nil, errors.New("the layer lacks the annotation " + annotCosign)
	}
	if err := plainJSON(p.data); err != nil {
		return nil, errors.New("its payload is not JSON that every reader understands alike")
	}
	var text struct {
		Critical struct {
			Image struct {
				Digest blob.Digest `json:"docker-manifest-digest"`
			} `json:"image"`
		} `json:"critical"`
	}
	if err := json.Unmarshal(p.data, &text); err != nil || !text.Critical.Image.Digest.Valid() {
		return nil, errors.New("its payload names no manifest by SHA-256")
	}
	return &proof{kind: Signature, format: "cosign", keys: PEMKey, by: anyKey, claims: []blob.Digest{text.Critical.Image.Digest}, payload: p.data,
		verify: func(k *publicKey, _ db.Time, m message) error { return verifyBare(k.pem, signature, m) }}, nil
}
