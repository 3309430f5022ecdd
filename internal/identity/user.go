package identity

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// User is one account. Usernames are lower case and never change, because the
// record names people by them.
type User struct {
	db.Row
	Username     string
	Name         string
	Email        string
	PasswordHash string
	Zone         string // IANA name; empty means the browser's page shows UTC
	Theme        string // "light", "dark", or empty for the system's
	Disabled     bool
	LastSeenAt   db.Time
	Grants       []Grant `gorm:"-"`
}

// Person is a user as other rooms see one: enough to name and to choose.
type Person struct {
	ID       int64
	Username string
	Name     string
	Email    string
	Roles    []Role
}

// Actor is the user acting in person.
func (u *User) Actor() Actor {
	return Actor{UserID: u.ID, Username: u.Username, Name: u.Name, Kind: PersonKind, Grants: u.Grants, Zone: u.Zone, Theme: u.Theme}
}

var usernamePattern = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,39}$`)

// minPassword follows ASVS 5, 6.2.1; there are no composition rules.
const minPassword, maxPassword = 12, 128

// Account is what an administrator or the first run enters for a user.
type Account struct {
	Username, Name, Email, Password string
}

func (a *Account) validate(needPassword bool) error {
	var c fault.Check
	a.Username, a.Name, a.Email = strings.TrimSpace(a.Username), strings.TrimSpace(a.Name), strings.TrimSpace(a.Email)
	c.Need(usernamePattern.MatchString(a.Username), "username", "Use 2 to 40 lower-case letters, digits, dots or dashes, beginning with a letter.")
	c.Need(a.Name != "" && len(a.Name) <= 120, "name", "Enter the person's name, at most 120 characters.")
	if a.Email != "" {
		_, err := mail.ParseAddress(a.Email)
		c.Need(err == nil, "email", "This is not an e-mail address.")
	}
	if needPassword {
		checkPassword(&c, "password", a.Password, a.Username)
	}
	return c.Err("The account was not saved.")
}

func checkPassword(c *fault.Check, field, password, username string) {
	switch {
	case len(password) < minPassword:
		c.Field(field, "Use at least 12 characters; a few words in a row do well.")
	case len(password) > maxPassword:
		c.Field(field, "Use at most 128 characters.")
	case common(password, username):
		c.Field(field, "This is one of the first passwords anybody would try. Choose another.")
	}
}

// common catches the passwords that every guessing list begins with: one
// repeated character, a run along the keyboard, the user's own name.
func common(password, username string) bool {
	p := strings.ToLower(password)
	if strings.Count(p, p[:1]) == len(p) || (username != "" && strings.Trim(strings.ReplaceAll(p, username, ""), "0123456789!.-_") == "") {
		return true
	}
	return slices.ContainsFunc([]string{"password", "passw0rd", "123456789012", "qwertyuiop", "letmein", "welcome1", "administrator", "iloveyou", "abcdefghijkl", "changeme"},
		func(known string) bool {
			return strings.Trim(strings.ReplaceAll(p, known, ""), "0123456789!.-_ ") == ""
		})
}

func displayName(username string) string {
	if username == "" {
		return ""
	}
	return strings.ToUpper(username[:1]) + username[1:]
}
