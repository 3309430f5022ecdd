package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/zone"
)

// How long a session lasts without use, and at most.
const (
	IdleLimit     = 12 * time.Hour
	AbsoluteLimit = 7 * 24 * time.Hour
	seenEvery     = 5 * time.Minute // a page view writes its time at most this often
)

// Session is one sign-in on one browser. The browser holds a random token; the
// server keeps only its hash.
type Session struct {
	ID        int64
	TokenHash string
	UserID    int64
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
	SeenAt    db.Time
	ExpiresAt db.Time
	IP        string
	Agent     string
	Actor     Actor `gorm:"-"`
	Here      bool  `gorm:"-"` // it is the one that asks
}

// NewToken gives 256 random bits as text for a cookie or a header.
func NewToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Credentials are what a person types to sign in, and from where.
type Credentials struct {
	Username, Password, IP, Agent string
}

// Login checks the password and opens a session with a fresh token. Wrong
// names and wrong passwords get the same answer at the same cost.
func (s *Service) Login(ctx context.Context, c Credentials) (token string, err error) {
	username := strings.ToLower(strings.TrimSpace(c.Username))
	if !s.attempts.open(username, c.IP) {
		return "", fault.New(fault.TooMany, "Too many wrong tries for this name from here. Wait a few minutes, then try again.")
	}
	if len(c.Password) > maxPassword {
		c.Password = ""
	}
	u := &User{}
	if err := s.db.View(ctx, func(tx *db.Tx) error {
		found, err := userByName(tx, username)
		if err == nil {
			u = found
		} else if fault.KindOf(err) != fault.NotFound {
			return err
		}
		return nil
	}); err != nil {
		return "", err
	}
	ok, err := s.hasher.matches(ctx, c.Password, u.PasswordHash)
	if err != nil {
		return "", err
	}
	if !ok || u.Disabled {
		s.attempts.wrong(username, c.IP)
		err := s.db.InTx(ctx, func(tx *db.Tx) error {
			return audit.Record(tx, audit.By{Name: "nobody", Kind: "person", IP: c.IP}, audit.Entry{Action: "login.refused", Kind: "user",
				Key: clip(username, 40), Sentence: "tried to sign in with a wrong name or password"})
		})
		if err != nil {
			return "", err
		}
		return "", fault.New(fault.Unauthenticated, "The user name or the password is wrong.")
	}
	token = NewToken()
	return token, s.db.InTx(ctx, func(tx *db.Tx) error {
		session := &Session{TokenHash: tokenHash(token), UserID: u.ID, CreatedAt: tx.Now, SeenAt: tx.Now,
			ExpiresAt: tx.Now.Add(AbsoluteLimit), IP: c.IP, Agent: clip(c.Agent, 200)}
		if err := insertSession(tx, session); err != nil {
			return err
		}
		actor := u.Actor()
		actor.IP = c.IP
		return audit.Record(tx, actor.By(), audit.Entry{Action: "login", Kind: "user", Key: u.Username, Sentence: "signed in"})
	})
}

func clip(text string, n int) string {
	if len(text) > n {
		return strings.ToValidUTF8(text[:n], "")
	}
	return text
}

// FindSession gives the live session of a token, with its actor.
// Unauthenticated when there is none, it ran out, or the account is disabled.
func (s *Service) FindSession(ctx context.Context, token string) (*Session, error) {
	if token == "" {
		return nil, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	var session *Session
	var user *User
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		session, user, err = sessionByHash(tx, tokenHash(token))
		return err
	})
	now := s.db.Now()
	switch {
	case err != nil:
		return nil, err
	case user.Disabled || now.After(session.ExpiresAt) || now.Sub(session.SeenAt) > IdleLimit:
		return nil, fault.New(fault.Unauthenticated, "Your session has ended. Sign in again.")
	}
	if now.Sub(session.SeenAt) > seenEvery {
		if err := s.db.InTx(ctx, func(tx *db.Tx) error { return touchSession(tx, session.ID) }); err != nil {
			return nil, err
		}
	}
	session.Actor = user.Actor()
	return session, nil
}

// Logout ends one session.
func (s *Service) Logout(ctx context.Context, actor Actor, token string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := endSession(tx, tokenHash(token)); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "logout", Kind: "user", Key: actor.Username, Sentence: "signed out"})
	})
}

// LogoutEverywhere ends all sessions of the actor, this one included.
func (s *Service) LogoutEverywhere(ctx context.Context, actor Actor) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := endSessions(tx, actor.UserID); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "logout.everywhere", Kind: "user", Key: actor.Username, Sentence: "signed out everywhere"})
	})
}

// Sessions lists the actor's own live sessions, newest first; token is that of
// the one that asks.
func (s *Service) Sessions(ctx context.Context, actor Actor, token string) (sessions []Session, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		sessions, err = sessionsOf(tx, actor.UserID)
		return err
	})
	for i := range sessions {
		sessions[i].Here = sessions[i].TokenHash == tokenHash(token)
	}
	return sessions, err
}

// EndSession ends one of the actor's own sessions by its id.
func (s *Service) EndSession(ctx context.Context, actor Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := endSessionOf(tx, actor.UserID, id); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "session.end", Kind: "user", Key: actor.Username, Sentence: "ended one of their sessions"})
	})
}

// ChangePassword checks the old password, sets the new one and ends all other
// sessions; keep is the token of the session that stays.
func (s *Service) ChangePassword(ctx context.Context, actor Actor, old, new, keep string) error {
	u, err := s.FindUser(ctx, actor, actor.Username)
	if err != nil {
		return err
	}
	var c fault.Check
	ok, err := s.hasher.matches(ctx, old, u.PasswordHash)
	if err != nil {
		return err
	}
	c.Need(ok, "old", "This is not your present password.")
	checkPassword(&c, "new", new, u.Username)
	if err := c.Err("The password was not changed."); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, new)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		u, err := userByID(tx, actor.UserID)
		if err != nil {
			return err
		}
		u.PasswordHash = hash
		if err := tx.Save(u); err != nil {
			return err
		}
		if err := endOtherSessions(tx, u.ID, tokenHash(keep)); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "password.change", Kind: "user", Key: u.Username, Sentence: "changed their password"})
	})
}

// SetPreferences stores the zone and the theme the actor reads pages in.
func (s *Service) SetPreferences(ctx context.Context, actor Actor, in, theme string) error {
	var c fault.Check
	c.Need(in == "" || zone.Known(in), "zone", "There is no such time zone. Use a name like Europe/Oslo.")
	c.Need(theme == "" || theme == "light" || theme == "dark", "theme", "Choose light, dark or the system's.")
	if err := c.Err("The preferences were not saved."); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		u, err := userByID(tx, actor.UserID)
		if err != nil {
			return err
		}
		u.Zone, u.Theme = in, theme
		return tx.Save(u)
	})
}
