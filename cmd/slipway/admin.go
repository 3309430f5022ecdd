package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/identity"
)

type userCmd struct {
	Create *userCreateCmd `arg:"subcommand:create" help:"Create an account; the password is read from standard input."`
	List   *userListCmd   `arg:"subcommand:list" help:"List the accounts and their roles."`
}

// shell is the actor of commands run beside the data folder: whoever can read
// the database can do all of this anyway.
func shell() identity.Actor {
	return identity.Actor{Name: "command line", Kind: identity.PersonKind, Grants: []identity.Grant{{Role: identity.Administrator}}}
}

type userCreateCmd struct {
	dataFlags
	Username string `arg:"positional,required" help:"User name, lower case."`
	Name     string `arg:"--name,env:NAME,required" help:"The person's name."`
	Email    string `arg:"--email,env:EMAIL" help:"E-mail address."`
	Role     words  `arg:"--role,env:ROLE" help:"A role for every service; may be repeated."`
}

// Run creates the account.
func (u userCreateCmd) Run(ctx context.Context) error {
	a, err := u.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && password == "" {
		return errors.New("give the password on standard input")
	}
	var grants []identity.Grant
	for _, role := range u.Role {
		grants = append(grants, identity.Grant{Role: identity.Role(role)})
	}
	account := identity.Account{Username: u.Username, Name: u.Name, Email: u.Email, Password: strings.TrimRight(password, "\r\n")}
	if _, err := a.Identity.CreateUser(ctx, shell(), account, grants); err != nil {
		return err
	}
	fmt.Printf("The account %s is created.\n", u.Username)
	return nil
}

type userListCmd struct {
	dataFlags
}

// Run lists the accounts, one a line.
func (u userListCmd) Run(ctx context.Context) error {
	a, err := u.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	users, err := a.Identity.Users(ctx, shell())
	for _, user := range users {
		state := "enabled"
		if user.Disabled {
			state = "disabled"
		}
		roles := make([]string, len(user.Grants))
		for i, g := range user.Grants {
			roles[i] = string(g.Role)
		}
		fmt.Printf("%s\t%s\t%s\t%s\n", user.Username, user.Name, state, strings.Join(roles, ","))
	}
	return err
}

type tokenCmd struct {
	Create *tokenCreateCmd `arg:"subcommand:create" help:"Create a token; it is printed once, as the last line."`
}

type tokenCreateCmd struct {
	dataFlags
	User     string        `arg:"--user,env:USER,required" help:"Whose token it is."`
	Name     string        `arg:"--name,env:NAME,required" help:"What the token is for."`
	Scope    words         `arg:"--scope,env:SCOPE,required" help:"A scope; may be repeated: dml:read dml:write build:report deploy:report api:read api:write."`
	Lifetime time.Duration `arg:"--lifetime,env:LIFETIME" help:"How long it lives; without it, until it is revoked."`
}

// Run creates the token.
func (t tokenCreateCmd) Run(ctx context.Context) error {
	a, err := t.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	actor, err := a.Identity.Local(ctx, t.User)
	if err != nil {
		return err
	}
	token, err := a.Identity.CreateToken(ctx, actor, t.Name, t.Scope, t.Lifetime)
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}

type auditCmd struct {
	Verify *auditVerifyCmd `arg:"subcommand:verify" help:"Check the whole chain of the record."`
}

type auditVerifyCmd struct {
	dataFlags
}

// Run checks every entry against the one before it.
func (v auditVerifyCmd) Run(ctx context.Context) error {
	a, err := v.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	return a.DB.View(ctx, func(tx *db.Tx) error {
		n, err := audit.Verify(tx)
		if err == nil {
			fmt.Printf("%d entries, and the chain holds.\n", n)
		}
		return err
	})
}
