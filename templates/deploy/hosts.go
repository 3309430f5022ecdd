package deploy

import (
	"net/url"

	"slipway/internal/deploy"
	"slipway/templates/ui"
)

// The names of the forms of hosts and keys.
const (
	HostFormName     = "address"
	HostListFormName = "addresses"
	RetireKeyForm    = "retire-key-"
)

// HostsView is the hosts of an environment.
type HostsView struct {
	Trial
	*deploy.HostList
	Text string
}

func (v HostsView) address() string { return environmentAt(v.Environment.Key) + "/hosts" }

func (v HostsView) next() string {
	if v.Next == "" {
		return ""
	}
	q := url.Values{"after": {v.Next}}
	if v.Text != "" {
		q.Set("q", v.Text)
	}
	return v.address() + "?" + q.Encode()
}

func (v HostsView) list() ui.Input {
	i := hinted(v.field(HostListFormName, "list", "Hosts", ""), "One a line: the target, user@address:port and, if you have it from a trusted place, its public host key. A key in the list counts as accepted by you.")
	i.Rows, i.Mono = 6, true
	return i
}

// pushed tells whether targets of the environment are reached over SSH.
func (v EnvironmentSheet) pushed() bool {
	return v.Method == deploy.MethodSSH || len(v.Keys) > 0
}

// pushed tells whether the target is reached over SSH.
func (v TargetSheet) pushed() bool {
	return v.Environment.Method == deploy.MethodSSH || v.Host != nil && v.Host.ID != 0
}

func (v EnvironmentSheet) liveKeys() (n int) {
	for _, k := range v.Keys {
		if k.RetiredAt.IsZero() {
			n++
		}
	}
	return n
}

func makeKeyLabel(live int) string {
	if live == 0 {
		return "Make a key"
	}
	return "Make the next key"
}

func (v TargetSheet) hostField(name, label, standard, hint string) ui.Input {
	return hinted(v.field(HostFormName, name, label, standard), hint)
}

func (v TargetSheet) hostPort() string {
	if v.Host.Port == 0 {
		return "22"
	}
	return number(v.Host.Port)
}

// keyWords says in short how a host's key stands.
func keyWords(h *deploy.Host) (family, words string) {
	switch {
	case h.Address == "":
		return "neutral", "no address"
	case h.Changed():
		return "bad", "another key"
	case h.HostKey != "":
		return "good", "accepted"
	case h.ShownKey != "":
		return "warn", "waits for you"
	case h.Trouble != "":
		return "bad", "did not answer"
	}
	return "neutral", "not asked yet"
}
