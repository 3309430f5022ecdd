// Package seal keeps secrets at rest: what is sealed can be read only with the
// key, and only for the purpose that it was sealed for.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"slipway/internal/fault"
)

// KeyFile is the name of the key's file in the data folder.
const KeyFile = "secret.key"

const keySize = 32

// Box seals and opens with one key. The key is looked for at the first need, so
// a server that keeps no secret has none.
type Box struct {
	given string
	file  string
	once  sync.Once
	aead  cipher.AEAD
	id    string
	err   error
}

// New gives a box. Its key is the given one, of 64 hexadecimal digits or in
// base64; when none is given it stands in the data folder, and is made there at
// the first need.
func New(given, folder string) *Box {
	return &Box{given: strings.TrimSpace(given), file: filepath.Join(folder, KeyFile)}
}

// Fleeting gives a box whose key is forgotten with the process; for tests.
func Fleeting() *Box {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // which never fails
	return New(hex.EncodeToString(key), "")
}

func (b *Box) open() error {
	b.once.Do(func() {
		var key []byte
		if b.given != "" {
			key, b.err = parse(b.given, "SLIPWAY_SECRET_KEY")
		} else {
			key, b.err = b.fromFile()
		}
		if b.err != nil {
			return
		}
		block, err := aes.NewCipher(key)
		if err == nil {
			b.aead, err = cipher.NewGCM(block)
		}
		sum := sha256.Sum256(append([]byte("slipway key id\n"), key...))
		b.id, b.err = hex.EncodeToString(sum[:4]), err
	})
	return b.err
}

func parse(text, where string) ([]byte, error) {
	text = strings.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if key, err := decode(text); err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, fault.New(fault.Unavailable, "%s is no key: it takes 32 bytes as 64 hexadecimal digits or in base64, as `openssl rand -hex 32` makes them.", where)
}

// fromFile reads the key's file, or makes it. Of two servers that make it at
// once, one wins and both read the same.
func (b *Box) fromFile() ([]byte, error) {
	text, err := os.ReadFile(b.file)
	if errors.Is(err, os.ErrNotExist) {
		if err = b.makeFile(); err == nil {
			text, err = os.ReadFile(b.file)
		}
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The key of the secrets, %s, can neither be read nor made.", b.file)
	}
	return parse(string(text), b.file)
}

func (b *Box) makeFile() error {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(b.file), KeyFile+".*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = part.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Link(part.Name(), b.file); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// Seal hides a secret. Purpose says what it is, such as "ssh key 12"; it opens
// under the same words alone.
func (b *Box) Seal(secret []byte, purpose string) (string, error) {
	if err := b.open(); err != nil {
		return "", err
	}
	nonce := make([]byte, b.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return fmt.Sprintf("v1.%s.%s", b.id, base64.RawStdEncoding.EncodeToString(b.aead.Seal(nonce, nonce, secret, []byte(purpose)))), nil
}

// Open gives the secret back.
func (b *Box) Open(sealed, purpose string) ([]byte, error) {
	if err := b.open(); err != nil {
		return nil, err
	}
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != "v1" {
		return nil, fault.New(fault.Unavailable, "A stored secret cannot be read; it was changed.")
	}
	if parts[1] != b.id {
		return nil, fault.New(fault.Unavailable, "A stored secret was sealed with another key than this server's. Every server of one database takes the same SLIPWAY_SECRET_KEY, or %s.", KeyFile)
	}
	raw, err := base64.RawStdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) < b.aead.NonceSize() {
		return nil, fault.New(fault.Unavailable, "A stored secret cannot be read; it was changed.")
	}
	secret, err := b.aead.Open(nil, raw[:b.aead.NonceSize()], raw[b.aead.NonceSize():], []byte(purpose))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "A stored secret cannot be read; it was changed.")
	}
	return secret, nil
}
