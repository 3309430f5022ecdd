package dml

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
)

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestKeysAreReadInTheirForms(t *testing.T) {
	all := signers(t)
	for _, s := range all {
		p, why := parseKey(s.kind, "\n "+s.public+"\r\n")
		if why != "" || p.fingerprint == "" || s.names != (p.hint != "") {
			t.Errorf("%s: %+v %s", s.name, p, why)
		}
	}
	key := strings.TrimSpace(all[2].public)
	for _, line := range []string{key + " maya@example.org", "maya@example.org " + key, `maya@example.org namespaces="file" ` + key, `*@example.org,maya namespaces="git,slipway" ` + key} {
		if p, why := parseKey(SSHKey, line); why != "" || p.ssh == nil {
			t.Errorf("%s: %s", line, why)
		}
	}
	minisign := strings.Split(all[0].public, "\n")
	if _, why := parseKey(MinisignKey, minisign[len(minisign)-1]); why != "" {
		t.Error(why)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	all := signers(t)
	sshKey, gpg := strings.TrimSpace(all[2].public), all[4].public
	small := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 1024)) //nolint:gosec // the size that must be refused
	smallSSH := string(ssh.MarshalAuthorizedKey(must[ssh.PublicKey](t)(ssh.NewPublicKey(&small.PublicKey))))
	p384 := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	large := new(big.Int).Lsh(big.NewInt(1), 1023)
	oldSSH := "ssh-dss " + base64.StdEncoding.EncodeToString(ssh.Marshal(struct {
		Name       string
		P, Q, G, Y *big.Int
	}{"ssh-dss", large, new(big.Int).Lsh(big.NewInt(1), 159), big.NewInt(2), big.NewInt(4)}))
	for name, try := range map[string]struct {
		kind        KeyKind
		text, words string
	}{
		"nothing":                   {MinisignKey, " \n", "Paste"},
		"too much":                  {PEMKey, strings.Repeat("x", maxKey+1), "at most"},
		"a private key":             {PEMKey, "-----BEGIN EC PRIVATE KEY-----", "private key"},
		"a private OpenSSH key":     {SSHKey, "-----BEGIN OPENSSH PRIVATE KEY-----", "private key"},
		"a private GPG key":         {GPGKey, "-----BEGIN PGP PRIVATE KEY BLOCK-----", "private key"},
		"a minisign secret":         {MinisignKey, "untrusted comment: minisign encrypted secret key\nRWRT", "private key"},
		"minisign: words":           {MinisignKey, "RWnonsense", "minisign"},
		"minisign: another kind":    {MinisignKey, sshKey, "minisign"},
		"ssh: words":                {SSHKey, "ssh-ed25519 nonsense", "SSH public key"},
		"ssh: two lines":            {SSHKey, sshKey + "\n" + sshKey, "SSH public key"},
		"ssh: an authority":         {SSHKey, "*@example.org cert-authority " + sshKey, "cert-authority"},
		"ssh: a day in the options": {SSHKey, `maya valid-before="20270101" ` + sshKey, "days of validity below"},
		"ssh: another namespace":    {SSHKey, `maya namespaces="git" ` + sshKey, "other namespaces"},
		"ssh: RSA too small":        {SSHKey, smallSSH, "2048"},
		"ssh: DSA":                  {SSHKey, oldSSH, ""},
		"gpg: words":                {GPGKey, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nzz\n-----END PGP PUBLIC KEY BLOCK-----", "GPG public key"},
		"gpg: cut":                  {GPGKey, gpg[:len(gpg)/2], "GPG public key"},
		"pem: words":                {PEMKey, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "no public key"},
		"pem: a certificate":        {PEMKey, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "PEM"},
		"pem: two":                  {PEMKey, all[6].public + all[6].public, "one block"},
		"pem: P-384":                {PEMKey, pemPublic(t, p384.Public()), "P-256"},
		"pem: RSA":                  {PEMKey, pemPublic(t, small.Public()), "Only ECDSA"},
	} {
		if _, why := parseKey(try.kind, try.text); why == "" || !strings.Contains(why, try.words) {
			t.Errorf("%s: %q", name, why)
		}
	}
}

func TestAKeyIsRevokedOnceAndWithAReason(t *testing.T) {
	k := minisigner(t, true).trusted(t, 1)
	now := db.At(dbtest.Start)
	wantKind(t, k.revoke(Revocation{Why: " "}, "Cora", now), fault.Invalid, "Say why")
	wantKind(t, k.revoke(Revocation{Why: strings.Repeat("x", 501)}, "Cora", now), fault.Invalid, "too long")
	if err := k.revoke(Revocation{Why: "Maya left"}, "Cora", now); err != nil || k.RevokedWhy != "Maya left." || k.Compromised {
		t.Fatal(err, k)
	}
	wantKind(t, k.revoke(Revocation{Why: "again", Compromised: true}, "Cora", now.Add(time.Hour)), fault.Refused, "already")
}
