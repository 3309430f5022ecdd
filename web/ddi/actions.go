package ddi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"slipway/internal/deploy"
	"slipway/internal/fault"
)

// ok answers a write. SWUpdate and the RAUC updater take 200 alone for success.
func (c *call) ok() error { return c.NoContent(http.StatusOK) }

func quoted(text string) []byte {
	data, err := json.Marshal(text)
	if err != nil { // a string is always text
		return []byte(`""`)
	}
	return data
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func (h *handler) configData(c *call) error {
	data, err := c.body()
	if err != nil {
		return err
	}
	mode, attributes, err := parseConfig(data)
	if err != nil {
		return err
	}
	if err := h.app.Deploy.Attributes(c.Request().Context(), c.dev, mode, attributes); err != nil {
		return err
	}
	return c.ok()
}

func (h *handler) deployment(c *call) error {
	action, err := c.number("action")
	if err != nil {
		return err
	}
	p, err := h.app.Deploy.Fetch(c.Request().Context(), c.dev, action, c.history())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, deploymentBody{ID: id(action), Deployment: h.part(c, p), History: history(p)})
}

func (h *handler) installed(c *call) error {
	action, err := c.number("action")
	if err != nil {
		return err
	}
	p, err := h.app.Deploy.InstalledParcel(c.Request().Context(), c.dev, action, c.history())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, deploymentBody{ID: id(action), Deployment: h.part(c, p), History: history(p)})
}

// part is what to install. It is always forced: what must not be installed now
// is not offered at all, since SWUpdate takes "skip" for a success.
func (h *handler) part(c *call, p *deploy.Parcel) *deploymentPart {
	part := &deploymentPart{Download: "forced", Update: "forced", Chunks: []chunk{}}
	for i := range p.Files {
		f := &p.Files[i]
		part.Chunks = append(part.Chunks, chunk{Part: "os", Version: f.Label, Name: f.Name, Artifacts: []artifact{h.artifactOf(c, f)}})
	}
	return part
}

func history(p *deploy.Parcel) *historyPart {
	if len(p.History) == 0 {
		return nil
	}
	h := &historyPart{Status: map[deploy.PullState]string{deploy.PullOpen: "RUNNING", deploy.PullDone: "FINISHED", deploy.PullFailed: "ERROR", deploy.PullCancelled: "CANCELED"}[p.Action.State]}
	for _, status := range p.History {
		h.Messages = append(h.Messages, status.Details)
	}
	return h
}

func (h *handler) feedback(c *call) error { return h.report(c, h.app.Deploy.Feedback) }

func (h *handler) cancelFeedback(c *call) error { return h.report(c, h.app.Deploy.CancelFeedback) }

func (h *handler) cancel(c *call) error {
	action, err := c.number("action")
	if err != nil {
		return err
	}
	if err := h.app.Deploy.Cancelled(c.Request().Context(), c.dev, action); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, cancelBody{ID: id(action), Cancel: cancelPart{StopID: id(action)}})
}

func (h *handler) claim(c *call) error {
	data, err := c.body()
	if err != nil {
		return err
	}
	name, version, err := parseInstalled(data)
	if err != nil {
		return err
	}
	if err := h.app.Deploy.ClaimInstalled(c.Request().Context(), c.dev, name, version); err != nil {
		return err
	}
	return c.ok()
}

func (h *handler) confirmations(c *call) error {
	p, err := h.app.Deploy.Poll(c.Request().Context(), c.dev)
	if err != nil {
		return err
	}
	base := h.base(c) + "/confirmationBase"
	body := confirmationBody{AutoConfirm: autoConfirm{Active: p.AutoConfirm}, Links: map[string]link{}}
	if p.AutoConfirm {
		body.Links["deactivateAutoConfirm"] = link{base + "/deactivateAutoConfirm"}
	} else {
		body.Links["activateAutoConfirm"] = link{base + "/activateAutoConfirm"}
	}
	if p.Confirmation != 0 {
		body.Links["confirmationBase"] = link{base + "/" + id(p.Confirmation)}
	}
	return c.JSON(http.StatusOK, body)
}

func (h *handler) confirmation(c *call) error {
	action, err := c.number("action")
	if err != nil {
		return err
	}
	p, err := h.app.Deploy.Asked(c.Request().Context(), c.dev, action)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, deploymentBody{ID: id(action), Confirmation: h.part(c, p)})
}

func (h *handler) consent(c *call) error {
	action, err := c.number("action")
	if err != nil {
		return err
	}
	data, err := c.body()
	if err != nil {
		return err
	}
	agreed, why, err := parseConsent(data)
	if err != nil {
		return err
	}
	if err := h.app.Deploy.Consent(c.Request().Context(), c.dev, action, agreed, why); err != nil {
		return err
	}
	return c.ok()
}

func (h *handler) autoConfirm(on bool) func(*call) error {
	return func(c *call) error {
		if err := h.app.Deploy.SetAutoConfirm(c.Request().Context(), c.dev, on); err != nil {
			return err
		}
		return c.ok()
	}
}

// moduleOf is the module of the address, as far as the device is assigned it.
func (h *handler) moduleOf(c *call) (*deploy.ParcelFile, error) {
	module, err := c.number("module")
	if err != nil {
		return nil, err
	}
	f, err := h.app.Deploy.Module(c.Request().Context(), c.dev, module)
	if err == nil && f == nil {
		err = fault.New(fault.NotFound, "This device is assigned no such module.")
	}
	return f, err
}

func (h *handler) report(c *call, take func(context.Context, *deploy.Device, int64, deploy.PullFeedback) error) error {
	action, err := c.number("action")
	if err != nil {
		return err
	}
	data, err := c.body()
	if err != nil {
		return err
	}
	f, err := parseFeedback(data)
	if err != nil {
		return err
	}
	if err := take(c.Request().Context(), c.dev, action, f); err != nil {
		return err
	}
	return c.ok()
}
