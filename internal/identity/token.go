package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
)

// Scopes are what a token may be allowed. None of them signs or approves.
var Scopes = []string{"dml:read", "dml:write", "build:report", "deploy:report", "api:read", "api:write"}

// tokenPrefix tells a token from a password at a glance, and to secret scanners.
const tokenPrefix = "slw_"

// Token is an API token. Only its hash is stored; the token is shown once.
type Token struct {
	db.Row
	UserID    int64
	Name      string
	TokenHash string
	Scopes    []string `gorm:"serializer:json"`
	ExpiresAt db.Time
	RevokedAt db.Time
}

// TableName is the table of tokens.
func (Token) TableName() string { return "api_tokens" }

// CreateToken makes a token for the actor's own account and gives it in full.
func (s *Service) CreateToken(ctx context.Context, actor Actor, name string, scopes []string, lifetime time.Duration) (string, error) {
	var c fault.Check
	name = strings.TrimSpace(name)
	c.Need(name != "" && len(name) <= 80, "name", "Say what the token is for, in at most 80 characters.")
	c.Need(len(scopes) > 0, "scopes", "Choose at least one scope.")
	for _, scope := range scopes {
		c.Need(slices.Contains(Scopes, scope), "scopes", fmt.Sprintf("There is no scope %q. The scopes are %s.", scope, strings.Join(Scopes, ", ")))
	}
	if err := c.Err("The token was not created."); err != nil {
		return "", err
	}
	token := tokenPrefix + NewToken()
	return token, s.db.InTx(ctx, func(tx *db.Tx) error {
		row := &Token{UserID: actor.UserID, Name: name, TokenHash: tokenHash(token), Scopes: scopes}
		if lifetime > 0 {
			row.ExpiresAt = tx.Now.Add(lifetime)
		}
		if err := tx.Create(row); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "token.create", Kind: "user", Key: actor.Username,
			Sentence: fmt.Sprintf("created the token %q", name), Detail: strings.Join(scopes, ", ")})
	})
}

// FindToken gives the machine that a token stands for: the account's roles limit
// what it may see, the scopes what it may do. Unauthenticated when there is no
// such token, it ran out or was revoked, or the account is disabled.
func (s *Service) FindToken(ctx context.Context, token string) (Actor, error) {
	unknown := fault.New(fault.Unauthenticated, "The token is unknown, revoked or past its end. Create another on the account page.")
	if !strings.HasPrefix(token, tokenPrefix) || len(token) > 100 {
		return Actor{}, unknown
	}
	var rows []presented
	if err := s.db.View(ctx, func(tx *db.Tx) (err error) { rows, err = presentedBy(tx, tokenHash(token)); return err }); err != nil {
		return Actor{}, err
	}
	if len(rows) == 0 {
		return Actor{}, unknown
	}
	p := rows[0]
	if p.Disabled || p.RevokedAt != 0 || p.ExpiresAt != 0 && s.db.Now().After(p.ExpiresAt) {
		return Actor{}, unknown
	}
	actor := Actor{UserID: p.UserID, Username: p.Username, Name: fmt.Sprintf("%s (token %s)", p.Name, p.Token), Kind: Machine, Scopes: p.Scopes, Zone: p.Zone, Theme: p.Theme}
	for _, row := range rows {
		if row.Role != "" {
			actor.Grants = append(actor.Grants, Grant{row.Role, row.ServiceID})
		}
	}
	return actor, nil
}

// Tokens lists the actor's own tokens, the newest first.
func (s *Service) Tokens(ctx context.Context, actor Actor) (tokens []Token, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		tokens, err = tokensOf(tx, actor.UserID)
		return err
	})
	return tokens, err
}

// RevokeToken ends one of the actor's own tokens for good.
func (s *Service) RevokeToken(ctx context.Context, actor Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		token, err := tokenOf(tx, actor.UserID, id)
		if err != nil {
			return err
		}
		token.RevokedAt = tx.Now
		if err := tx.Save(token); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "token.revoke", Kind: "user", Key: actor.Username,
			Sentence: fmt.Sprintf("revoked the token %q", token.Name)})
	})
}

// Local gives the actor of an account for a command run beside the data folder.
func (s *Service) Local(ctx context.Context, username string) (Actor, error) {
	var u *User
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		u, err = userByName(tx, username)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return Actor{}, fault.New(fault.NotFound, "There is no account %q.", username)
	}
	if err != nil {
		return Actor{}, err
	}
	return u.Actor(), nil
}
