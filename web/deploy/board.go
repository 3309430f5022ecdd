package deploy

import (
	"cmp"
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	"slipway/internal/identity"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

// boardRoutes lists those of a release's deployment.
func (h *handler) boardRoutes(g *echo.Group) {
	g.GET("/releases/:key/deployment", h.showBoard)
	g.GET("/releases/:key/deployment/board", h.showBoardPart)
	g.GET("/releases/:key/deployment/events", h.boardEvents)
	g.POST("/releases/:key/deployment/pause", h.pauseRelease)
	g.POST("/releases/:key/deployment/resume", h.resumeRelease)
	g.POST("/releases/:key/deployment/roll-back", h.rollBackRelease)
	g.POST("/releases/:key/deployment/roll-out-back", h.rollOutBack)
	g.POST("/releases/:key/deployment/redeploy", h.redeployRelease)
	g.POST("/releases/:key/deployment/rollback", h.decideRollback)
	h.waveRoutes(g)
	h.planRoutes(g)
	h.sheetRoutes(g)
	h.targetRoutes(g)
}

func (h *handler) boardView(c echo.Context, t view.Trial) (view.BoardView, error) {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	v := view.BoardView{Trial: t}
	var err error
	if v.Head, err = h.app.Release.Head(ctx, actor, key); err != nil {
		return v, err
	}
	v.Overrides = actor.Can(identity.WindowOverride, v.Head.ServiceID) && !v.Head.State.Over()
	v.Board, err = h.app.Deploy.Board(ctx, actor, key)
	return v, err
}

func (h *handler) showBoard(c echo.Context) error {
	v, err := h.boardView(c, opened(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.BoardPage(v))
}

// showBoardPart is what the board looks for by itself.
func (h *handler) showBoardPart(c echo.Context) error {
	v, err := h.boardView(c, view.Trial{})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Board(v))
}

// boardEvents tells the pages that show a deployment when to look again. The
// events hold nothing but that.
func (h *handler) boardEvents(c echo.Context) error {
	pulse, news, err := h.app.Deploy.Watch(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	return page.Listen(c, func(ctx context.Context, s *page.Stream) error {
		tell := func(pulse string) error { return s.Send(page.Event{ID: pulse, Name: "changed"}) }
		if heard := cmp.Or(s.After, c.QueryParam("since")); heard != pulse {
			if err := tell(pulse); err != nil {
				return err
			}
		}
		return page.Each(ctx, s, news, tell)
	})
}

// onBoard does a deed and leads back to the board; refused, the board comes
// back as it is now, with everything typed and every reason.
func (h *handler) onBoard(c echo.Context, form, anchor, flash string, do deed) error {
	if err := do(c.Request().Context(), page.Actor(c), c.Param("key")); err != nil {
		return again(c, form, err, func(t view.Trial) (templ.Component, error) {
			v, err := h.boardView(c, t)
			return view.BoardPage(v), err
		})
	}
	return page.Redirect(c, page.Path("releases", c.Param("key"), "deployment")+anchor, flash)
}

func (h *handler) pauseRelease(c echo.Context) error {
	return h.onBoard(c, "pause", "#whole", "The release is paused.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Deploy.PauseRelease(ctx, actor, key, c.FormValue("reason"))
	})
}

func (h *handler) resumeRelease(c echo.Context) error {
	return h.onBoard(c, "resume", "#whole", "The release goes on.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Deploy.ResumeRelease(ctx, actor, key, c.FormValue("reason"))
	})
}

func (h *handler) rollBackRelease(c echo.Context) error {
	return h.onBoard(c, "roll-back", "#whole", "The release is rolled back.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Deploy.RollBackRelease(ctx, actor, key, c.FormValue("reason"))
	})
}

func (h *handler) rollOutBack(c echo.Context) error {
	return h.onBoard(c, "roll-out-back", "#whole", "All of it goes back to what ran before, the last wave first.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Deploy.RollOutBack(ctx, actor, key, deploy.GoBack{Reason: c.FormValue("reason"), AtOnce: c.FormValue("at_once") != "", Incident: c.FormValue("incident")})
	})
}

func (h *handler) redeployRelease(c echo.Context) error {
	return h.onBoard(c, "redeploy", "#whole", "The release is being deployed again.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Deploy.RedeployRelease(ctx, actor, key, c.FormValue("reason"))
	})
}

func (h *handler) decideRollback(c echo.Context) error {
	return h.onBoard(c, "decide", "#rollback", "Your decision is kept; the wave may be backed out.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Deploy.DecideRollback(ctx, actor, key, c.FormValue("reason"))
	})
}
