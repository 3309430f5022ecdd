package deploy

import (
	"context"
	"fmt"
	"io"

	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	"slipway/internal/identity"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

// waveRoutes lists what is told a wave.
func (h *handler) waveRoutes(g *echo.Group) {
	s := h.app.Deploy
	g.POST("/releases/:key/waves/:n/ready", h.wave("ready", "Wave %d is ready: its targets are frozen and the package is staged.", s.ReadyWave))
	g.POST("/releases/:key/waves/:n/replan", h.wave("replan", "Wave %d is planned anew.", s.ReplanWave))
	g.POST("/releases/:key/waves/:n/start", h.wave("start", "Wave %d has started.", s.StartWave))
	g.POST("/releases/:key/waves/:n/remove", h.wave("remove", "Wave %d is removed.", s.RemoveWave))
	g.POST("/releases/:key/waves/:n/earlier", h.wave("earlier", "Wave %d goes earlier now.", h.move(true)))
	g.POST("/releases/:key/waves/:n/later", h.wave("later", "Wave %d goes later now.", h.move(false)))
	g.POST("/releases/:key/waves/:n/go", h.goWith("go", "comment", "Go is given for wave %d.", s.GiveGo))
	g.POST("/releases/:key/waves/:n/health", h.waveWith("health", "note", "The health after wave %d is confirmed.", s.ConfirmHealth))
	g.POST("/releases/:key/waves/:n/no-go", h.goWith("no-go", "reason", "Go for wave %d is refused.", s.NoGo))
	g.POST("/releases/:key/waves/:n/delegate", h.nameDelegate)
	g.POST("/releases/:key/waves/:n/pause", h.waveBecause("pause", "Wave %d is paused.", s.PauseWave))
	g.POST("/releases/:key/waves/:n/resume", h.waveBecause("resume", "Wave %d goes on.", s.ResumeWave))
	g.POST("/releases/:key/waves/:n/fail", h.waveBecause("fail", "Wave %d is stopped as failed.", s.FailWave))
	g.POST("/releases/:key/waves/:n/remediate", h.waveBecause("remediate", "Wave %d is being remediated.", s.RemediateWave))
	g.POST("/releases/:key/waves/:n/retry", h.waveBecause("retry", "Wave %d began again where it failed.", s.RetryWave))
	g.POST("/releases/:key/waves/:n/back-out", h.waveBecause("back-out", "Wave %d is being backed out; its back-out steps are open.", s.BackOutWave))
	g.POST("/releases/:key/waves/:n/verified", h.verifyAll)
	g.POST("/releases/:key/waves/:n/rolled-back", h.rollBackAll)
}

// waveVerb is told the wave as the person saw it.
type waveVerb func(ctx context.Context, actor identity.Actor, key string, number, version int64) error

// wordedVerb is waveVerb with words.
type wordedVerb func(ctx context.Context, actor identity.Actor, key string, number, version int64, words string) error

// urgentVerb is told the wave whatever its version: who stops it does not wait.
type urgentVerb func(ctx context.Context, actor identity.Actor, key string, number int64, reason string) error

// onWave does a deed to the wave of the address; the anchor is where it stands
// on the board.
func (h *handler) onWave(c echo.Context, verb, flash string, do func(ctx context.Context, actor identity.Actor, key string, number int64) error) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	return h.onBoard(c, view.WaveForm(n, verb), fmt.Sprintf("#wave-%d", n), fmt.Sprintf(flash, n), func(ctx context.Context, actor identity.Actor, key string) error {
		return do(ctx, actor, key, n)
	})
}

func (h *handler) wave(verb, flash string, do waveVerb) echo.HandlerFunc {
	return func(c echo.Context) error {
		return h.onWave(c, verb, flash, func(ctx context.Context, actor identity.Actor, key string, n int64) error {
			return do(ctx, actor, key, n, drawnFrom(c))
		})
	}
}

func (h *handler) waveWith(verb, field, flash string, do wordedVerb) echo.HandlerFunc {
	return func(c echo.Context) error {
		return h.onWave(c, verb, flash, func(ctx context.Context, actor identity.Actor, key string, n int64) error {
			return do(ctx, actor, key, n, drawnFrom(c), c.FormValue(field))
		})
	}
}

// goWith is waveWith for the word on go, to which files may be attached. They are
// kept first; where the word is refused, they are there when the form comes back.
func (h *handler) goWith(verb, field, flash string, do wordedVerb) echo.HandlerFunc {
	return func(c echo.Context) error {
		n, err := number(c, "n")
		if err != nil {
			return err
		}
		refused := page.BindFiles(c, func(name string, body io.Reader) error {
			return h.app.Deploy.AttachToGo(c.Request().Context(), page.Actor(c), c.Param("key"), n, name, body)
		})
		return h.waveWith(verb, field, flash, func(ctx context.Context, actor identity.Actor, key string, number, version int64, words string) error {
			if refused != nil {
				return refused
			}
			return do(ctx, actor, key, number, version, words)
		})(c)
	}
}

func (h *handler) waveBecause(verb, flash string, do urgentVerb) echo.HandlerFunc {
	return func(c echo.Context) error {
		return h.onWave(c, verb, flash, func(ctx context.Context, actor identity.Actor, key string, n int64) error {
			return do(ctx, actor, key, n, c.FormValue("reason"))
		})
	}
}

// nameDelegate names who gives go in place of the wave's lead; an empty choice
// names nobody any more.
func (h *handler) nameDelegate(c echo.Context) error {
	return h.onWave(c, "delegate", "It is said who gives go for wave %d.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		var in struct {
			Delegate int64 `form:"delegate"`
		}
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		return h.app.Deploy.NameDelegate(ctx, actor, key, n, drawnFrom(c), in.Delegate)
	})
}

func (h *handler) move(up bool) waveVerb {
	return func(ctx context.Context, actor identity.Actor, key string, n, version int64) error {
		return h.app.Deploy.MoveWave(ctx, actor, key, n, version, up)
	}
}

func (h *handler) verifyAll(c echo.Context) error {
	return h.onWave(c, "verified", "Every target of wave %d without a verdict is verified.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		_, err := h.app.Deploy.ReportAllVerified(ctx, actor, key, n, deploy.Report{Digest: c.FormValue("digest"), Evidence: c.FormValue("evidence")})
		return err
	})
}

func (h *handler) rollBackAll(c echo.Context) error {
	return h.onWave(c, "rolled-back", "Every target of wave %d whose former digest is known is rolled back.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		_, err := h.app.Deploy.ReportAllRolledBack(ctx, actor, key, n, c.FormValue("evidence"))
		return err
	})
}
