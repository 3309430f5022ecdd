package deploy

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/identity"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

// workPulse is how often what a host says is looked at for those who watch.
const workPulse = time.Second

// showWork is what the page of a target looks for by itself.
func (h *handler) showWork(c echo.Context) error {
	v, err := h.waveTargetView(c, view.Trial{})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.WorkPart(v))
}

// workEvents tells the page of a target when to look again: when a run comes
// further, and when a command says something.
func (h *handler) workEvents(c echo.Context) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	look := func(ctx context.Context) (string, error) {
		return h.app.Deploy.RunPulse(ctx, page.Actor(c), c.Param("key"), n, c.Param("target"))
	}
	pulse, err := look(c.Request().Context())
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
		news := make(chan string)
		go pulses(ctx, pulse, look, news)
		return page.Each(ctx, s, news, tell)
	})
}

// pulses sends what look gives whenever it is another, until ctx ends.
func pulses(ctx context.Context, last string, look func(context.Context) (string, error), news chan<- string) {
	defer close(news)
	tick := time.NewTicker(workPulse)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := look(ctx)
		if err != nil || now == last {
			continue // the page looks by itself meanwhile
		}
		last = now
		select {
		case <-ctx.Done():
			return
		case news <- now:
		}
	}
}

func (h *handler) putBackTarget(c echo.Context) error {
	return h.onTarget(c, "put-back", " is put back again.", func(ctx context.Context, actor identity.Actor, key string, wave int64, target string) error {
		return h.app.Deploy.BackOutAgain(ctx, actor, key, wave, target, drawnFrom(c))
	})
}
