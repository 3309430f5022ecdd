package deploy

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	"slipway/internal/identity"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

// targetRoutes lists the targets of a wave, and what is said of each.
func (h *handler) targetRoutes(g *echo.Group) {
	g.GET("/releases/:key/waves/:n/targets", h.showWaveTargets)
	g.GET("/releases/:key/waves/:n/targets/:target", h.showWaveTarget)
	g.GET("/releases/:key/waves/:n/targets/:target/work", h.showWork)
	g.GET("/releases/:key/waves/:n/targets/:target/events", h.workEvents)
	g.POST("/releases/:key/waves/:n/targets/:target/put-back", h.putBackTarget)
	g.POST("/releases/:key/waves/:n/targets/:target/verified", h.verifyTarget)
	g.POST("/releases/:key/waves/:n/targets/:target/rolled-back", h.rollBackTarget)
	g.POST("/releases/:key/waves/:n/targets/:target/failed", h.failTarget)
	g.POST("/releases/:key/waves/:n/targets/:target/retry", h.retryTarget)
	g.POST("/releases/:key/waves/:n/targets/:target/agree", h.agreeForTarget)
	g.POST("/releases/:key/waves/:n/targets/:target/exclude", h.askExclusion)
	g.POST("/releases/:key/waves/:n/targets/:target/exclusion", h.answerExclusion("exclusion", true, " is left out."))
	g.POST("/releases/:key/waves/:n/targets/:target/inclusion", h.answerExclusion("inclusion", false, " stays in."))
}

type targetFilter struct {
	Text  string `form:"q"`
	State string `form:"state"`
	After string `form:"after"`
}

func (h *handler) showWaveTargets(c echo.Context) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	var f targetFilter
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	v := view.WaveTargetsView{Query: deploy.TargetQuery{Text: f.Text, State: deploy.TargetState(f.State), After: f.After}}
	if v.Head, err = h.app.Release.Head(ctx, actor, key); err != nil {
		return err
	}
	if v.TargetPage, err = h.app.Deploy.WaveTargets(ctx, actor, key, n, v.Query); err != nil {
		return err
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.WaveTargets(v))
	}
	return page.Render(c, http.StatusOK, view.WaveTargetsPage(v))
}

func (h *handler) waveTargetView(c echo.Context, t view.Trial) (v view.WaveTargetView, err error) {
	n, err := number(c, "n")
	if err != nil {
		return v, err
	}
	v.Trial = t
	ctx, actor, key, target := c.Request().Context(), page.Actor(c), c.Param("key"), c.Param("target")
	if v.TargetPage, err = h.app.Deploy.WaveTarget(ctx, actor, key, n, target); err != nil {
		return v, err
	}
	if v.Work, err = h.app.Deploy.TargetRuns(ctx, actor, key, n, target); err != nil {
		return v, err
	}
	v.Sent, err = h.app.Deploy.HandedOver(ctx, actor, key, n, target)
	return v, err
}

func (h *handler) showWaveTarget(c echo.Context) error {
	v, err := h.waveTargetView(c, opened(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.WaveTargetPage(v))
}

// onTarget does a deed to the target of the address and leads to the targets of
// its wave, where the next one is chosen.
func (h *handler) onTarget(c echo.Context, form, flash string, do func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	target := c.Param("target")
	if err := do(c.Request().Context(), page.Actor(c), c.Param("key"), n, target); err != nil {
		return again(c, form, err, func(t view.Trial) (templ.Component, error) {
			v, err := h.waveTargetView(c, t)
			return view.WaveTargetPage(v), err
		})
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "waves", c.Param("n"), "targets"), target+flash)
}

func report(c echo.Context) deploy.Report {
	return deploy.Report{Version: drawnFrom(c), Digest: c.FormValue("digest"), Evidence: c.FormValue("evidence")}
}

func (h *handler) verifyTarget(c echo.Context) error {
	return h.onTarget(c, "verified", " is verified.", func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error {
		return h.app.Deploy.ReportVerified(ctx, actor, key, wave, target, report(c))
	})
}

func (h *handler) rollBackTarget(c echo.Context) error {
	return h.onTarget(c, "rolled-back", " is rolled back.", func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error {
		return h.app.Deploy.ReportRolledBack(ctx, actor, key, wave, target, report(c))
	})
}

func (h *handler) failTarget(c echo.Context) error {
	return h.onTarget(c, "failed", " is reported as failed.", func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error {
		return h.app.Deploy.ReportFailed(ctx, actor, key, wave, target, drawnFrom(c), c.FormValue("reason"))
	})
}

func (h *handler) retryTarget(c echo.Context) error {
	return h.onTarget(c, "retry", " begins again.", func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error {
		return h.app.Deploy.RetryTarget(ctx, actor, key, wave, target, drawnFrom(c))
	})
}

func (h *handler) askExclusion(c echo.Context) error {
	return h.onTarget(c, "exclude", " is asked to be left out; a second person confirms it.", func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error {
		return h.app.Deploy.AskExclusion(ctx, actor, key, wave, target, drawnFrom(c), c.FormValue("reason"))
	})
}

func (h *handler) answerExclusion(form string, confirm bool, flash string) echo.HandlerFunc {
	return func(c echo.Context) error {
		return h.onTarget(c, form, flash, func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error {
			return h.app.Deploy.ConfirmExclusion(ctx, actor, key, wave, target, drawnFrom(c), confirm)
		})
	}
}

func (h *handler) agreeForTarget(c echo.Context) error {
	return h.onTarget(c, "agree", " is given its package.", func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error {
		return h.app.Deploy.AgreeFor(ctx, actor, key, wave, target, drawnFrom(c))
	})
}
