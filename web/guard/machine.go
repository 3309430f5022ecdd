package guard

import (
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/identity"
)

// MachineOf gives the actor of a request that brings a token: as a bearer, or as
// the password of basic authentication under any user name.
func MachineOf(c echo.Context, identities *identity.Service) (identity.Actor, error) {
	req := c.Request()
	token, ok := strings.CutPrefix(req.Header.Get(echo.HeaderAuthorization), "Bearer ")
	if !ok {
		_, token, ok = req.BasicAuth()
	}
	if !ok {
		return identity.Actor{}, fault.New(fault.Unauthenticated, "This address takes an API token; create one on the account page.")
	}
	actor, err := identities.FindToken(req.Context(), strings.TrimSpace(token))
	actor.IP, actor.RequestID = c.RealIP(), c.Response().Header().Get(echo.HeaderXRequestID)
	return actor, err
}
