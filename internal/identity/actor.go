package identity

import (
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/fault"
)

// Kind is what sort of actor acts.
type Kind string

// A person decides; a machine reports with a token; the system keeps clocks.
const (
	PersonKind Kind = "person"
	Machine    Kind = "machine"
	SystemKind Kind = "system"
)

// Grant is one role held for one service; ServiceID 0 means every service.
type Grant struct {
	Role      Role
	ServiceID int64
}

// Actor is whoever calls a service method. Pages, API, CLI and jobs all pass
// one; there is no other way in.
type Actor struct {
	UserID    int64
	Username  string
	Name      string
	Kind      Kind
	Grants    []Grant
	Scopes    []string
	IP        string
	RequestID string
	Zone      string // IANA name of the viewer's zone, or empty
	Theme     string // "light", "dark" or empty for the system's
}

// By is the actor as the audit record copies it.
func (a Actor) By() audit.By {
	return audit.By{UserID: a.UserID, Name: a.Name, Kind: string(a.Kind), IP: a.IP, RequestID: a.RequestID}
}

// Has tells whether the actor holds the role for the service. ServiceID 0 asks
// whether it is held anywhere.
func (a Actor) Has(role Role, serviceID int64) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool {
		return g.Role == role && (g.ServiceID == 0 || serviceID == 0 || g.ServiceID == serviceID)
	})
}

// Can tells what Authorize would say, for views.
func (a Actor) Can(p Permission, serviceID int64) bool { return Authorize(a, p, serviceID) == nil }

// System is a named actor for clocks and queues. It never decides.
func System(name string) Actor { return Actor{Name: name, Kind: SystemKind} }

// MustBePerson refuses machines and the system where a decision is made.
func (a Actor) MustBePerson() error {
	if a.Kind == PersonKind && a.UserID != 0 {
		return nil
	}
	return fault.New(fault.Forbidden, "Only a person can decide this; %s is a %s.", a.Name, a.Kind)
}

// Authorize says whether the actor may do p for the service (0: for any). It is
// the first check; separation of duties is judged on the record afterwards.
func Authorize(a Actor, p Permission, serviceID int64) error {
	rule, ok := permissions[p]
	if !ok {
		return fault.New(fault.Internal, "unknown permission %q", p)
	}
	whole := slices.Contains(undivided, p)
	held := slices.ContainsFunc(rule.roles, func(role Role) bool {
		return !whole && a.Has(role, serviceID) || whole && slices.Contains(a.Grants, Grant{Role: role})
	})
	switch a.Kind {
	case PersonKind:
		if held {
			return nil
		}
	case Machine: // a token does no more than its owner, and no more than its scopes
		if held && rule.scope != "" && slices.Contains(a.Scopes, rule.scope) {
			return nil
		}
	case SystemKind:
		if rule.system {
			return nil
		}
	}
	reach := ""
	if whole {
		reach = ", for every service"
	}
	return fault.New(fault.Forbidden, "You may not %s. It takes the role %s%s.", rule.verb, roleList(rule.roles), reach)
}

// RolesFor lists the roles that hold a permission, for "who can remove this".
func RolesFor(p Permission) []Role { return slices.Clone(permissions[p].roles) }

func roleList(roles []Role) string {
	labels := make([]string, len(roles))
	for i, role := range roles {
		labels[i] = role.Label()
	}
	return strings.Join(labels, " or ")
}
