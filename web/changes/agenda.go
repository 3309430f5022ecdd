package changes

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/release"
	view "slipway/templates/changes"
	"slipway/web/page"
)

// agendaGates is how many open gates an agenda holds at most.
const agendaGates = 200

// agenda is what the change advisory board has before it.
func (h handler) agenda(c echo.Context) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	v := view.AgendaView{Gates: map[string]release.Standing{}}
	err := h.app.DB.View(ctx, func(tx *db.Tx) error {
		standings, err := h.app.Release.Standings(tx, actor, agendaGates)
		for _, s := range standings {
			v.Gates[s.Release.Key] = s
		}
		return err
	})
	if err != nil {
		return err
	}
	keys := make([]string, 0, len(v.Gates))
	for key := range v.Gates {
		keys = append(keys, key)
	}
	if v.Points, err = h.app.Change.Agenda(ctx, actor, keys); err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Agenda(v))
}
