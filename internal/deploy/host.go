package deploy

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"slipway/internal/db"
	"slipway/internal/deploy/ssh"
	"slipway/internal/fault"
)

// Host is how a target is reached over SSH, and the host key that it has to
// show. Nothing is sent to one that shows another.
type Host struct {
	db.Row
	TargetID     int64
	Address      string // name or IP address
	Port         int64
	Login        string // the user on it
	AddressBy    string // who says that it is there
	AddressAt    db.Time
	HostKey      string // accepted by a person; empty before
	AcceptedByID int64
	AcceptedBy   string
	AcceptedAt   db.Time
	ShownKey     string // what it showed last, where that is not accepted
	ShownAt      db.Time
	Trouble      string // why it showed none when it was last asked
}

// TableName is the table of hosts.
func (Host) TableName() string { return "target_hosts" }

// HostDraft is what a person enters for a host.
type HostDraft struct{ Address, Port, Login string }

// longestName is how long a host's name may be. As a bound in the expression it
// would be unrolled into a quarter of a MiB.
const longestName = 254

var (
	nameForm  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	loginForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`)
)

func (d *HostDraft) validate(c *fault.Check) (port int64) {
	d.Address, d.Port, d.Login = strings.Trim(strings.TrimSpace(d.Address), "[]"), strings.TrimSpace(d.Port), strings.TrimSpace(d.Login)
	if d.Port == "" {
		d.Port = "22"
	}
	_, notIP := netip.ParseAddr(d.Address)
	c.Need(notIP == nil || len(d.Address) <= longestName && nameForm.MatchString(d.Address), "address", "Enter a host name or an IP address.")
	port, err := strconv.ParseInt(d.Port, 10, 64)
	c.Need(err == nil && port >= 1 && port <= 65535, "port", "Enter a port from 1 to 65535.")
	c.Need(loginForm.MatchString(d.Login), "login", "Enter the user on the host, such as deploy.")
	return port
}

// Where is "user@address:port".
func (h *Host) Where() string { return h.dialled().String() }

// Pinned is the fingerprint of the accepted key; empty when there is none.
func (h *Host) Pinned() string { return fingerprint(h.HostKey) }

// Shown is the fingerprint of the key that waits for a person.
func (h *Host) Shown() string { return fingerprint(h.ShownKey) }

// Changed tells whether the host shows another key than the accepted one.
func (h *Host) Changed() bool { return h.HostKey != "" && h.ShownKey != "" }

func fingerprint(key string) string {
	if key == "" {
		return ""
	}
	print, err := ssh.Fingerprint(key)
	if err != nil {
		return "unreadable"
	}
	return print
}

func (h *Host) dialled() ssh.Host {
	return ssh.Host{Address: h.Address, Port: h.Port, User: h.Login, Key: h.HostKey}
}

// show notes the key that the host showed, or why it showed none. An accepted
// one is nothing new.
func (h *Host) show(key string, trouble error, now db.Time) {
	h.ShownAt, h.ShownKey, h.Trouble = now, "", ""
	switch {
	case trouble != nil:
		h.Trouble = trouble.Error()
	case key != h.HostKey:
		h.ShownKey = key
	}
}

// HostView is a host with its target and what the actor may do.
type HostView struct {
	Host
	TargetKey, TargetName string
	CanEdit, CanAccept    bool
}

// HostList is a page of the hosts of an environment. Missing counts all targets
// that lack an address or an accepted key.
type HostList struct {
	Environment Environment
	Hosts       []HostView
	Next        string
	Missing     int64
	Waiting     int64 // keys that wait for a person, of which none changed
	Changed     int64
	CanEdit     bool
}
