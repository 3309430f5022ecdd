package plan

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/plan"
	view "slipway/templates/plan"
	"slipway/web/page"
)

func (h handler) stakeholders(c echo.Context) error {
	return h.renderCircle(c, view.StakeholdersView{}, nil)
}

func (h handler) renderCircle(c echo.Context, v view.StakeholdersView, cause error) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	circle, err := h.app.Plan.Circle(ctx, actor, key)
	if err != nil {
		return err
	}
	if v.Head, err = h.app.Release.Head(ctx, actor, key); err != nil {
		return err
	}
	v.Circle, v.Zone, v.Errors, v.Refusal = *circle, zone(c), page.Errors(cause), cause
	wanted, _ := strconv.ParseInt(c.QueryParam("edit"), 10, 64)
	for _, s := range circle.Stakeholders {
		switch {
		case cause == nil && s.ID == wanted:
			v.Person = s
		case cause != nil && s.ID == v.Person.ID:
			v.Person.Version = s.Version
		}
	}
	if cause != nil {
		return page.Again(c, cause, view.Stakeholders(v))
	}
	return page.Render(c, http.StatusOK, view.Stakeholders(v))
}

func (h handler) back(c echo.Context, anchor, flash string) error {
	return page.Redirect(c, page.Path("releases", c.Param("key"), "stakeholders")+anchor, flash)
}

type personForm struct {
	ID        int64  `form:"id"`
	Version   int64  `form:"version"`
	Person    int64  `form:"person"`
	Name      string `form:"name"`
	RACI      string `form:"raci"`
	Interest  int64  `form:"interest"`
	Influence int64  `form:"influence"`
	Channel   string `form:"channel"`
	Duty      string `form:"duty"`
	Required  bool   `form:"required"`
	Keep      bool   `form:"keep"`
}

func (h handler) saveStakeholder(c echo.Context) error {
	var f personForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	s := plan.Stakeholder{PersonID: f.Person, Name: f.Name, RACI: f.RACI, Interest: f.Interest, Influence: f.Influence, Channel: f.Channel, Duty: f.Duty, Required: f.Required}
	s.ID = f.ID
	if err := h.app.Plan.SaveStakeholder(c.Request().Context(), page.Actor(c), c.Param("key"), s, f.Version, f.Keep); err != nil {
		return h.renderCircle(c, view.StakeholdersView{Person: s}, err)
	}
	return h.back(c, "", "The stakeholder is saved.")
}

func (h handler) removeStakeholder(c echo.Context) error {
	id, err := number(c)
	if err != nil {
		return err
	}
	if err := h.app.Plan.RemoveStakeholder(c.Request().Context(), page.Actor(c), c.Param("key"), id, page.Version(c)); err != nil {
		return h.renderCircle(c, view.StakeholdersView{}, err)
	}
	return h.back(c, "", "The stakeholder is off the list.")
}

type noticeForm struct {
	Audience string `form:"audience"`
	Channel  string `form:"notice_channel"`
	Text     string `form:"text"`
	Action   string `form:"action"`
	Contact  string `form:"contact"`
	SendBy   string `form:"send_by"`
	Zone     string `form:"zone"`
}

func (h handler) saveNotice(c echo.Context) error {
	var f noticeForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	n := plan.Notice{Audience: f.Audience, Channel: f.Channel, Text: f.Text, Action: f.Action, Contact: f.Contact}
	by, err := page.When(f.SendBy, f.Zone)
	if err != nil {
		var check fault.Check
		check.Field("send_by", err.Error())
		return h.renderCircle(c, view.StakeholdersView{Notice: n}, check.Err("The notice cannot be saved."))
	}
	n.SendBy = by
	if err := h.app.Plan.SaveNotice(c.Request().Context(), page.Actor(c), c.Param("key"), n, 0); err != nil {
		return h.renderCircle(c, view.StakeholdersView{Notice: n}, err)
	}
	return h.back(c, "#notices", "The notice is planned.")
}

func (h handler) sendNotice(c echo.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	if err := h.app.Plan.SendNotice(c.Request().Context(), page.Actor(c), c.Param("key"), n, page.Version(c)); err != nil {
		return h.renderCircle(c, view.StakeholdersView{}, err)
	}
	return h.back(c, fmt.Sprintf("#notice-%d", n), "The notice is sent.")
}

func (h handler) acknowledge(c echo.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	if err := h.app.Plan.Acknowledge(c.Request().Context(), page.Actor(c), c.Param("key"), n); err != nil {
		return h.renderCircle(c, view.StakeholdersView{}, err)
	}
	return h.back(c, fmt.Sprintf("#notice-%d", n), "You have acknowledged the notice.")
}
