package dml

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"aead.dev/minisign"
	"github.com/ProtonMail/go-crypto/openpgp"
	"golang.org/x/crypto/ssh"
)

// publicKey is a key as its scheme reads it. Only the field of its kind is set.
type publicKey struct {
	kind        KeyKind
	text        string
	fingerprint string
	hint        string

	minisign   minisign.PublicKey
	ssh        ssh.PublicKey
	namespaces []string // for which an SSH key may sign
	gpg        openpgp.EntityList
	pem        crypto.PublicKey
}

const (
	maxKey     = 128 << 10
	minRSABits = 2048
)

// parseKey reads a public key, or says why not to whoever typed it.
func parseKey(kind KeyKind, text string) (p *publicKey, why string) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	secret := strings.ToLower(text)
	switch {
	case text == "":
		return nil, "Paste the public key."
	case len(text) > maxKey:
		return nil, fmt.Sprintf("A key may have at most %d KiB.", maxKey>>10)
	case strings.Contains(secret, "private key") || strings.Contains(secret, "secret key"):
		return nil, "This is a private key. Nothing was kept; paste the public key, and consider this one lost."
	}
	p = &publicKey{kind: kind, text: text}
	return p, map[KeyKind]func() string{MinisignKey: p.readMinisign, SSHKey: p.readSSH, GPGKey: p.readGPG, PEMKey: p.readPEM}[kind]()
}

// readMinisign takes the file minisign.pub or its last line.
func (p *publicKey) readMinisign() string {
	lines := strings.Split(p.text, "\n")
	if len(lines) > 2 || p.minisign.UnmarshalText([]byte(lines[len(lines)-1])) != nil {
		return "This is no minisign public key: one line that begins with RW, as in minisign.pub."
	}
	p.fingerprint, p.hint = p.minisign.String(), minisignID(p.minisign.ID())
	return ""
}

// minisignID is a key's number as the tool prints it.
func minisignID(id uint64) string { return fmt.Sprintf("%016X", id) }

// sshNamespaces are those in which files may be signed: that of ssh-keygen's
// manual, and the product's own.
var sshNamespaces = []string{"file", "slipway"}

// readSSH takes a line of an authorized_keys or an allowed_signers file.
func (p *publicKey) readSSH() string {
	wrong := "This is no SSH public key: one line such as “ssh-ed25519 AAAA… name”, or one of an allowed_signers file."
	if strings.Contains(p.text, "\n") {
		return wrong
	}
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(p.text))
	if err != nil || len(options) > 0 { // then the first word names who signs
		_, line, _ := strings.Cut(p.text, " ")
		key, _, options, rest, err = ssh.ParseAuthorizedKey([]byte(line))
	}
	if err != nil || len(bytes.TrimSpace(rest)) > 0 {
		return wrong
	}
	p.namespaces = sshNamespaces
	for _, option := range options {
		list, ok := strings.CutPrefix(option, "namespaces=")
		if !ok {
			return fmt.Sprintf("The option %s is not taken here. Give days of validity below; certificate authorities are not trusted.", clipped(option))
		}
		named := strings.Split(strings.Trim(list, `"`), ",")
		p.namespaces = slices.DeleteFunc(slices.Clone(sshNamespaces), func(n string) bool { return !slices.Contains(named, n) })
	}
	if len(p.namespaces) == 0 {
		return "The key signs for other namespaces; media are signed in the namespace file or slipway."
	}
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
	case ssh.KeyAlgoRSA:
		if public, ok := key.(ssh.CryptoPublicKey).CryptoPublicKey().(*rsa.PublicKey); !ok || public.N.BitLen() < minRSABits {
			return fmt.Sprintf("An RSA key needs at least %d bits.", minRSABits)
		}
	default:
		return fmt.Sprintf("Keys of the type %s are not taken: use Ed25519, ECDSA or RSA.", clipped(key.Type()))
	}
	p.ssh, p.fingerprint = key, ssh.FingerprintSHA256(key)
	p.hint = p.fingerprint
	return ""
}

// readGPG takes one armoured OpenPGP key with its subkeys.
func (p *publicKey) readGPG() string {
	list, err := openpgp.ReadArmoredKeyRing(strings.NewReader(p.text))
	if err != nil || len(list) == 0 {
		return "This is no GPG public key: the output of gpg --armor --export, with its first and last line."
	}
	if len(list) > 1 {
		return "There are several keys in it. Add one at a time."
	}
	primary := list[0].PrimaryKey
	if self, _ := list[0].PrimarySelfSignature(); self == nil {
		return "The key has no valid signature of its own."
	}
	if bits, err := primary.BitLength(); primary.PubKeyAlgo <= 3 && (err != nil || bits < minRSABits) {
		return fmt.Sprintf("An RSA key needs at least %d bits.", minRSABits)
	}
	p.gpg = list
	p.fingerprint, p.hint = strings.ToUpper(hex.EncodeToString(primary.Fingerprint)), primary.KeyIdString()
	return ""
}

// readPEM takes a SubjectPublicKeyInfo, such as cosign.pub.
func (p *publicKey) readPEM() string {
	block, rest := pem.Decode([]byte(p.text))
	if block == nil || block.Type != "PUBLIC KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return "This is no public key in PEM: one block from BEGIN PUBLIC KEY to END PUBLIC KEY, as in cosign.pub."
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return "The PEM block holds no public key that can be read."
	}
	switch k := key.(type) {
	case ed25519.PublicKey:
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return "Of the ECDSA keys only those on P-256 are taken."
		}
	default:
		return "Only ECDSA P-256 and Ed25519 keys are taken."
	}
	sum := sha256.Sum256(block.Bytes)
	p.pem, p.fingerprint = key, "SHA256:"+hex.EncodeToString(sum[:])
	return ""
}
