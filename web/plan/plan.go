package plan

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/plan"
	view "slipway/templates/plan"
	"slipway/templates/ui"
	"slipway/web/page"
)

func (h handler) show(c echo.Context) error { return h.render(c, view.PlanView{}, nil) }

func (h handler) render(c echo.Context, v view.PlanView, cause error) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	var asked int64
	if c.Param("number") != "" {
		var err error
		if asked, err = number(c); err != nil {
			return err
		}
	}
	sheet, err := h.app.Plan.Sheet(ctx, actor, key, asked)
	if err != nil {
		return err
	}
	if v.Head, err = h.app.Release.Head(ctx, actor, key); err != nil {
		return err
	}
	v.Sheet, v.Errors, v.Refusal = *sheet, page.Errors(cause), cause
	v.Older = sheet.Plan != nil && len(sheet.Versions) > 0 && sheet.Plan.Number != sheet.Versions[0].Number
	if cause != nil {
		return page.Again(c, cause, view.Plan(v))
	}
	return page.Render(c, http.StatusOK, view.Plan(v))
}

func (h handler) draw(c echo.Context) error {
	if err := h.app.Plan.DrawNow(c.Request().Context(), page.Actor(c), c.Param("key")); err != nil {
		return h.render(c, view.PlanView{}, err)
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "plan"), "The plan is drawn from the model.")
}

func (h handler) edit(c echo.Context) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	sheet, err := h.app.Plan.Sheet(ctx, actor, key, 0)
	if err != nil {
		return err
	}
	if err := identity.Authorize(actor, identity.PlanEdit, sheet.Release.ServiceID); err != nil {
		return err
	}
	if sheet.Plan == nil {
		return fault.New(fault.NotFound, "There is no plan to edit yet.")
	}
	v := view.EditView{Key: key, Version: sheet.Plan.Version, Content: sheet.Plan.Content, Zone: zone(c)}
	for _, m := range sheet.Plan.Content.Milestones {
		v.Milestones = append(v.Milestones, view.MilestoneRow{Name: m.Name, Due: ui.LocalInput(m.Due, v.Zone)})
	}
	return h.form(c, v, nil)
}

// spareRows are empty milestones below those there are.
const spareRows = 3

func (h handler) form(c echo.Context, v view.EditView, cause error) (err error) {
	if v.Head, err = h.app.Release.Head(c.Request().Context(), page.Actor(c), v.Key); err != nil {
		return err
	}
	for range spareRows {
		v.Milestones = append(v.Milestones, view.MilestoneRow{})
	}
	v.Errors, v.Refusal = page.Errors(cause), cause
	if cause != nil {
		return page.Again(c, cause, view.Edit(v))
	}
	return page.Render(c, http.StatusOK, view.Edit(v))
}

type planForm struct {
	Version   int64    `form:"version"`
	Zone      string   `form:"zone"`
	Confirm   bool     `form:"confirm"`
	Milestone []string `form:"milestone"`
	Due       []string `form:"due"`
}

// save shows the consequence first; only a confirmed form is kept.
func (h handler) save(c echo.Context) error {
	var f planForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	v := view.EditView{Key: key, Version: f.Version, Zone: f.Zone}
	for _, s := range v.Content.Sections() {
		v.Content.Set(s.Name, c.FormValue(s.Name))
	}
	var check fault.Check
	for i, name := range f.Milestone {
		due := ""
		if i < len(f.Due) {
			due = f.Due[i]
		}
		if name == "" && due == "" {
			continue
		}
		at, err := page.When(due, f.Zone)
		if err != nil {
			check.Field(fmt.Sprintf("milestone_%d", len(v.Milestones)), err.Error())
		}
		v.Milestones = append(v.Milestones, view.MilestoneRow{Name: name, Due: due})
		v.Content.Milestones = append(v.Content.Milestones, plan.Milestone{Name: name, Due: at})
	}
	if err := check.Err("The plan cannot be saved."); err != nil {
		return h.form(c, v, err)
	}
	if !f.Confirm {
		consequence, err := h.app.Plan.Preview(ctx, actor, key, v.Content)
		v.Consequence = consequence
		return h.form(c, v, err)
	}
	made, err := h.app.Plan.Save(ctx, actor, key, v.Content, f.Version)
	if err != nil {
		return h.stale(c, v, err)
	}
	flash := "The plan is saved."
	if made.NewVersion > 0 {
		flash = fmt.Sprintf("Plan version %d is a draft now; submit it for agreement.", made.NewVersion)
	}
	return page.Redirect(c, page.Path("releases", key, "plan"), flash)
}

// stale keeps what was typed and shows what it would change in the newer plan.
func (h handler) stale(c echo.Context, v view.EditView, cause error) error {
	if fault.KindOf(cause) == fault.Conflict {
		ctx, actor := c.Request().Context(), page.Actor(c)
		sheet, err := h.app.Plan.Sheet(ctx, actor, v.Key, 0)
		if err != nil {
			return err
		}
		v.Version = sheet.Plan.Version
		if v.Consequence, err = h.app.Plan.Preview(ctx, actor, v.Key, v.Content); err != nil {
			return err
		}
	}
	return h.form(c, v, cause)
}

func (h handler) submit(c echo.Context) error {
	if err := h.app.Plan.Submit(c.Request().Context(), page.Actor(c), c.Param("key"), page.Version(c)); err != nil {
		return h.render(c, view.PlanView{}, err)
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "plan"), "The stakeholders are asked to agree.")
}

type wordForm struct {
	Number  int64  `form:"number"`
	Verdict string `form:"verdict"`
	Comment string `form:"comment"`
}

func (h handler) say(c echo.Context) error {
	var f wordForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	err := h.app.Plan.Say(c.Request().Context(), page.Actor(c), c.Param("key"), f.Number, plan.Verdict(f.Verdict), f.Comment)
	if err != nil {
		return h.render(c, view.PlanView{Comment: f.Comment}, err)
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "plan"), "Your word is recorded.")
}
