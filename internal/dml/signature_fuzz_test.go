package dml

import (
	"context"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
)

// FuzzSignature reads whatever comes and judges it by a key of every scheme: it
// may be anything but good, since the bytes are not those that the seeds signed.
func FuzzSignature(f *testing.F) {
	var keys []TrustedKey
	for i, s := range signers(f) {
		keys = append(keys, s.trusted(f, int64(i)+1))
		p := s.sign([]byte("the program"))
		f.Add(p.data, p.signature, p.mediaType == typeSimpleSigning)
	}
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[{"sig":""}]}`), "", false)
	f.Fuzz(func(t *testing.T, data []byte, signature string, cosign bool) {
		p := piece{data: data, signature: signature}
		if cosign {
			p.mediaType = typeSimpleSigning
		}
		proof, err := readSignature(p)
		if proof == nil || err != nil {
			return
		}
		// Other bytes than the seeds signed: nothing may pass for good.
		r, err := proof.rule(context.Background(), keys, db.At(dbtest.Start), 0, []message{inMemory("its file", []byte("another program"))})
		if err != nil || r.standing == Good || r.standing == "" || r.detail == "" {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// FuzzKey reads whatever is pasted as a key.
func FuzzKey(f *testing.F) {
	for _, s := range signers(f) {
		f.Add(string(s.kind), s.public)
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		known := false
		for _, k := range KeyKinds() {
			known = known || string(k) == kind
		}
		if !known {
			return
		}
		if p, why := parseKey(KeyKind(kind), text); (why == "") != (p != nil && p.fingerprint != "") {
			t.Errorf("%+v %q", p, why)
		}
	})
}

// FuzzStatement reads whatever an envelope may hold.
func FuzzStatement(f *testing.F) {
	f.Add([]byte(inToto("sha256:" + "00")))
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v0.2","predicate":{"materials":[{}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := readStatement(data)
		if err != nil {
			return
		}
		for _, d := range s.claims() {
			if !d.Valid() {
				t.Errorf("claims %q", d)
			}
		}
		if about := s.about(); len(about) > 4<<10 {
			t.Errorf("%d bytes of words", len(about))
		}
	})
}
