package dml

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
)

// TestStandingOfASignature tries every scheme against every way in which a key
// may or may not be trusted, and against other bytes.
func TestStandingOfASignature(t *testing.T) {
	const service = 7
	now := db.At(dbtest.Start)
	before, after := now.Add(-24*time.Hour), now.Add(24*time.Hour)
	body := []byte("the program")
	for _, s := range signers(t) {
		other := func(list []signer) signer { // another key of the same scheme
			for _, o := range list {
				if o.name == s.name {
					return o
				}
			}
			t.Fatal("no such scheme")
			return s
		}(signers(t))
		wrongBytes, attested := UnknownKey, s.name == "cosign sign" || s.name == "DSSE"
		if s.names {
			wrongBytes = Mismatch
		}
		if attested {
			wrongBytes = Foreign
		}
		for name, try := range map[string]struct {
			key   func(*TrustedKey)
			bytes string
			want  Standing
			words string
		}{
			"valid":                          {func(*TrustedKey) {}, "the program", Good, "by Release signing of Telenord"},
			"for this service":               {func(k *TrustedKey) { k.Services = []int64{3, service} }, "the program", Good, "Good"},
			"for another service":            {func(k *TrustedKey) { k.Services = []int64{3} }, "the program", UnknownKey, "other services"},
			"not yet valid":                  {func(k *TrustedKey) { k.ValidFrom = after }, "the program", OutOfDate, "only from"},
			"within its time":                {func(k *TrustedKey) { k.ValidFrom, k.ValidTo = before, after }, "the program", Good, "Good"},
			"expired":                        {func(k *TrustedKey) { k.ValidTo = before }, "the program", OutOfDate, "expired"},
			"expires this moment":            {func(k *TrustedKey) { k.ValidTo = now }, "the program", OutOfDate, "expired"},
			"retired later":                  {func(k *TrustedKey) { k.RevokedAt = after }, "the program", Good, "before the key was retired"},
			"retired before":                 {func(k *TrustedKey) { k.RevokedAt = before }, "the program", Revoked, "retired"},
			"retired this moment":            {func(k *TrustedKey) { k.RevokedAt = now }, "the program", Revoked, "retired"},
			"compromised later":              {func(k *TrustedKey) { k.RevokedAt, k.Compromised, k.RevokedWhy = after, true, "Stolen." }, "the program", Revoked, "compromised on 24 Nov 2026: Stolen."},
			"compromised before":             {func(k *TrustedKey) { k.RevokedAt, k.Compromised = before, true }, "the program", Revoked, "compromised"},
			"other bytes":                    {func(*TrustedKey) {}, "the Program", wrongBytes, ""},
			"other bytes, key compromised":   {func(k *TrustedKey) { k.RevokedAt, k.Compromised = after, true }, "the Program", wrongBytes, ""},
			"another key in its place":       {func(k *TrustedKey) { *k = other.trusted(t, 1) }, "the program", UnknownKey, "rusted key"},
			"a key of another scheme by it":  {func(k *TrustedKey) { *k = foreignScheme(t, s.kind) }, "the program", UnknownKey, "rusted key"},
			"a key whose text is broken now": {func(k *TrustedKey) { k.Text = "nonsense" }, "the program", UnknownKey, "rusted key"},
		} {
			p, err := readSignature(s.sign(body))
			if err != nil || p == nil {
				t.Fatalf("%s: not read: %v", s.name, err)
			}
			k := s.trusted(t, 1)
			try.key(&k)
			r, err := p.rule(context.Background(), []TrustedKey{k}, now, service, []message{inMemory("its file", []byte(try.bytes))})
			if err != nil || r.standing != try.want || !strings.Contains(r.detail, try.words) {
				t.Errorf("%s, %s: %q (%s), %v; want %q", s.name, name, r.standing, r.detail, err, try.want)
			}
			if good := r.standing == Good; good != (r.standing.Verdict() == Met) || good && (r.keyID != 1 || r.subject != blob.Of(body)) {
				t.Errorf("%s, %s: %+v", s.name, name, r)
			}
		}
	}
}

func foreignScheme(t *testing.T, kind KeyKind) TrustedKey {
	t.Helper()
	for _, s := range signers(t) {
		if s.kind != kind {
			return s.trusted(t, 1)
		}
	}
	t.Fatal("there is one scheme only")
	return TrustedKey{}
}

