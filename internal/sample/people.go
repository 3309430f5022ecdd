// Package sample builds a believable organisation through the services alone,
// so that whatever it shows has passed the same rules as a person's work. The
// demonstration and the tests share it.
package sample

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/app"
	"slipway/internal/identity"
)

// The demonstration's organisation. Password is every account's; `serve` never
// creates these accounts.
const (
	Organisation = "Nordhavn Retail"
	Zone         = "Europe/Oslo"
	Password     = "slipway-demo"
)

type person struct {
	username, name string
	role           identity.Role
}

var people = []person{
	{"maya", "Maya Lindqvist", identity.ReleaseManager},
	{"bruno", "Bruno Costa", identity.BuildManager},
	{"tess", "Tess Okonkwo", identity.TestManager},
	{"chen", "Chen Wei", identity.ChangeManager},
	{"olga", "Olga Petrova", identity.ChangeAuthority},
	{"dario", "Dario Conti", identity.DeploymentStaff},
	{"dina", "Dina Haddad", identity.DeploymentStaff},
	{"elin", "Elin Berg", identity.EarlyLifeSupport},
	{"omar", "Omar Nasser", identity.Operations},
	{"sofia", "Sofia Marttinen", identity.ServiceOwner},
	{"cora", "Cora Jansen", identity.DMLCustodian},
	{"stefan", "Stefan Weber", identity.Stakeholder},
	{"ada", "Ada Novak", identity.Auditor},
	{"root", "Ruth Root", identity.Administrator},
}

// Accounts describes who can sign in, one a line.
func Accounts() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Everybody's password is %s.\n", Password)
	for _, p := range people {
		fmt.Fprintf(&b, "  %-7s %s, %s\n", p.username, p.name, p.role.Label())
	}
	return b.String()
}

// enrol adds the people.
func enrol(ctx context.Context, a *app.App) error {
	accounts := make([]identity.NewAccount, len(people))
	for i, p := range people {
		accounts[i] = identity.NewAccount{Username: p.username, Name: p.name, Email: p.username + "@nordhavn.example", Zone: Zone,
			Grants: []identity.Grant{{Role: p.role}}}
	}
	return a.Identity.EnrolAll(ctx, accounts, Password)
}

// cast is the people as actors, by user name.
type cast map[string]identity.Actor

func find(ctx context.Context, a *app.App) (cast, error) {
	c := cast{}
	for _, p := range people {
		actor, err := a.Identity.Local(ctx, p.username)
		if err != nil {
			return nil, err
		}
		c[p.username] = actor
	}
	return c, nil
}

// by gives the actor with an account's number.
func (c cast) by(userID int64) identity.Actor {
	for _, actor := range c {
		if actor.UserID == userID {
			return actor
		}
	}
	return identity.Actor{}
}
