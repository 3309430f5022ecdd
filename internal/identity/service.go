package identity

import (
	"context"
	"fmt"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
)

// Service administers accounts, sessions and tokens.
type Service struct {
	db       *db.DB
	hasher   hasher
	attempts attempts
	setUp    setUpFlag
}

// New gives the service over a migrated database.
func New(d *db.DB) *Service {
	return &Service{db: d, hasher: newHasher(), attempts: newAttempts()}
}

// NeedsSetup tells whether no account exists yet, so that the first-run page
// is to be shown. Once an account exists it asks the database no more.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	if s.setUp.done() {
		return false, nil
	}
	var n int64
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		n, err = countUsers(tx)
		return err
	})
	if n > 0 {
		s.setUp.mark()
	}
	return n == 0 && err == nil, err
}

// SetUp creates the first account as an administrator, and only the first.
func (s *Service) SetUp(ctx context.Context, account Account) (*User, error) {
	return s.create(ctx, System("first run"), account, []Grant{{Role: Administrator}}, true)
}

// CreateUser adds an account with a first password and its roles.
func (s *Service) CreateUser(ctx context.Context, actor Actor, account Account, grants []Grant) (*User, error) {
	if err := Authorize(actor, AdminUsers, 0); err != nil {
		return nil, err
	}
	return s.create(ctx, actor, account, grants, false)
}

func (s *Service) create(ctx context.Context, actor Actor, account Account, grants []Grant, first bool) (*User, error) {
	if err := account.validate(true); err != nil {
		return nil, err
	}
	if err := validateGrants(grants); err != nil {
		return nil, err
	}
	hash, err := s.hasher.hash(ctx, account.Password)
	if err != nil {
		return nil, err
	}
	u := &User{Username: account.Username, Name: account.Name, Email: account.Email, PasswordHash: hash, Grants: grants}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if n, err := countUsers(tx); err != nil {
			return err
		} else if first && n > 0 {
			return fault.New(fault.Conflict, "Slipway is set up already. Sign in instead.")
		}
		if err := tx.Create(u); err != nil {
			if fault.KindOf(err) == fault.Conflict {
				var c fault.Check
				c.Field("username", "This user name is taken.")
				return c.Err("The account was not saved.")
			}
			return err
		}
		if err := replaceGrants(tx, u.ID, grants); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "user.create", Kind: "user", Key: u.Username,
			Sentence: fmt.Sprintf("created the account %s for %s", u.Username, u.Name), Detail: grantsText(grants)})
	})
	return u, err
}

func validateGrants(grants []Grant) error {
	var c fault.Check
	for _, g := range grants {
		c.Need(g.Role.Known(), "roles", fmt.Sprintf("There is no role %q.", g.Role))
	}
	return c.Err("The roles were not saved.")
}

func grantsText(grants []Grant) string {
	text := ""
	for i, g := range grants {
		if i > 0 {
			text += ", "
		}
		text += string(g.Role)
		if g.ServiceID != 0 {
			text += fmt.Sprintf(" (service %d)", g.ServiceID)
		}
	}
	return text
}

// Users lists all accounts with their roles.
func (s *Service) Users(ctx context.Context, actor Actor) (users []User, err error) {
	if err := Authorize(actor, AdminUsers, 0); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		users, err = allUsers(tx)
		return err
	})
	return users, err
}

// Vacant lists the roles that a release needs and nobody holds.
func (s *Service) Vacant(ctx context.Context, actor Actor) (roles []Role, err error) {
	if err := Authorize(actor, AdminUsers, 0); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		roles, err = Vacant(tx)
		return err
	})
	return roles, err
}

// FindUser gives one account by its user name.
func (s *Service) FindUser(ctx context.Context, actor Actor, username string) (u *User, err error) {
	if actor.Username != username {
		if err := Authorize(actor, AdminUsers, 0); err != nil {
			return nil, err
		}
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		u, err = userByName(tx, username)
		return err
	})
	return u, err
}

// Edit is what an administrator changes on an account.
type Edit struct {
	Version     int64
	Name, Email string
	Disabled    bool
	Grants      []Grant
	Password    string // empty keeps the present one
}

// EditUser changes an account and its roles. Disabling it, or giving it a new
// password, ends its sessions. The last administrator stays one.
func (s *Service) EditUser(ctx context.Context, actor Actor, username string, e Edit) error {
	if err := Authorize(actor, AdminUsers, 0); err != nil {
		return err
	}
	account := Account{Username: username, Name: e.Name, Email: e.Email, Password: e.Password}
	if err := account.validate(e.Password != ""); err != nil {
		return err
	}
	if err := validateGrants(e.Grants); err != nil {
		return err
	}
	hash := ""
	if e.Password != "" {
		var err error
		if hash, err = s.hasher.hash(ctx, e.Password); err != nil {
			return err
		}
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		u, err := userByName(tx, username)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(u, e.Version); err != nil {
			return err
		}
		was := grantsText(u.Grants)
		u.Name, u.Email, u.Disabled, u.Grants = account.Name, account.Email, e.Disabled, e.Grants
		if hash != "" {
			u.PasswordHash = hash
		}
		if err := tx.Save(u); err != nil {
			return err
		}
		if err := replaceGrants(tx, u.ID, e.Grants); err != nil {
			return err
		}
		if err := keepAnAdministrator(tx); err != nil {
			return err
		}
		if e.Disabled || hash != "" {
			if err := endSessions(tx, u.ID); err != nil {
				return err
			}
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "user.edit", Kind: "user", Key: u.Username,
			Sentence: "changed the account " + u.Username, Detail: "roles before: " + was + "; now: " + grantsText(u.Grants)})
	})
}

func keepAnAdministrator(tx *db.Tx) error {
	n, err := activeHolders(tx, Administrator)
	if err != nil || n > 0 {
		return err
	}
	return fault.Refuse("The account was not changed.", fault.Blocked(
		"Nobody would be left who can administer Slipway.", "Administrator", "/admin/users", "Make somebody else an administrator first"))
}

// People lists those who hold one of the roles for a service, for choosing.
func (s *Service) People(ctx context.Context, serviceID int64, roles ...Role) (people []Person, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		people, err = People(tx, serviceID, roles...)
		return err
	})
	return people, err
}
