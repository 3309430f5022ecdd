package dml

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"slipway/internal/db"
)

// isGPGSignature tells whether binary data begin with a signature packet: tag 2
// in the old or the new form of RFC 9580, section 4.2. One Ed25519 signature in
// fifty begins so too, and no packet of such a signature is as short.
func isGPGSignature(data []byte) bool {
	return len(data) > 10 && len(data) != ed25519.SignatureSize && (data[0] == 0xC2 || data[0]&^0x03 == 0x88)
}

func readArmouredGPG(data []byte) (*proof, error) {
	block, err := armor.Decode(bytes.NewReader(data))
	if err != nil || block.Type != openpgp.SignatureType {
		return nil, errors.New("it calls itself a PGP signature, but does not parse as such")
	}
	binary, err := io.ReadAll(io.LimitReader(block.Body, maxSignature))
	if err != nil {
		return nil, errors.New("its armour is broken")
	}
	return readGPG(binary)
}

// clockSkew is how far a signer's clock may be ahead of the library's.
const clockSkew = 5 * time.Minute

// readGPG reads a binary detached signature. Who signs with several keys makes
// a file for each.
func readGPG(data []byte) (*proof, error) {
	p, err := packet.Read(bytes.NewReader(data))
	s, ok := p.(*packet.Signature)
	if err != nil || !ok || s.IssuerKeyId == nil {
		return nil, errors.New("it looks like a PGP signature, but does not parse as such")
	}
	if s.SigType != packet.SigTypeBinary && s.SigType != packet.SigTypeText {
		return nil, errors.New("it is a PGP signature, but not of a file")
	}
	if !slices.Contains([]crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA3_256, crypto.SHA3_512}, s.Hash) {
		return nil, errors.New("it uses a hash that is not safe")
	}
	issuer := *s.IssuerKeyId
	return &proof{kind: Signature, format: "GPG", keys: GPGKey, signer: fmt.Sprintf("%016X", issuer),
		by: func(k *publicKey) bool { return len(k.gpg.KeysById(issuer)) > 0 },
		verify: func(k *publicKey, at db.Time, m message) error {
			return m.stream(func(r io.Reader) error {
				source := &noting{r: r}
				config := &packet.Config{Time: func() time.Time { return at.Std().Add(clockSkew) }}
				_, err := openpgp.CheckDetachedSignature(k.gpg, source, bytes.NewReader(data), config)
				switch {
				case source.err != nil:
					return source.err
				case err == nil:
					return nil
				case errors.Is(err, pgperrors.ErrKeyExpired), errors.Is(err, pgperrors.ErrSignatureExpired):
					return errKeyOver
				case errors.Is(err, pgperrors.ErrKeyRevoked):
					return errKeyRevoked
				}
				return errMismatch
			})
		}}, nil
}

// noting keeps a reader's own error apart from what is made of it.
type noting struct {
	r   io.Reader
	err error
}

// Read reads on.
func (n *noting) Read(p []byte) (int, error) {
	count, err := n.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		n.err = err
	}
	return count, err
}
