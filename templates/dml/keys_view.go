package dml

import (
	"strconv"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/noun"
	"slipway/templates/ui"
)

// KeyForm is what somebody typed about a key to be trusted.
type KeyForm struct {
	Name      string   `form:"name"`
	Holder    string   `form:"holder"`
	Kind      string   `form:"kind"`
	Key       string   `form:"key"`
	Services  []string `form:"services"`
	ValidFrom string   `form:"valid_from"`
	ValidTo   string   `form:"valid_to"`
}

// The two ways in which trust in a key ends.
const (
	Retired     = "retired"
	Compromised = "compromised"
)

// RevokeForm is what somebody typed about a key that is trusted no longer.
type RevokeForm struct {
	Version int64  `form:"version"`
	How     string `form:"how"`
	Why     string `form:"why"`
}

// KeysView is the page of the trusted keys.
type KeysView struct {
	Keys         []dml.KeyView
	Services     []catalog.ServiceRecord
	Now          db.Time
	MayKeep      bool
	Form         KeyForm
	Errors       ui.Errors
	RevokeID     int64 // the key whose form is shown again with what was typed
	Revoke       RevokeForm
	RevokeErrors ui.Errors
	Blockers     []fault.Blocker
}

// KeyID is the id of a key's row.
func KeyID(id int64) string { return "key-" + strconv.FormatInt(id, 10) }

func (v KeysView) typed(k dml.KeyView) (RevokeForm, ui.Errors) {
	if v.RevokeID == k.ID {
		return v.Revoke, v.RevokeErrors
	}
	return RevokeForm{}, nil
}

func keyState(k dml.KeyView, now db.Time) (family, word string) {
	switch {
	case k.Revoked() && k.Compromised:
		return "bad", "Compromised"
	case k.Revoked():
		return "neutral", "Retired"
	case now.Before(k.ValidFrom):
		return "neutral", "Not yet valid"
	case !k.ValidTo.IsZero() && !now.Before(k.ValidTo):
		return "warn", "Expired"
	}
	return "good", "Trusted"
}

func keyKinds() []ui.Option {
	hints := map[dml.KeyKind]string{
		dml.MinisignKey: "minisign", dml.SSHKey: "SSH (ssh-keygen -Y sign, namespace file or slipway)",
		dml.GPGKey: "GPG (armoured public key)", dml.PEMKey: "cosign, ECDSA P-256 or Ed25519 (PEM)",
	}
	var list []ui.Option
	for _, kind := range dml.KeyKinds() {
		list = append(list, ui.Option{Value: string(kind), Label: hints[kind]})
	}
	return list
}

func (v KeysView) services() []ui.Option {
	var list []ui.Option
	for _, s := range v.Services {
		list = append(list, ui.Option{Value: s.Key, Label: s.Name})
	}
	return list
}

func revocations() []ui.Option {
	return []ui.Option{
		{Value: Retired, Label: "Retired", Hint: "Only its holder ever signed with it. What came before now stays good; what comes later does not."},
		{Value: Compromised, Label: "Compromised", Hint: "Somebody else may have signed with it. Nothing by it is good, and accepted media that it alone vouches for become suspect."},
	}
}

func signed(n int64) string {
	switch n {
	case 0:
		return "nothing here yet"
	case 1:
		return "1 signature"
	}
	return ui.Count(n) + " signatures"
}

// standingTag is what a signature is worth, as a badge.
func standingTag(e dml.Evidence) (family, word string) {
	if e.CheckedAt.IsZero() {
		return "neutral", "Being judged again"
	}
	switch e.Standing {
	case dml.Good:
		return "good", "Good"
	case dml.UnknownKey:
		return "neutral", "Unknown key"
	case "":
		return "neutral", "Not judged"
	}
	return "bad", noun.Capital(string(e.Standing))
}
