package dml

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"testing"
	"time"

	"aead.dev/minisign"
	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"golang.org/x/crypto/ssh"

	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
)

// signer is a key pair of some scheme, and how it signs bytes.
type signer struct {
	name   string
	kind   KeyKind
	public string
	sign   func(data []byte) piece
	names  bool                // its signatures name their key
	raw    func([]byte) []byte // of a key that cosign would use
}

// signers makes one of every scheme.
func signers(t testing.TB) []signer {
	t.Helper()
	return append([]signer{minisigner(t, true), minisigner(t, false), sshSigner(t, "file"), sshSigner(t, "slipway"), gpgSigner(t, true), gpgSigner(t, false)},
		pemSigners(t)...)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func minisigner(t testing.TB, hashed bool) signer {
	t.Helper()
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := public.MarshalText()
	sign := func(data []byte) piece { return piece{data: minisign.Sign(private, data)} }
	if hashed {
		sign = func(data []byte) piece {
			r := minisign.NewReader(bytes.NewReader(data))
			var sink bytes.Buffer
			if _, err := sink.ReadFrom(r); err != nil {
				t.Fatal(err)
			}
			return piece{data: r.Sign(private)}
		}
	}
	return signer{fmt.Sprintf("minisign, hashed %t", hashed), MinisignKey, string(text), sign, true, nil}
}

func sshSigner(t testing.TB, namespace string) signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := must[ssh.Signer](t)(ssh.NewSignerFromKey(private))
	return signer{"ssh, " + namespace, SSHKey, string(ssh.MarshalAuthorizedKey(key.PublicKey())),
		func(data []byte) piece { return piece{data: sshSign(t, key, namespace, data)} }, true, nil}
}

func sshSign(t testing.TB, key ssh.Signer, namespace string, data []byte) []byte {
	t.Helper()
	sum := sha512.Sum512(data)
	inner := must[*ssh.Signature](t)(key.Sign(rand.Reader, append([]byte("SSHSIG"), ssh.Marshal(sshSigned{namespace, nil, "sha512", sum[:]})...)))
	body := append([]byte("SSHSIG"), ssh.Marshal(sshSignature{1, key.PublicKey().Marshal(), namespace, nil, "sha512", ssh.Marshal(inner)})...)
	return pem.EncodeToMemory(&pem.Block{Type: "SSH SIGNATURE", Bytes: body})
}

func gpgSigner(t testing.TB, armoured bool) signer {
	t.Helper()
	config := &packet.Config{Time: func() time.Time { return dbtest.Start.Add(-time.Hour) }, Algorithm: packet.PubKeyAlgoEdDSA}
	entity := must[*openpgp.Entity](t)(openpgp.NewEntity("Release signing", "", "release@example.org", config))
	sign := openpgp.DetachSign
	if armoured {
		sign = openpgp.ArmoredDetachSign
	}
	return signer{fmt.Sprintf("gpg, armoured %t", armoured), GPGKey, gpgPublic(t, entity), func(data []byte) piece {
		var out bytes.Buffer
		if err := sign(&out, entity, bytes.NewReader(data), config); err != nil {
			t.Fatal(err)
		}
		return piece{data: out.Bytes()}
	}, true, nil}
}

func gpgPublic(t testing.TB, entity *openpgp.Entity) string {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := entity.Serialize(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func pemPublic(t testing.TB, key crypto.PublicKey) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must[[]byte](t)(x509.MarshalPKIXPublicKey(key))}))
}

// cosigner is a key pair as cosign makes it.
func cosigner(t testing.TB) signer {
	t.Helper()
	private := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	raw := func(data []byte) []byte {
		sum := sha256.Sum256(data)
		return must[[]byte](t)(ecdsa.SignASN1(rand.Reader, private, sum[:]))
	}
	return signer{name: "cosign", kind: PEMKey, public: pemPublic(t, private.Public()), raw: raw}
}

// cosignSimple is what cosign signs for a manifest.
func cosignSimple(d blob.Digest) []byte {
	return []byte(fmt.Sprintf(`{"critical":{"identity":{"docker-reference":"registry/payments"},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"},"optional":null}`, d))
}

func pemSigners(t testing.TB) []signer {
	t.Helper()
	pair := cosigner(t)
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, public := pair.raw, pair.public
	return []signer{
		{"cosign sign-blob", PEMKey, public, func(data []byte) piece {
			return piece{data: []byte(base64.StdEncoding.EncodeToString(raw(data)) + "\n")}
		}, false, nil},
		{"openssl dgst -sign", PEMKey, public, func(data []byte) piece { return piece{data: raw(data)} }, false, nil},
		{"Ed25519", PEMKey, pemPublic(t, edPublic), func(data []byte) piece {
			return piece{data: []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(edPrivate, data)))}
		}, false, nil},
		{"cosign sign", PEMKey, public, func(data []byte) piece {
			text := cosignSimple(blob.Of(data))
			return piece{mediaType: typeSimpleSigning, data: text, signature: base64.StdEncoding.EncodeToString(raw(text))}
		}, false, nil},
		{"DSSE", PEMKey, public, func(data []byte) piece { return piece{data: envelope(t, raw, inToto(blob.Of(data)))} }, false, nil},
	}
}

func inToto(d blob.Digest) string {
	return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"server.bin","digest":{"sha256":%q}}],"predicateType":"https://slsa.dev/provenance/v1",
"predicate":{"buildDefinition":{"buildType":"https://example.org/make/v1","resolvedDependencies":[{"uri":"git+https://example.org/payments","digest":{"gitCommit":"0123456789abcdef0123"}}]},
"runDetails":{"builder":{"id":"https://example.org/builders/7"}}}}`, d.Hex())
}

func envelope(t testing.TB, sign func([]byte) []byte, statement string) []byte {
	t.Helper()
	e := dsse.Envelope{PayloadType: typeInToto, Payload: base64.StdEncoding.EncodeToString([]byte(statement)),
		Signatures: []dsse.Signature{{KeyID: "whatever", Sig: base64.StdEncoding.EncodeToString(sign(dsse.PAE(typeInToto, []byte(statement))))}}}
	return must[[]byte](t)(json.Marshal(e))
}

// trusted is the signer's key as the organisation keeps it.
func (s signer) trusted(t testing.TB, id int64) TrustedKey {
	t.Helper()
	p, why := parseKey(s.kind, s.public)
	if why != "" {
		t.Fatal(s.name, why)
	}
	k := TrustedKey{Name: "Release signing", Holder: "Telenord", Kind: s.kind, Text: p.text, Fingerprint: p.fingerprint, Hint: p.hint}
	k.ID = id
	return k
}
