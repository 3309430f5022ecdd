package deploy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// DeviceRecord is what Slipway keeps of a target that fetches by itself.
type DeviceRecord struct {
	TargetID    int64 `gorm:"primaryKey"`
	TokenHash   string
	TokenAt     db.Time
	TokenBy     string
	AutoConfirm bool // the device agrees to everything by itself
	WantsConfig bool // it is asked for its attributes at the next poll
	ReportedAt  db.Time
	Claims      string // what it says it runs, by itself
	SeenAt      db.Time
	SeenFrom    string
}

// TableName is the table of devices.
func (DeviceRecord) TableName() string { return "devices" }

// tokenSum is the SHA-256 of a token; nothing else of it is kept. Tokens are
// random, so that no slower hash makes them any safer.
type tokenSum [sha256.Size]byte

func hashOf(token string) tokenSum { return sha256.Sum256([]byte(token)) }

// String is the sum as it is stored.
func (t tokenSum) String() string { return hex.EncodeToString(t[:]) }

func sumFrom(stored string) (t tokenSum, ok bool) {
	raw, err := hex.DecodeString(stored)
	return t, err == nil && copy(t[:], raw) == len(t)
}

// newDeviceToken gives 52 random characters. SWUpdate takes 127 at most.
func newDeviceToken() string { return strings.ToLower(rand.Text() + rand.Text()) }

// Device is a device that has shown who it is.
type Device struct {
	Key   string
	known *knownDevice
}

// actor is the device as the record names it.
func (d *Device) actor() identity.Actor { return identity.System("device " + d.Key) }

var errUnknownDevice = fault.New(fault.Unauthenticated, "This device is not known, or its token is another.")

// Device finds out who asks, by the word and the token of the Authorization
// header. Whether the device is unknown or the token is wrong shows neither in
// the answer nor in the time that it takes. The first poll with an environment's
// gateway token adds a device to it.
func (s *Service) Device(ctx context.Context, key, authorization, ip string) (*Device, error) {
	word, token, _ := strings.Cut(authorization, " ")
	sum := hashOf(strings.TrimSpace(token))
	k, err := s.pulls.find(ctx, key)
	if err != nil {
		return nil, err
	}
	gateway, err := s.pulls.gateway(ctx, sum)
	if err != nil {
		return nil, err
	}
	own := subtle.ConstantTimeCompare(sum[:], k.token[:]) == 1 && k.hasToken
	switch {
	case token == "":
		return nil, errUnknownDevice
	case strings.EqualFold(word, "TargetToken") && own:
	case strings.EqualFold(word, "GatewayToken") && gateway != 0 && k.targetID == 0:
		if k, err = s.register(ctx, key, gateway); err != nil {
			return nil, err
		}
	case strings.EqualFold(word, "GatewayToken") && gateway != 0 && k.environmentID == gateway:
	default:
		return nil, errUnknownDevice
	}
	s.pulls.saw(k.targetID, s.db.Now(), ip)
	return &Device{Key: k.key, known: k}, nil
}

// register adds the device that a gateway speaks for.
func (s *Service) register(ctx context.Context, key string, environmentID int64) (*knownDevice, error) {
	actor := identity.System("gateway")
	err := s.db.InTxTogether(ctx, func(tx *db.Tx) error {
		if _, err := targetByKey(tx, key); fault.KindOf(err) != fault.NotFound {
			return err // another request was first
		}
		e, err := environmentByID(tx, environmentID)
		if err != nil {
			return err
		}
		draft := TargetDraft{Key: key, EnvironmentKey: e.Key}
		var c fault.Check
		draft.validate(&c)
		if err := c.Err("The device cannot be added by this name."); err != nil {
			return err
		}
		t := draft.target(e)
		if err := insert(tx, t); err != nil {
			return err
		}
		if err := keepDevice(tx, &DeviceRecord{TargetID: t.ID, WantsConfig: true}); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.pulls.forget(key) })
		return recordPlace(tx, actor, "target", t.Key, "add", "", "added the device %s to %s, on its first poll", t.Key, e.Name)
	})
	if err != nil {
		return nil, err
	}
	k, err := s.pulls.find(ctx, key)
	if err == nil && k.environmentID != environmentID {
		return nil, errUnknownDevice
	}
	return k, err
}

