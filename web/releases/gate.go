package releases

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/templates/draft"
	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) gateRoutes(g *echo.Group) {
	g.GET("/releases/:key/gates/:code", h.showGate)
	g.POST("/releases/:key/gates/:code/decision", h.decide)
	g.POST("/releases/:key/gates/:code/resubmit", h.resubmit)
	g.POST("/releases/:key/gates/:code/proceed", h.proceedGate)
	g.POST("/releases/:key/gates/:code/attestations", h.attest)
	g.POST("/releases/:key/gates/:code/waivers", h.askWaiver)
	g.POST("/releases/:key/gates/:code/waivers/:id", h.decideWaiver)
	h.readinessRoutes(g)
	h.emergencyRoutes(g)
	h.historyRoutes(g)
}

func gateCode(c echo.Context) release.GateCode { return release.GateCode(c.Param("code")) }

func (h handler) gateView(c echo.Context, d draft.Draft) (view.GateView, error) {
	v := view.GateView{Draft: d, Zone: zoneOf(c), Now: c.QueryParam("now") != "", GivesRoles: page.Actor(c).Can(identity.AdminUsers, 0)}
	var err error
	if v.GateSheet, err = h.app.Release.Gate(c.Request().Context(), page.Actor(c), c.Param("key"), gateCode(c)); err != nil {
		return v, err
	}
	v.PlanDifferences = map[int64][]plan.Difference{}
	for _, former := range v.FormerPlans() {
		if v.PlanDifferences[former], err = h.app.Plan.Between(c.Request().Context(), page.Actor(c), c.Param("key"), former, v.PlanVersion); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (h handler) showGate(c echo.Context) error {
	v, err := h.gateView(c, opened(c))
	if err != nil {
		return err
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.Criteria(v))
	}
	return page.Render(c, http.StatusOK, view.GatePage(v))
}

// deed is what a form of a release asks a service to do.
type deed func(ctx context.Context, actor identity.Actor, key string) error

// onGate does a deed and leads back to the gate; refused, the page comes back
// with everything typed and every reason.
func (h handler) onGate(c echo.Context, form, anchor, flash string, do deed) error {
	if err := do(c.Request().Context(), page.Actor(c), c.Param("key")); err != nil {
		return again(c, form, err, func(d draft.Draft) (templ.Component, error) {
			v, err := h.gateView(c, d)
			return view.GatePage(v), err
		})
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "gates", c.Param("code"))+anchor, flash)
}

type sayForm struct {
	Verdict string `form:"verdict"`
	Role    string `form:"role"`
	Comment string `form:"comment"`
	Outcome string `form:"outcome"`
}

func (h handler) decide(c echo.Context) error {
	return h.onGate(c, "decide", "", "Your decision is signed.", func(ctx context.Context, actor identity.Actor, key string) error {
		var f sayForm
		err := page.BindFiles(c, func(name string, body io.Reader) error {
			return h.app.Release.AttachToGate(ctx, actor, key, gateCode(c), name, body)
		})
		if err != nil {
			return err
		}
		if err := page.Bind(c, &f); err != nil {
			return err
		}
		return h.app.Release.DecideGate(ctx, actor, key, gateCode(c), release.Say{Verdict: release.Verdict(f.Verdict), Role: identity.Role(f.Role),
			Comment: strings.TrimSpace(f.Comment), Outcome: release.Outcome(f.Outcome), Version: page.Version(c)})
	})
}

func (h handler) resubmit(c echo.Context) error {
	return h.onGate(c, "", "", c.Param("code")+" is submitted anew.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Release.Resubmit(ctx, actor, key, gateCode(c), page.Version(c))
	})
}

func (h handler) proceedGate(c echo.Context) error {
	return h.onGate(c, "", "", "It goes ahead on the emergency authority.", h.app.Release.Proceed)
}

// attest reads the form first: its criterion comes before the files, and names
// the form.
func (h handler) attest(c echo.Context) error {
	refused := page.BindFiles(c, func(name string, body io.Reader) error {
		return h.app.Release.AttachToCriterion(c.Request().Context(), page.Actor(c), c.Param("key"), gateCode(c), c.FormValue("criterion"), name, body)
	})
	criterion := c.FormValue("criterion")
	anchor := strings.ReplaceAll(criterion, ".", "-")
	return h.onGate(c, "attest-"+anchor, "#criterion-"+anchor, "It is confirmed.", func(ctx context.Context, actor identity.Actor, key string) error {
		if refused != nil {
			return renamed(refused, dml.FilesField, "files_"+criterion)
		}
		return h.app.Release.Attest(ctx, actor, key, gateCode(c), criterion, c.FormValue("evidence_"+criterion))
	})
}

type waiverForm struct {
	Finding   string `form:"finding"`
	Exception string `form:"exception"`
	RiskOwner int64  `form:"risk_owner"`
	Expires   string `form:"expires"`
}

func (h handler) askWaiver(c echo.Context) error {
	return h.onGate(c, "waive", "#waivers", "The waiver is asked for.", func(ctx context.Context, actor identity.Actor, key string) error {
		var f waiverForm
		if err := page.Bind(c, &f); err != nil {
			return err
		}
		expires, err := typedTime(c, "expires", f.Expires)
		if err != nil {
			return err
		}
		return h.app.Release.AskWaiver(ctx, actor, key, release.WaiverRequest{Gate: gateCode(c), Finding: f.Finding, Exception: f.Exception, RiskOwnerID: f.RiskOwner, ExpiresAt: expires})
	})
}

func (h handler) decideWaiver(c echo.Context) error {
	id, err := paramID(c, "id")
	if err != nil {
		return err
	}
	return h.onGate(c, "waiver-"+c.Param("id"), "#waivers", "The waiver is decided.", func(ctx context.Context, actor identity.Actor, key string) error {
		verdict := release.Verdict(c.FormValue("waiver_verdict"))
		err := h.app.Release.DecideWaiver(ctx, actor, key, id, page.Version(c), verdict, c.FormValue("waiver_comment"))
		return renamed(renamed(err, "comment", "waiver_comment"), "verdict", "waiver_verdict")
	})
}

// renamed puts a field's message to the name that the field has on a page with
// several forms.
func renamed(err error, from, to string) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	moved := *f
	moved.Fields = nil
	for _, field := range f.Fields {
		if field.Name == from {
			field.Name = to
		}
		moved.Fields = append(moved.Fields, field)
	}
	return &moved
}

// typedTime reads a moment in the viewer's zone, and says which field is wrong.
func typedTime(c echo.Context, field, value string) (db.Time, error) {
	t, err := page.When(value, zoneOf(c))
	if err != nil {
		var check fault.Check
		check.Field(field, "Write the time like 2026-11-23 14:30.")
		return 0, check.Err("The time could not be read.")
	}
	return t, nil
}