func TestStandingsAndVerdicts(t *testing.T) {
	for standing, want := range map[Standing]Verdict{Good: Met, UnknownKey: Unknown, "": Unknown, Revoked: Unmet, OutOfDate: Unmet, Mismatch: Unmet, Foreign: Unmet, Unreadable: Unmet} {
		if got := standing.Verdict(); got != want {
			t.Errorf("%q counts as %s, want %s", standing, got, want)
		}
	}
}

func TestAKeyAddedAnewCountsBesideItsOldEntry(t *testing.T) {
	s := minisigner(t, true)
	now := db.At(dbtest.Start)
	old, fresh := s.trusted(t, 1), s.trusted(t, 2)
	old.RevokedAt, old.Compromised = now, true
	fresh.ValidFrom = now
	for arrived, want := range map[db.Time]Standing{now.Add(-time.Hour): Revoked, now.Add(time.Hour): Good} {
		p, err := readSignature(s.sign([]byte("x")))
		if err != nil {
			t.Fatal(err)
		}
		for _, keys := range [][]TrustedKey{{old, fresh}, {fresh, old}} {
			r, err := p.rule(context.Background(), keys, arrived, 0, []message{inMemory("", []byte("x"))})
			if err != nil || (r.standing == Good) != (want == Good) {
				t.Errorf("arrived at %v: %+v %v, want %s", arrived.Std(), r, err, want)
			}
		}
	}
}

