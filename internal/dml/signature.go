package dml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// Standing is what a signature or an attestation is worth now.
type Standing string

// The standings. Only the first makes a signature count.
const (
	Good       Standing = "good"
	UnknownKey Standing = "unknown key"
	Revoked    Standing = "key revoked"
	OutOfDate  Standing = "key not valid"
	Mismatch   Standing = "does not match"
	Foreign    Standing = "for another subject"
	Unreadable Standing = "cannot be read"
)

// Verdict is the standing as a check counts it: what nobody can judge is
// neither good nor bad.
func (s Standing) Verdict() Verdict {
	switch s {
	case Good:
		return Met
	case UnknownKey, "":
		return Unknown
	}
	return Unmet
}

// maxSignature bounds a signature and maxEnvelope an attestation; both are
// parsed in memory.
const (
	maxSignature = 128 << 10
	maxEnvelope  = 8 << 20
)

// proof is a signature as it was read, before any key was tried.
type proof struct {
	kind   EvidenceKind
	format string
	keys   KeyKind
	signer string // the key that it names, for people; "" when it names none

	// by tells whether the key may have made it. A proof that names its key can
	// tell a wrong byte from a foreign key; one that names none cannot.
	by func(*publicKey) bool

	// claims are the digests that a signed text is about, which payload holds;
	// without a payload the bytes of the version themselves are signed.
	claims  []blob.Digest
	payload []byte
	about   string // what an attestation says, in words

	// verify gives nil, one of the errors below, or the reader's own.
	verify func(k *publicKey, at db.Time, m message) error
}

// Why a signature does not verify; anything else is no word on the signature.
var (
	errMismatch   = errors.New("the signature does not match")
	errKeyOver    = errors.New("the key had expired by its own word")
	errKeyRevoked = errors.New("the key is revoked by its own word")
)

// message is what may have been signed.
type message struct {
	what   string // "its file", for a sentence
	digest blob.Digest
	of     blob.Digest // what is vouched for by it: the digest, or that which the text names
	size   int64
	open   func() (io.ReadCloser, error)
}

// inMemory is a message of few bytes.
func inMemory(what string, data []byte) message {
	d := blob.Of(data)
	return message{what, d, d, int64(len(data)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// whole reads a message that its scheme needs in one piece.
func (m message) whole() ([]byte, error) {
	r, err := m.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxBill+1))
}

// stream reads a message through a function without holding it.
func (m message) stream(through func(io.Reader) error) error {
	r, err := m.open()
	if err != nil {
		return err
	}
	defer r.Close()
	return through(r)
}

// readSignature tells what kind of signature the bytes are. Nothing and no
// error means that they are none; an error says why one cannot be read.
func readSignature(p piece) (*proof, error) {
	text := bytes.TrimSpace(p.data)
	if p.signature != "" || p.mediaType == typeSimpleSigning {
		return readCosign(p)
	}
	if bytes.HasPrefix(text, []byte("{")) {
		return readEnvelope(text)
	}
	var read func([]byte) (*proof, error)
	switch {
	case bytes.HasPrefix(text, []byte("-----BEGIN SSH SIGNATURE-----")):
		read = readSSHSignature
	case bytes.HasPrefix(text, []byte("-----BEGIN PGP SIGNATURE-----")):
		read = readArmouredGPG
	case bytes.HasPrefix(text, []byte("untrusted comment: ")):
		read = readMinisign
	case isGPGSignature(p.data):
		read = readGPG
	case bareSignature(p.data) != nil:
		read = readBare
	default:
		return nil, nil
	}
	if len(text) > maxSignature {
		return nil, fmt.Errorf("it has more than %d KiB", maxSignature>>10)
	}
	if bytes.HasPrefix(text, []byte("-----")) || bytes.HasPrefix(text, []byte("untrusted")) {
		return read(text)
	}
	return read(p.data) // what is binary may end in what looks like space
}

// piece is evidence as it came.
type piece struct {
	fileName  string
	mediaType string
	signature string // from the annotation of an OCI layer
	data      []byte
}

// ruling is what became of a proof.
type ruling struct {
	standing Standing
	detail   string
	keyID    int64
	subject  blob.Digest
}

// rule judges a proof by the keys that are known, for media of a service.
func (p *proof) rule(ctx context.Context, keys []TrustedKey, arrived db.Time, serviceID int64, own []message) (ruling, error) {
	if p.payload != nil {
		var of *message
		for i := range own {
			for _, claim := range p.claims {
				if claim == own[i].of {
					of = &own[i]
				}
			}
		}
		if of == nil {
			return ruling{standing: Foreign, detail: "It is for " + p.claimed() + ", not for this version."}, nil
		}
		signed := inMemory("its digest", p.payload)
		r, err := p.tryKeys(ctx, keys, arrived, serviceID, []message{signed})
		r.subject = of.of
		return r, err
	}
	return p.tryKeys(ctx, keys, arrived, serviceID, own)
}

func (p *proof) claimed() string {
	if len(p.claims) == 0 {
		return "nothing that it names by SHA-256"
	}
	return p.claims[0].Short()
}

// tryKeys verifies by each key that may have made the proof, until one did.
func (p *proof) tryKeys(ctx context.Context, keys []TrustedKey, arrived db.Time, serviceID int64, messages []message) (ruling, error) {
	named := ""
	failed := errMismatch
	tried := map[string]bool{}
	for i := range keys {
		k := &keys[i]
		if k.Kind != p.keys || tried[k.Fingerprint] {
			continue
		}
		tried[k.Fingerprint] = true
		public, why := parseKey(k.Kind, k.Text)
		if why != "" || !p.by(public) {
			continue // a key that no longer parses under today's rules is trusted for nothing
		}
		named = k.Title()
		for _, m := range messages {
			if err := ctx.Err(); err != nil {
				return ruling{}, err
			}
			switch err := p.verify(public, arrived, m); {
			case err == nil:
				return best(keys, k.Fingerprint, k.Kind, arrived, serviceID, m), nil
			case errors.Is(err, errKeyOver), errors.Is(err, errKeyRevoked):
				failed = err
			case !errors.Is(err, errMismatch):
				return ruling{}, err
			}
		}
	}
	switch {
	case named != "" && p.signer != "" && errors.Is(failed, errKeyOver):
		return ruling{standing: OutOfDate, detail: "Made by " + named + ", a key that had expired by its own word."}, nil
	case named != "" && p.signer != "" && errors.Is(failed, errKeyRevoked):
		return ruling{standing: Revoked, detail: "Made by " + named + ", a key that revokes itself."}, nil
	case named != "" && p.signer != "":
		return ruling{standing: Mismatch, detail: "It names " + named + ", but does not match these bytes."}, nil
	case p.signer != "":
		return ruling{standing: UnknownKey, detail: "Made by the key " + p.signer + ", which is not among the trusted keys."}, nil
	}
	if p.payload != nil {
		return ruling{standing: UnknownKey, detail: "No trusted key verifies it."}, nil
	}
	return ruling{standing: UnknownKey, detail: "No trusted key verifies it: another key made it, or it is for other bytes."}, nil
}

// best judges by every entry of the key that has verified, and takes the one by
// which it is good, if there is one.
func best(keys []TrustedKey, fingerprint string, kind KeyKind, arrived db.Time, serviceID int64, m message) ruling {
	var r ruling
	for i := range keys {
		k := &keys[i]
		if k.Kind != kind || k.Fingerprint != fingerprint {
			continue
		}
		standing, detail := k.standing(arrived, serviceID)
		if r.standing == "" || standing == Good {
			r = ruling{standing, detail, k.ID, m.of}
		}
	}
	return r
}
