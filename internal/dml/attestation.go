package dml

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

const (
	typeEnvelope = "application/vnd.dsse.envelope.v1+json"
	typeInToto   = "application/vnd.in-toto+json"
)

// statement is an in-toto Statement, versions 0.1 and 1, as
// github.com/in-toto/attestation/spec defines it.
type statement struct {
	Type    string `json:"_type"`
	Subject []struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	} `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

var errNoStatement = errors.New("its payload is no in-toto statement")

// readEnvelope reads a DSSE envelope with an in-toto statement in it. Other
// JSON is no evidence of this kind.
func readEnvelope(data []byte) (*proof, error) {
	var probe struct {
		PayloadType string `json:"payloadType"`
	}
	if json.Unmarshal(data, &probe) != nil || probe.PayloadType == "" {
		return nil, nil
	}
	if len(data) > maxEnvelope {
		return nil, fmt.Errorf("it has more than %d MiB", maxEnvelope>>20)
	}
	if plainJSON(data) != nil {
		return nil, errors.New("it is a DSSE envelope, but not JSON that every reader understands alike")
	}
	var e dsse.Envelope
	if json.Unmarshal(data, &e) != nil || len(e.Signatures) == 0 || len(e.Signatures) > 16 {
		return nil, errors.New("it is a DSSE envelope without a signature that can be read")
	}
	if e.PayloadType != typeInToto {
		return nil, nil // signed, but about what nothing here can read
	}
	payload, err := e.DecodeB64Payload()
	if err != nil {
		return nil, errNoStatement
	}
	s, err := readStatement(payload)
	if err != nil {
		return nil, err
	}
	return &proof{kind: Attestation, format: "in-toto, " + clipped(s.PredicateType), keys: PEMKey, by: anyKey, claims: s.claims(), payload: payload, about: s.about(),
		verify: func(k *publicKey, _ db.Time, _ message) error {
			v, err := dsse.NewEnvelopeVerifier(envelopeKey{k})
			if err != nil {
				return err
			}
			_, err = v.Verify(context.Background(), &e) // in memory; nothing to cancel
			return matched(err == nil)
		}}, nil
}

// envelopeKey lets the library try a key. It names none: what an envelope says
// of its key is not signed, so every key is tried.
type envelopeKey struct{ *publicKey }

// Verify checks a signature over the encoding of an envelope.
func (k envelopeKey) Verify(_ context.Context, data, sig []byte) error {
	return verifyBare(k.pem, sig, inMemory("", data))
}

// KeyID is none.
func (envelopeKey) KeyID() (string, error) { return "", nil }

// Public is none, since the library would make a name of it.
func (envelopeKey) Public() crypto.PublicKey { return nil }

func readStatement(payload []byte) (*statement, error) {
	if err := keysOnce(payload); err != nil {
		return nil, errNoStatement
	}
	var s statement
	if json.Unmarshal(payload, &s) != nil || !strings.HasPrefix(s.Type, "https://in-toto.io/Statement/") || s.PredicateType == "" {
		return nil, errNoStatement
	}
	return &s, nil
}

// keysOnce refuses an object that has a key twice. What stands below is the
// predicate's, in which names may differ by case alone.
func keysOnce(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return errNoStatement
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		name, ok := key.(string)
		if name = strings.ToLower(name); err != nil || !ok || seen[name] {
			return errNoStatement
		}
		seen[name] = true
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errNoStatement
	}
	return nil
}

func (s *statement) claims() []blob.Digest {
	var list []blob.Digest
	for _, subject := range s.Subject {
		if d := blob.Digest("sha256:" + strings.ToLower(subject.Digest["sha256"])); d.Valid() {
			list = append(list, d)
		}
	}
	return list
}

// provenance is what is shown of a SLSA provenance, versions 0.2 and 1.
type provenance struct {
	BuildDefinition struct {
		BuildType string     `json:"buildType"`
		Resolved  []material `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Builder builder `json:"builder"`
	} `json:"runDetails"`
	Builder   builder    `json:"builder"`
	BuildType string     `json:"buildType"`
	Materials []material `json:"materials"`
}

type builder struct {
	ID string `json:"id"`
}

type material struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

// maxMaterials is how many materials are named one by one.
const maxMaterials = 5

// about says in words what a provenance tells, and nothing of other predicates.
func (s *statement) about() string {
	var p provenance
	if !strings.HasPrefix(s.PredicateType, "https://slsa.dev/provenance/") || json.Unmarshal(s.Predicate, &p) != nil {
		return ""
	}
	by, how, from := p.RunDetails.Builder.ID, p.BuildDefinition.BuildType, p.BuildDefinition.Resolved
	if by == "" && how == "" {
		by, how, from = p.Builder.ID, p.BuildType, p.Materials
	}
	var parts []string
	if by != "" {
		parts = append(parts, "Built by "+clipped(by)+".")
	}
	if how != "" {
		parts = append(parts, "Type of build: "+clipped(how)+".")
	}
	if len(from) > 0 {
		parts = append(parts, "Materials: "+materials(from)+".")
	}
	return strings.Join(parts, " ")
}

func materials(list []material) string {
	var names []string
	for i, m := range list {
		if i == maxMaterials {
			names = append(names, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		name := clipped(m.URI)
		for _, algorithm := range []string{"sha256", "gitCommit", "sha1"} {
			if sum := m.Digest[algorithm]; sum != "" {
				name += " (" + clippedTo(sum, 12) + ")"
				break
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