func TestAKeyThatExpiredByItsOwnWord(t *testing.T) {
	s := gpgSigner(t, true)
	p, err := readSignature(s.sign([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	// A signature that claims to be from after its arrival is as little good.
	r, err := p.rule(context.Background(), []TrustedKey{s.trusted(t, 1)}, db.At(dbtest.Start.Add(-48*time.Hour)), 0, []message{inMemory("", []byte("x"))})
	if err != nil || r.standing != OutOfDate {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAnUnreadableVersionIsNoMismatch(t *testing.T) {
	broken := errors.New("broken disk")
	for _, s := range signers(t) {
		p, err := readSignature(s.sign([]byte("x")))
		if err != nil {
			t.Fatal(err)
		}
		m := message{digest: blob.Of([]byte("y")), size: 1, open: func() (io.ReadCloser, error) { return nil, broken }}
		if r, err := p.rule(context.Background(), []TrustedKey{s.trusted(t, 1)}, db.At(dbtest.Start), 0, []message{m}); s.names && !errors.Is(err, broken) {
			t.Errorf("%s: %+v %v", s.name, r, err)
		}
	}
}

func TestBadSignaturesAreNamedAsSuch(t *testing.T) {
	ssh := string(sshSigner(t, "file").sign([]byte("x")).data)
	dsse := func(payloadType, payload, signatures string) string {
		return `{"payloadType":"` + payloadType + `","payload":"` + payload + `","signatures":` + signatures + `}`
	}
	one := `[{"sig":"AAAA"}]`
	for name, p := range map[string]piece{
		"SSH, cut":                       {data: []byte(ssh[:len(ssh)/2])},
		"SSH, with more after it":        {data: []byte(ssh + "more")},
		"SSH, without a namespace":       sshSigner(t, "").sign([]byte("x")),
		"PGP, without armour":            {data: []byte("-----BEGIN PGP SIGNATURE-----\n\nzz\n-----END PGP SIGNATURE-----")},
		"PGP, binary nonsense":           {data: []byte("\xc2\x20aaaaaaaaaaaaaaaaaaaaaaa")},
		"minisign, without its lines":    {data: []byte("untrusted comment: x\nRW")},
		"too long":                       {data: []byte("untrusted comment: " + strings.Repeat("x", maxSignature))},
		"cosign, without a signature":    {mediaType: typeSimpleSigning, data: cosignSimple(blob.Of(nil))},
		"cosign, without a digest":       {mediaType: typeSimpleSigning, data: []byte(`{"critical":{}}`), signature: "AAAA"},
		"cosign, a key twice":            {mediaType: typeSimpleSigning, data: []byte(`{"critical":{},"critical":{}}`), signature: "AAAA"},
		"DSSE, without signatures":       {data: []byte(dsse(typeInToto, "e30=", "[]"))},
		"DSSE, too many signatures":      {data: []byte(dsse(typeInToto, "e30=", "["+strings.Repeat(`{"sig":"AAAA"},`, 16)+`{"sig":"AAAA"}]`))},
		"DSSE, a key twice":              {data: []byte(`{"payloadType":"a","payloadType":"` + typeInToto + `"}`)},
		"DSSE, no statement":             {data: []byte(dsse(typeInToto, "e30=", one))},
		"DSSE, payload is not base64":    {data: []byte(dsse(typeInToto, "?", one))},
		"DSSE, statement names it twice": {data: []byte(dsse(typeInToto, b64(`{"_type":"https://in-toto.io/Statement/v1","subject":[],"Subject":[],"predicateType":"x"}`), one))},
	} {
		if proof, err := readSignature(p); err == nil {
			t.Errorf("%s: %+v", name, proof)
		}
	}
	for name, text := range map[string]string{"nothing": "", "words": "signed by me", "a checksum": strings.Repeat("0a", 32), "64 letters": strings.Repeat("-", 64), "other JSON": `{"bomFormat":"CycloneDX"}`, "another payload": dsse("text/plain", "e30=", one)} {
		if proof, err := readSignature(piece{data: []byte(text)}); proof != nil || err != nil {
			t.Errorf("%s: %+v %v", name, proof, err)
		}
	}
}

// One bare signature in fifty begins as a PGP packet does.
func TestABareSignatureIsNoPGPPacket(t *testing.T) {
	for _, first := range []byte{0x88, 0x89, 0x8A, 0x8B, 0xC2, 0x30} {
		data := append([]byte{first}, make([]byte, ed25519.SignatureSize-1)...)
		if proof, err := readSignature(piece{data: data}); err != nil || proof == nil || proof.format != "Ed25519" {
			t.Errorf("%#x: %+v %v", first, proof, err)
		}
	}
}

func TestProvenanceIsToldInWords(t *testing.T) {
	for text, want := range map[string]string{
		inToto(blob.Of(nil)): "Built by https://example.org/builders/7. Type of build: https://example.org/make/v1. Materials: git+https://example.org/payments (0123456789ab).",
		`{"_type":"https://in-toto.io/Statement/v0.1","subject":[],"predicateType":"https://slsa.dev/provenance/v0.2","predicate":{"builder":{"id":"b"},"buildType":"t","materials":[{"uri":"1"},{"uri":"2"},{"uri":"3"},{"uri":"4"},{"uri":"5"},{"uri":"6"},{"uri":"7"}]}}`: "Built by b. Type of build: t. Materials: 1, 2, 3, 4, 5, and 2 more.",
		`{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"https://example.org/tested","predicate":{"builder":{"id":"b"}}}`:                                                                                                                           "",
		`{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"https://slsa.dev/provenance/v1","predicate":7}`:                                                                                                                                            "",
	} {
		s, err := readStatement([]byte(text))
		if err != nil || s.about() != want {
			t.Errorf("%s\n%v\n%s", text, err, s.about())
		}
	}
}

func TestTheCheckOfSignatures(t *testing.T) {
	of := func(standings ...Standing) (list []Evidence) {
		for _, s := range standings {
			list = append(list, Evidence{Kind: Signature, Format: "GPG", Standing: s, Detail: string(s) + "."})
		}
		return append(list, Evidence{Kind: BillOfMaterials, Verdict: Met}, Evidence{Kind: Attestation, Standing: Good})
	}
	for _, try := range []struct {
		list           []Evidence
		free, demanded Verdict
		detail         string
	}{
		{of(), Unknown, Unmet, "None came with it."},
		{of(Good), Met, Met, "GPG: good."},
		{of(UnknownKey), Unknown, Unmet, "GPG: unknown key."},
		{of(UnknownKey, Mismatch), Unmet, Unmet, "GPG: does not match."},
		{of(Mismatch, UnknownKey), Unmet, Unmet, "GPG: does not match."},
		{of(Mismatch, Good), Met, Met, "GPG: good."},
		{of(Good, Revoked), Met, Met, "GPG: good."},
		{of(Revoked), Unmet, Unmet, "GPG: key revoked."},
		{of(OutOfDate), Unmet, Unmet, "GPG: key not valid."},
	} {
		free, demanded := judgeSignature(&Item{}, try.list), judgeSignature(&Item{MustBeSigned: true}, try.list)
		if free.Verdict != try.free || demanded.Verdict != try.demanded || free.Detail != try.detail || demanded.Detail != try.detail {
			t.Errorf("%+v:\n%+v\n%+v", try.list, free, demanded)
		}
	}
}
