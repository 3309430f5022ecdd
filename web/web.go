// Package web is everything between a browser and the services. An area lists
// its routes; a handler parses, calls a service and renders.
package web

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/fault"
	"slipway/static"
	"slipway/web/account"
	"slipway/web/admin"
	"slipway/web/api"
	"slipway/web/ddi"
	"slipway/web/guard"
	"slipway/web/oci"
	"slipway/web/page"
)

// Config is what the pages of one server have in common.
type Config struct {
	URL           string // external address; its host is trusted as origin
	Zone          string // IANA name for viewers who chose none
	Organisation  string
	Version       string
	SecureCookies bool
	TrustedProxy  string          // network whose X-Forwarded-For is believed
	Ending        <-chan struct{} // closed when the server stops, which ends the pages' streams; nil never is
}

// New gives the handler of all pages over the services.
func New(a *app.App, c Config) (*echo.Echo, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = page.ErrorHandler(a.Log)
	e.IPExtractor = echo.ExtractIPDirect()
	var network *net.IPNet
	if c.TrustedProxy != "" {
		var err error
		if _, network, err = net.ParseCIDR(c.TrustedProxy); err != nil {
			return nil, fmt.Errorf("--trusted-proxy: %w", err)
		}
		e.IPExtractor = echo.ExtractIPFromXFFHeader(echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false), echo.TrustIPRange(network))
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, fmt.Errorf("--zone: %w", err)
	}
	var origins []string
	if c.URL != "" {
		origins = append(origins, strings.TrimRight(c.URL, "/"))
		c.SecureCookies = c.SecureCookies || strings.HasPrefix(c.URL, "https://")
	}
	sameOrigin, err := guard.SameOrigin(origins...)
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	e.Use(guard.RequestID, guard.Log(a.Log), guard.Recover(), guard.Headers)
	machines(e, a)
	oci.Routes(e, a)
	ddi.Routes(e, a, ddi.Config{URL: c.URL, Proxy: network})
	store := guard.NewStore(a.Identity, c.SecureCookies)
	api.Routes(e, a, store, sameOrigin, c.Version)
	settings := page.Settings{Organisation: c.Organisation, Version: c.Version, Zone: zone, SecureCookies: c.SecureCookies,
		Streams: page.NewStreams(c.Ending), Now: func() time.Time { return a.DB.Now().Std() }, Counts: tallies(a)}
	public := e.Group("", page.Use(settings), sameOrigin, guard.FirstRun(a.Identity), store.Identify, recount(a.Report), guard.NewOnce(settings.Now).Middleware)
	account.Public(public, a, store)
	signedIn := public.Group("", guard.SignedIn)
	account.Routes(signedIn, a, store)
	admin.Routes(signedIn, a)
	areas(signedIn, public, a)
	return e, nil
}

// machines are the addresses that need nobody: assets and probes.
func machines(e *echo.Echo, a *app.App) {
	assets := echo.WrapHandler(static.Handler())
	e.GET("/static/*", assets)
	e.HEAD("/static/*", assets)
	e.GET("/favicon.ico", func(c echo.Context) error { return c.Redirect(http.StatusFound, static.URL("favicon.svg")) })
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", func(c echo.Context) error {
		if err := a.Ready(c.Request().Context()); err != nil {
			a.Log.Error("not ready", "error", err)
			why := "something does not answer; the log tells"
			if known, ok := fault.As(err); ok {
				why = known.Message
			}
			return c.String(http.StatusServiceUnavailable, why+"\n")
		}
		return c.String(http.StatusOK, "ready\n")
	})
}
