// Package ssh reaches hosts over SSH: files go into a staging folder, are hashed
// there, and commands run from it, each at most once. It knows no release and no
// database; what it trusts is handed to it.
package ssh

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// NewKey makes a key: the private half as OpenSSH keeps it, the public half as a
// line of authorized_keys.
func NewKey(comment string) (private []byte, public string, err error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	block, err := ssh.MarshalPrivateKey(priv, comment)
	if err != nil {
		return nil, "", err
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		return nil, "", err
	}
	return pem.EncodeToMemory(block), line(key) + " " + comment, nil
}

// Fingerprint names a public key the way ssh-keygen does: SHA256:….
func Fingerprint(public string) (string, error) {
	key, err := parse(public)
	if err != nil {
		return "", err
	}
	return ssh.FingerprintSHA256(key), nil
}

// TidyKey reads a public key, as authorized_keys or known_hosts write it, and
// gives its type and value alone.
func TidyKey(text string) (string, error) {
	key, err := parse(text)
	if err != nil {
		return "", err
	}
	return line(key), nil
}

func parse(text string) (ssh.PublicKey, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil || len(options) > 0 || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, fmt.Errorf("%.40q is no public key; one looks like ssh-ed25519 AAAA…", text)
	}
	return key, nil
}

func line(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}
