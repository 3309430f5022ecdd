package deploy

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

func (h *handler) hostsView(c echo.Context, t view.Trial) (v view.HostsView, err error) {
	v.Trial, v.Text = t, strings.TrimSpace(c.QueryParam("q"))
	v.HostList, err = h.app.Deploy.Hosts(c.Request().Context(), page.Actor(c), c.Param("key"), v.Text, c.QueryParam("after"))
	return v, err
}

func (h *handler) hosts(c echo.Context) error {
	v, err := h.hostsView(c, opened(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.HostsPage(v))
}

// onHosts answers a deed on the hosts of an environment.
func (h *handler) onHosts(c echo.Context, form, flash string, err error) error {
	if err != nil {
		return again(c, form, err, func(t view.Trial) (templ.Component, error) {
			v, err := h.hostsView(c, t)
			return view.HostsPage(v), err
		})
	}
	return page.Redirect(c, page.Path("environments", c.Param("key"), "hosts"), flash)
}

func (h *handler) importHosts(c echo.Context) error {
	n, err := h.app.Deploy.ImportHosts(c.Request().Context(), page.Actor(c), c.Param("key"), c.FormValue("list"))
	return h.onHosts(c, view.HostListFormName, fmt.Sprintf("%d addresses are saved.", n), err)
}

func (h *handler) lookAtHosts(c echo.Context) error {
	n, err := h.app.Deploy.LookAtHosts(c.Request().Context(), page.Actor(c), c.Param("key"))
	return h.onHosts(c, "look", fmt.Sprintf("%d hosts are asked for their keys; load the page again in a while.", n), err)
}

func (h *handler) acceptHosts(c echo.Context) error {
	n, err := h.app.Deploy.AcceptAll(c.Request().Context(), page.Actor(c), c.Param("key"))
	return h.onHosts(c, "accept", fmt.Sprintf("%d host keys are accepted.", n), err)
}

// onEnvironment answers a deed on an environment's keys.
func (h *handler) onEnvironment(c echo.Context, form, flash string, err error) error {
	if err != nil {
		return again(c, form, err, func(t view.Trial) (templ.Component, error) { return h.environmentSheet(c, t, "") })
	}
	return page.Redirect(c, page.Path("environments", c.Param("key"))+"#ssh", flash)
}

func (h *handler) makeKey(c echo.Context) error {
	err := h.app.Deploy.MakeKey(c.Request().Context(), page.Actor(c), c.Param("key"))
	return h.onEnvironment(c, "key", "The key is made. Put its public half into authorized_keys on every host.", err)
}

func (h *handler) retireKey(c echo.Context) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	err = h.app.Deploy.RetireKey(c.Request().Context(), page.Actor(c), c.Param("key"), n, drawnFrom(c), c.FormValue("reason"))
	return h.onEnvironment(c, view.RetireKeyForm+c.Param("n"), "The key is retired.", err)
}

// onHost answers a deed on how a target is reached.
func (h *handler) onHost(c echo.Context, form, flash string, err error) error {
	if err != nil {
		return again(c, form, err, func(t view.Trial) (templ.Component, error) { return h.targetSheet(c, t, "") })
	}
	return page.Redirect(c, page.Path("targets", c.Param("key"))+"#ssh", flash)
}

// saveHost says where a target is reached. A target without an address has no
// version yet.
func (h *handler) saveHost(c echo.Context) error {
	d := deploy.HostDraft{Address: c.FormValue("address"), Port: c.FormValue("port"), Login: c.FormValue("login")}
	err := h.app.Deploy.EditHost(c.Request().Context(), page.Actor(c), c.Param("key"), max(0, drawnFrom(c)), d)
	return h.onHost(c, view.HostFormName, "The address is saved.", err)
}

func (h *handler) lookAtHost(c echo.Context) error {
	err := h.app.Deploy.LookAtHost(c.Request().Context(), page.Actor(c), c.Param("key"))
	return h.onHost(c, "look", c.Param("key")+" was asked for its host key.", err)
}

func (h *handler) acceptHostKey(c echo.Context) error {
	err := h.app.Deploy.AcceptHostKey(c.Request().Context(), page.Actor(c), c.Param("key"), drawnFrom(c), c.FormValue("fingerprint"))
	return h.onHost(c, "accept", "The host key is accepted.", err)
}

func (h *handler) refuseHostKey(c echo.Context) error {
	err := h.app.Deploy.RefuseHostKey(c.Request().Context(), page.Actor(c), c.Param("key"), drawnFrom(c))
	return h.onHost(c, "refuse", "The host key is refused.", err)
}
