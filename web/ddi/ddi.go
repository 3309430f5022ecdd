// Package ddi serves devices that fetch what they are assigned, by hawkBit's
// Direct Device Integration: SWUpdate and the RAUC updater poll it unmodified.
// Clients build addresses by themselves, so that their layout cannot change.
//
// https://eclipse.dev/hawkbit/apis/ddi_api/
package ddi

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/app"
	"slipway/internal/deploy"
	"slipway/internal/fault"
)

// Config is what the addresses in answers are made of.
type Config struct {
	URL       string // external address; empty is what the request says
	Proxy     *net.IPNet
	Downloads int           // files sent at the same time; 0 is the usual
	Queue     time.Duration // how long one more waits before it is told to come again; 0 is the usual
}

// Downloads are far fewer than polls, so that polls never wait for them.
const (
	usualDownloads = 256
	usualQueue     = 10 * time.Second
)

// Routes adds the addresses of devices. There is no session, no cookie and no
// check of origins: each request brings its token.
func Routes(e *echo.Echo, a *app.App, c Config) {
	if c.Downloads == 0 {
		c.Downloads = usualDownloads
	}
	if c.Queue == 0 {
		c.Queue = usualQueue
	}
	h := &handler{app: a, config: c, downloads: make(chan struct{}, c.Downloads)}
	h.config.URL = strings.TrimRight(c.URL, "/")
	const base = "/:tenant/controller/v1/:id"
	for _, r := range []struct {
		method, path string
		do           func(*call) error
	}{
		{http.MethodGet, "", h.poll},
		{http.MethodPut, "/configData", h.configData},
		{http.MethodGet, "/deploymentBase/:action", h.deployment},
		{http.MethodPost, "/deploymentBase/:action/feedback", h.feedback},
		{http.MethodGet, "/cancelAction/:action", h.cancel},
		{http.MethodPost, "/cancelAction/:action/feedback", h.cancelFeedback},
		{http.MethodGet, "/installedBase/:action", h.installed},
		{http.MethodPut, "/installedBase", h.claim},
		{http.MethodGet, "/confirmationBase", h.confirmations},
		{http.MethodGet, "/confirmationBase/:action", h.confirmation},
		{http.MethodPost, "/confirmationBase/:action/feedback", h.consent},
		{http.MethodPost, "/confirmationBase/activateAutoConfirm", h.autoConfirm(true)},
		{http.MethodPost, "/confirmationBase/deactivateAutoConfirm", h.autoConfirm(false)},
		{http.MethodGet, "/softwaremodules/:module/artifacts", h.artifacts},
		{http.MethodGet, "/softwaremodules/:module/artifacts/:file", h.artifact},
		{http.MethodHead, "/softwaremodules/:module/artifacts/:file", h.artifact},
	} {
		e.Add(r.method, base+r.path, h.as(r.do))
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
		e.Add(method, "/:tenant/controller/*", func(c echo.Context) error {
			return h.fail(c, fault.New(fault.NotFound, "There is no such address for devices."))
		})
	}
}

type handler struct {
	app       *app.App
	config    Config
	downloads chan struct{}
}

// call is one request of a device that has shown who it is.
type call struct {
	echo.Context
	dev *deploy.Device
}

// as finds out which device asks, and words every error as the protocol does.
func (h *handler) as(do func(*call) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := h.identify(c, do)
		if err == nil || c.Response().Committed {
			return err
		}
		return h.fail(c, err)
	}
}

func (h *handler) identify(c echo.Context, do func(*call) error) error {
	if !strings.EqualFold(c.Param("tenant"), "default") {
		return fault.New(fault.NotFound, "There is no such tenant.")
	}
	dev, err := h.app.Deploy.Device(c.Request().Context(), param(c, "id"), c.Request().Header.Get(echo.HeaderAuthorization), c.RealIP())
	if err != nil {
		return err
	}
	return do(&call{c, dev})
}

// param is a part of the address as it was meant: echo leaves escapes in it
// where the address holds some.
func param(c echo.Context, name string) string {
	raw := c.Param(name)
	if plain, err := url.PathUnescape(raw); err == nil && c.Request().URL.RawPath != "" {
		return plain
	}
	return raw
}

// number is a part of the address that has to be a number of 32 bits.
func (c *call) number(name string) (int64, error) {
	n, err := strconv.ParseInt(c.Param(name), 10, 32)
	if err != nil || n <= 0 {
		return 0, fault.New(fault.NotFound, "There is no %s %q.", name, shortened(c.Param(name)))
	}
	return n, nil
}

// history is how many of its own words a device wants to see again.
func (c *call) history() int {
	n, err := strconv.Atoi(c.QueryParam("actionHistory"))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func (c *call) body() ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(c.Request().Body, maxBody+1))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The body broke off.")
	}
	if len(data) > maxBody {
		return nil, fault.New(fault.TooLarge, "The body is larger than %d bytes.", maxBody)
	}
	return data, nil
}

// base is the address beneath which everything of the device lies. It is the
// configured one; else what the client, or a proxy that is trusted, says.
func (h *handler) base(c *call) string {
	origin := h.config.URL
	if origin == "" {
		scheme, host := "http", c.Request().Host
		if c.Request().TLS != nil {
			scheme = "https"
		}
		if h.trusted(c.Request()) {
			if forwarded := c.Request().Header.Get("X-Forwarded-Proto"); forwarded == "https" || forwarded == "http" {
				scheme = forwarded
			}
			if forwarded := c.Request().Header.Get("X-Forwarded-Host"); forwarded != "" {
				host = forwarded
			}
		}
		origin = scheme + "://" + host
	}
	return origin + "/" + c.Param("tenant") + "/controller/v1/" + url.PathEscape(c.dev.Key)
}

func (h *handler) trusted(r *http.Request) bool {
	if h.config.Proxy == nil {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && h.config.Proxy.Contains(net.ParseIP(host))
}

func (h *handler) poll(c *call) error {
	p, err := h.app.Deploy.Poll(c.Request().Context(), c.dev)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, pollJSON(h.base(c), p))
}

// pollJSON is written by hand: it is nearly all that a fleet asks for.
func pollJSON(base string, p deploy.Polled) []byte {
	b := make([]byte, 0, 128+4*len(base))
	b = append(b, `{"config":{"polling":{"sleep":"`...)
	b = append(append(b, p.Sleep...), `"}}`...)
	first := true
	add := func(name, path string, action int64, tag int64) {
		if first {
			b = append(b, `,"_links":{`...)
		} else {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(append(b, '"'), name...), `":{"href":`...), quoted(base+path)...)
		b = b[:len(b)-1]
		if action != 0 {
			b = strconv.AppendInt(append(b, '/'), action, 10)
		}
		if tag != 0 {
			b = strconv.AppendInt(append(b, "?c="...), tag, 10)
		}
		b = append(b, `"}`...)
	}
	switch { // a cancelAction takes no query: SWUpdate hangs /feedback on it as it is
	case p.Cancel != 0:
		add("cancelAction", "/cancelAction", p.Cancel, 0)
	case p.Deployment != 0:
		add("deploymentBase", "/deploymentBase", p.Deployment, p.Tag)
	case p.Confirmation != 0:
		add("confirmationBase", "/confirmationBase", p.Confirmation, p.Tag)
	}
	if p.Installed != 0 {
		add("installedBase", "/installedBase", p.Installed, 0)
	}
	if p.Config {
		add("configData", "/configData", 0, 0)
	}
	if !first {
		b = append(b, '}')
	}
	return append(b, '}')
}
