// Package guard stands before every handler: it knows who comes in, bounds
// what they send, and sets the headers that keep a browser honest.
package guard

import (
	"net/http"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/web/page"
)

const cookieName = "slipway"

// Store keeps gorilla's sessions as identity's session records: the cookie
// holds a random token, the server its hash. The token is fresh at each login.
type Store struct {
	identity *identity.Service
	options  sessions.Options
}

// NewStore gives a store whose cookies are as strict as the site allows.
func NewStore(s *identity.Service, secure bool) *Store {
	return &Store{identity: s, options: sessions.Options{Path: "/", HttpOnly: true, Secure: secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(identity.AbsoluteLimit.Seconds())}}
}

const actorValue, tokenValue = "actor", "token"

// Get gives the request's session, read once.
func (s *Store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New reads the session of the request's cookie; without a live one it gives a
// new session and Unauthenticated.
func (s *Store) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	options := s.options
	session.Options, session.IsNew = &options, true
	cookie, err := r.Cookie(name)
	if err != nil {
		return session, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	record, err := s.identity.FindSession(r.Context(), cookie.Value)
	if err != nil {
		return session, err
	}
	session.ID, session.IsNew = cookie.Value, false
	session.Values[actorValue] = record.Actor
	return session, nil
}

// Save writes the cookie: the token put there at login, or none when the
// session's age is below zero.
func (s *Store) Save(_ *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	token, _ := session.Values[tokenValue].(string)
	http.SetCookie(w, sessions.NewCookie(session.Name(), token, session.Options))
	return nil
}

// SignIn starts the browser's session with a token that Login just gave.
func (s *Store) SignIn(c echo.Context, token string) error {
	session := sessions.NewSession(s, cookieName)
	options := s.options
	session.Options = &options
	session.Values[tokenValue] = token
	return s.Save(c.Request(), c.Response(), session)
}

// SignOut takes the cookie away.
func (s *Store) SignOut(c echo.Context) error {
	session := sessions.NewSession(s, cookieName)
	options := s.options
	options.MaxAge = -1
	session.Options = &options
	return s.Save(c.Request(), c.Response(), session)
}

// Token is the token of the request's cookie.
func Token(c echo.Context) string {
	cookie, err := c.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Identify puts the signed-in actor into the request, if there is one.
func (s *Store) Identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		session, err := s.Get(c.Request(), cookieName)
		if err != nil && fault.KindOf(err) != fault.Unauthenticated {
			return err
		}
		if actor, ok := session.Values[actorValue].(identity.Actor); ok {
			actor.IP, actor.RequestID = c.RealIP(), c.Response().Header().Get(echo.HeaderXRequestID)
			page.SetActor(c, actor)
		}
		return next(c)
	}
}

// SignedIn lets only signed-in people through.
func SignedIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if page.Actor(c).UserID == 0 {
			return fault.New(fault.Unauthenticated, "Sign in first.")
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		return next(c)
	}
}

// FirstRun sends everybody to the set-up page until an account exists.
func FirstRun(s *identity.Service) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			needed, err := s.NeedsSetup(c.Request().Context())
			if err != nil {
				return err
			}
			if needed && c.Path() != "/setup" {
				return c.Redirect(http.StatusSeeOther, "/setup")
			}
			return next(c)
		}
	}
}

// Caller puts whoever calls the API into the request: the machine that a token
// stands for, or the person of the browser's session. Nobody else comes in.
func (s *Store) Caller(next echo.HandlerFunc) echo.HandlerFunc {
	signedIn := s.Identify(SignedIn(next))
	return func(c echo.Context) error {
		if c.Request().Header.Get(echo.HeaderAuthorization) == "" {
			return signedIn(c)
		}
		actor, err := MachineOf(c, s.identity)
		if err != nil {
			return err
		}
		page.SetActor(c, actor)
		c.Response().Header().Set("Cache-Control", "no-store")
		return next(c)
	}
}