// RotateToken makes a token for a device, in place of the one it had, and gives
// it in full.
func (s *Service) RotateToken(ctx context.Context, actor identity.Actor, target string) (token string, err error) {
	token = newDeviceToken()
	return token, s.writeDevice(ctx, actor, target, func(tx *db.Tx, t *Target, d *DeviceRecord) error {
		words := "made a token for the device %s"
		if d.TokenHash != "" {
			words += "; the one before ended"
		}
		d.TokenHash, d.TokenAt, d.TokenBy = hashOf(token).String(), tx.Now, actor.Name
		return recordPlace(tx, actor, "target", t.Key, "token", "", words, t.Key)
	})
}

// EndToken ends a device's token.
func (s *Service) EndToken(ctx context.Context, actor identity.Actor, target string) error {
	return s.writeDevice(ctx, actor, target, func(tx *db.Tx, t *Target, d *DeviceRecord) error {
		if d.TokenHash == "" {
			return fault.New(fault.Refused, "%s has no token.", t.Key)
		}
		d.TokenHash, d.TokenAt, d.TokenBy = "", 0, ""
		return recordPlace(tx, actor, "target", t.Key, "token", "", "ended the token of the device %s", t.Key)
	})
}

func (s *Service) writeDevice(ctx context.Context, actor identity.Actor, target string, fn func(*db.Tx, *Target, *DeviceRecord) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		t, err := targetByKey(tx, target)
		if err != nil {
			return err
		}
		d, err := deviceOf(tx, t.ID)
		if err != nil {
			return err
		}
		if err := fn(tx, t, d); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.pulls.forget(t.Key) })
		return keepDevice(tx, d)
	})
}

// change writes what a device says of itself.
func (s *Service) changeDevice(ctx context.Context, dev *Device, fn func(*db.Tx, *Target, *DeviceRecord) error) error {
	return s.db.InTxTogether(ctx, func(tx *db.Tx) error {
		t, err := targetByID(tx, dev.known.targetID)
		if err != nil {
			return err
		}
		d, err := deviceOf(tx, t.ID)
		if err != nil {
			return err
		}
		if err := fn(tx, t, d); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.pulls.forget(t.Key) })
		return keepDevice(tx, d)
	})
}

// SetAutoConfirm has a device agree by itself to whatever asks, or no longer.
func (s *Service) SetAutoConfirm(ctx context.Context, dev *Device, on bool) error {
	return s.changeDevice(ctx, dev, func(tx *db.Tx, t *Target, d *DeviceRecord) error {
		if on && d.AutoConfirm {
			return fault.New(fault.Conflict, "The device agrees to everything already.")
		}
		d.AutoConfirm = on
		if on {
			if err := consentAll(tx, t.ID, ConsentGiven, "the device"); err != nil {
				return err
			}
		}
		return recordPlace(tx, dev.actor(), "target", t.Key, "consent", "", "%s", map[bool]string{true: "agrees to deployments by itself", false: "is asked before each deployment"}[on])
	})
}

// ClaimInstalled keeps what a device says it runs. It proves nothing: what is
// installed is told by the actions that it closed.
func (s *Service) ClaimInstalled(ctx context.Context, dev *Device, name, version string) error {
	if len(name)+len(version) > 400 {
		return fault.New(fault.Invalid, "Keep name and version to 400 bytes together.")
	}
	return s.changeDevice(ctx, dev, func(_ *db.Tx, _ *Target, d *DeviceRecord) error {
		d.Claims = fmt.Sprintf("%s %s", name, version)
		return nil
	})
}
