package dml

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/pem"
	"errors"
	"hash"
	"io"
	"slices"

	"golang.org/x/crypto/ssh"

	"slipway/internal/db"
)

// The form of a signature by ssh-keygen -Y, as OpenSSH's PROTOCOL.sshsig has it:
// the preamble is followed by these fields, each a string but for the version.
const sshPreamble = "SSHSIG"

type sshSignature struct {
	Version   uint32
	PublicKey []byte
	Namespace string
	Reserved  []byte
	Hash      string
	Signature []byte
}

// sshSigned is what is signed in the place of the bytes, after the preamble.
type sshSigned struct {
	Namespace string
	Reserved  []byte
	Hash      string
	Sum       []byte
}

var sshHashes = map[string]func() hash.Hash{"sha256": sha256.New, "sha512": sha512.New}

func readSSHSignature(data []byte) (*proof, error) {
	wrong := errors.New("it calls itself an SSH signature, but does not parse as such")
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "SSH SIGNATURE" || len(block.Headers) > 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, wrong
	}
	body, ok := bytes.CutPrefix(block.Bytes, []byte(sshPreamble))
	var s sshSignature
	if !ok || ssh.Unmarshal(body, &s) != nil || s.Version != 1 {
		return nil, wrong
	}
	signer, err := ssh.ParsePublicKey(s.PublicKey)
	if err != nil {
		return nil, wrong
	}
	var inner ssh.Signature
	if ssh.Unmarshal(s.Signature, &inner) != nil {
		return nil, wrong
	}
	newHash, ok := sshHashes[s.Hash]
	if !ok || inner.Format == ssh.KeyAlgoRSA { // that one hashes by SHA-1
		return nil, errors.New("it uses a hash that is not safe")
	}
	if s.Namespace == "" {
		return nil, errors.New("it has no namespace")
	}
	return &proof{kind: Signature, format: "SSH, namespace " + clipped(s.Namespace), keys: SSHKey, signer: ssh.FingerprintSHA256(signer),
		by: func(k *publicKey) bool { return bytes.Equal(k.ssh.Marshal(), s.PublicKey) },
		verify: func(k *publicKey, _ db.Time, m message) error {
			if !slices.Contains(k.namespaces, s.Namespace) {
				return errMismatch
			}
			return m.stream(func(r io.Reader) error {
				sum := newHash()
				if _, err := io.Copy(sum, r); err != nil {
					return err
				}
				signed := append([]byte(sshPreamble), ssh.Marshal(sshSigned{s.Namespace, s.Reserved, s.Hash, sum.Sum(nil)})...)
				return matched(k.ssh.Verify(signed, &inner) == nil)
			})
		}}, nil
}
