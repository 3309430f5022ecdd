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

func (h handler) register(c echo.Context) error {
	all := c.QueryParam("all") == "true"
	list, err := h.app.Plan.Register(c.Request().Context(), page.Actor(c), all)
	if err != nil {
		return err
	}
	v := view.RegisterView{Risks: list, All: all}
	v.Probability, _ = strconv.ParseInt(c.QueryParam("probability"), 10, 64) // nonsense is every cell
	v.Impact, _ = strconv.ParseInt(c.QueryParam("impact"), 10, 64)
	return page.Render(c, http.StatusOK, view.Register(v))
}

func (h handler) risks(c echo.Context) error { return h.renderRisks(c, view.RisksView{}, nil) }

func (h handler) renderRisks(c echo.Context, v view.RisksView, cause error) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	sheet, err := h.app.Plan.Risks(ctx, actor, key)
	if err != nil {
		return err
	}
	if v.Head, err = h.app.Release.Head(ctx, actor, key); err != nil {
		return err
	}
	v.RiskSheet, v.Errors, v.Refusal = *sheet, page.Errors(cause), cause
	wanted, _ := strconv.ParseInt(c.QueryParam("edit"), 10, 64)
	for _, r := range sheet.Risks {
		switch {
		case cause == nil && r.Number == wanted && r.Live():
			v.Form = r
		case cause != nil && r.Number == v.Form.Number:
			v.Form.Version = r.Version
		}
	}
	if cause != nil {
		return page.Again(c, cause, view.Risks(v))
	}
	return page.Render(c, http.StatusOK, view.Risks(v))
}

type riskForm struct {
	Number              int64  `form:"number"`
	Version             int64  `form:"version"`
	Cause               string `form:"cause"`
	Event               string `form:"event"`
	Effect              string `form:"effect"`
	Probability         int64  `form:"probability"`
	Impact              int64  `form:"impact"`
	Response            string `form:"response"`
	Treatment           string `form:"treatment"`
	Owner               int64  `form:"owner"`
	Due                 string `form:"due"`
	ResidualProbability int64  `form:"residual_probability"`
	ResidualImpact      int64  `form:"residual_impact"`
}

func (h handler) saveRisk(c echo.Context) error {
	var f riskForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	risk := plan.Risk{Number: f.Number, Cause: f.Cause, Event: f.Event, Effect: f.Effect, Probability: f.Probability, Impact: f.Impact,
		Response: f.Response, Treatment: f.Treatment, OwnerID: f.Owner, ResidualProbability: f.ResidualProbability, ResidualImpact: f.ResidualImpact}
	due, err := page.When(f.Due, "UTC") // a date alone, the same for every reader
	if err != nil {
		var check fault.Check
		check.Field("due", err.Error())
		return h.renderRisks(c, view.RisksView{Form: risk}, check.Err("The risk cannot be saved."))
	}
	risk.Due = due
	saved, err := h.app.Plan.SaveRisk(c.Request().Context(), page.Actor(c), c.Param("key"), risk, f.Version)
	if err != nil {
		return h.renderRisks(c, view.RisksView{Form: risk}, err)
	}
	return page.Redirect(c, saved.Link(), "Risk "+saved.Key()+" is saved.")
}

func (h handler) moveRisk(c echo.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	verb := plan.RiskVerb(c.FormValue("verb"))
	err = h.app.Plan.MoveRisk(c.Request().Context(), page.Actor(c), c.Param("key"), n, verb, c.FormValue("reason"), page.Version(c))
	if err != nil {
		return h.renderRisks(c, view.RisksView{}, err)
	}
	return page.Redirect(c, fmt.Sprintf("/releases/%s/risks#risk-%d", c.Param("key"), n), fmt.Sprintf("Risk R%d is moved on.", n))
}
