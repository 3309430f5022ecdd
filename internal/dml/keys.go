package dml

import (
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// KeyKind is the scheme that a key signs by.
type KeyKind string

// The kinds: minisign; what ssh-keygen -Y signs with; OpenPGP; and a bare
// ECDSA P-256 or Ed25519 key in PEM, as cosign makes them.
const (
	MinisignKey KeyKind = "minisign"
	SSHKey      KeyKind = "ssh"
	GPGKey      KeyKind = "gpg"
	PEMKey      KeyKind = "pem"
)

// KeyKinds lists them in the order people choose from.
func KeyKinds() []KeyKind { return []KeyKind{MinisignKey, SSHKey, GPGKey, PEMKey} }

// Word is the kind within a sentence.
func (k KeyKind) Word() string {
	return map[KeyKind]string{MinisignKey: "minisign", SSHKey: "SSH", GPGKey: "GPG", PEMKey: "cosign (PEM)"}[k]
}

// TrustedKey is a public key by which the organisation recognises media. It is
// added and once revoked, never edited: what was signed under it stays judged.
type TrustedKey struct {
	db.Row
	Name        string
	Holder      string // whose it is
	Kind        KeyKind
	Text        string   // as it was given, without space around it
	Fingerprint string   // tells the key from every other of its kind
	Hint        string   // how signatures name the key, if they do
	Services    []int64  `gorm:"serializer:json"` // none: all of them
	ServiceKeys []string `gorm:"serializer:json"` // the same, as people call them
	ValidFrom   db.Time
	ValidTo     db.Time // 0: without end
	AddedByID   int64
	AddedByName string

	RevokedAt     db.Time
	RevokedByName string
	RevokedWhy    string
	Compromised   bool // somebody else may have signed with it: nothing by it is good
}

// TableName is the table of keys.
func (TrustedKey) TableName() string { return "media_keys" }

// KeysLink is the page of the keys.
const KeysLink = "/dml/keys"

// Title is the key in words: "Release signing of Telenord Devices".
func (k *TrustedKey) Title() string { return k.Name + " of " + k.Holder }

// Serves tells whether the key is trusted for media of a service. Shared media
// need a key for all services.
func (k *TrustedKey) Serves(serviceID int64) bool {
	return len(k.Services) == 0 || slices.Contains(k.Services, serviceID)
}

// Revoked tells whether the key was revoked.
func (k *TrustedKey) Revoked() bool { return !k.RevokedAt.IsZero() }

const keyDay = "2 Jan 2006"

// standing judges what the key has verified. The moment is that of arrival in
// the library: unlike a time within a signature, nobody can set it back.
func (k *TrustedKey) standing(arrived db.Time, serviceID int64) (Standing, string) {
	day := func(t db.Time) string { return t.Std().Format(keyDay) }
	switch {
	case !k.Serves(serviceID):
		return UnknownKey, "Made by " + k.Title() + ", a key that is trusted for other services only."
	case k.Revoked() && k.Compromised:
		return Revoked, "Made by " + k.Title() + ", a key that was revoked as compromised on " + day(k.RevokedAt) + ": " + k.RevokedWhy
	case k.Revoked() && !arrived.Before(k.RevokedAt):
		return Revoked, "Made by " + k.Title() + ", and came after the key was retired on " + day(k.RevokedAt) + "."
	case arrived.Before(k.ValidFrom):
		return OutOfDate, "Made by " + k.Title() + ", a key that is valid only from " + day(k.ValidFrom) + "."
	case !k.ValidTo.IsZero() && !arrived.Before(k.ValidTo):
		return OutOfDate, "Made by " + k.Title() + ", and came after the key expired on " + day(k.ValidTo) + "."
	case k.Revoked():
		return Good, "Good, by " + k.Title() + "; it came before the key was retired on " + day(k.RevokedAt) + "."
	}
	return Good, "Good, by " + k.Title() + "."
}

// Revocation is what is said when a key is revoked.
type Revocation struct {
	Why         string
	Compromised bool
}

// revoke ends the trust for good.
func (k *TrustedKey) revoke(r Revocation, by string, now db.Time) error {
	if k.Revoked() {
		return fault.Refuse("The key was not revoked.", fault.Blocker{Code: "key.revoked", Sentence: k.Title() + " was revoked on " + k.RevokedAt.Std().Format(keyDay) + " already.",
			Owner: identity.DMLCustodian.Label(), Link: KeysLink, Action: "Open the keys"})
	}
	var c fault.Check
	why := strings.TrimSpace(r.Why)
	c.Need(why != "", "why", "Say why it is revoked.")
	c.Need(len(why) <= 500, "why", "The reason is too long: at most 500 bytes.")
	if err := c.Err("The key was not revoked."); err != nil {
		return err
	}
	k.RevokedAt, k.RevokedByName, k.RevokedWhy, k.Compromised = now, by, sentence(why), r.Compromised
	return nil
}

// sentence ends a text with a full stop.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// validate judges what somebody typed about a new key, and reads the key.
func (k *TrustedKey) validate(c *fault.Check, now db.Time) {
	c.Need(k.Name != "", "name", "Give the key a name, for example Release signing 2026.")
	c.Need(len(k.Name) <= 100, "name", "The name is too long: at most 100 bytes.")
	c.Need(k.Holder != "", "holder", "Say whose key it is.")
	c.Need(len(k.Holder) <= 100, "holder", "The name is too long: at most 100 bytes.")
	c.Need(k.ValidTo.IsZero() || k.ValidFrom.Before(k.ValidTo), "valid_to", "The key must end after it begins.")
	c.Need(k.ValidTo.IsZero() || now.Before(k.ValidTo), "valid_to", "That day is over: nothing that comes from now on would be good.")
	if !slices.Contains(KeyKinds(), k.Kind) {
		c.Field("kind", "Choose what kind of key it is.")
		return
	}
	p, why := parseKey(k.Kind, k.Text)
	if why != "" {
		c.Field("key", why)
		return
	}
	k.Text, k.Fingerprint, k.Hint = p.text, p.fingerprint, p.hint
}

// succeeds judges a key that the library has known under another entry: it may
// not stand twice, and it never makes good what its revocation made bad.
func (k *TrustedKey) succeeds(c *fault.Check, former []TrustedKey, now db.Time) {
	for i := range former {
		f := &former[i]
		if !f.Revoked() {
			c.Field("key", "This key is trusted already, as "+f.Title()+".")
			return
		}
		if k.ValidFrom.IsZero() {
			k.ValidFrom = now
		}
		c.Need(!k.ValidFrom.Before(f.RevokedAt), "valid_from", "This key was revoked on "+f.RevokedAt.Std().Format(keyDay)+". Added anew it counts at the earliest from then on; leave the day empty for now.")
	}
}
