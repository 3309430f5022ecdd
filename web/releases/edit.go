package releases

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
	"slipway/internal/release"
	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) edit(c echo.Context) error {
	sheet, err := h.app.Release.EditSheet(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Edit(view.EditView{EditSheet: sheet}))
}

// editAgain shows the form of that name once more, with what was typed and, if
// somebody else saved meanwhile, with what is saved now.
func (h handler) editAgain(c echo.Context, form string, cause error) error {
	sheet, err := h.app.Release.EditSheet(c.Request().Context(), page.Actor(c), c.Param("key"))
	if err != nil {
		return err
	}
	return page.Again(c, cause, view.Edit(view.EditView{EditSheet: sheet, Draft: drafted(form, c.Request().PostForm, cause),
		Stale: fault.KindOf(cause) == fault.Conflict}))
}

type editForm struct {
	Version    int64  `form:"version"`
	Title      string `form:"title"`
	Summary    string `form:"summary"`
	Owner      int64  `form:"owner"`
	Restricted bool   `form:"restricted"`
	Incident   string `form:"incident"`
}

func (h handler) save(c echo.Context) error {
	var f editForm
	err := page.Bind(c, &f)
	if err == nil {
		err = h.app.Release.Rename(c.Request().Context(), page.Actor(c), c.Param("key"), release.Edit{Version: f.Version, Title: f.Title, Summary: f.Summary,
			OwnerID: f.Owner, Restricted: f.Restricted, Incident: f.Incident})
	}
	if err != nil {
		return h.editAgain(c, "words", err)
	}
	return page.Redirect(c, page.Path("releases", c.Param("key")), "The release is saved.")
}

type windowForm struct {
	Version     int64  `form:"version"`
	WindowStart string `form:"window_start"`
	WindowEnd   string `form:"window_end"`
	Zone        string `form:"zone"`
	Reason      string `form:"reason"`
	Confirm     bool   `form:"confirm"`
}

// reschedule shows the consequence first; only a confirmed form is kept.
func (h handler) reschedule(c echo.Context) error {
	var f windowForm
	if err := page.Bind(c, &f); err != nil {
		return h.editAgain(c, "window", err)
	}
	start, end, err := window(f.WindowStart, f.WindowEnd, f.Zone)
	if err != nil {
		return h.editAgain(c, "window", err)
	}
	w := release.Window{Start: start, End: end, Zone: f.Zone}
	if !f.Confirm && !start.IsZero() && start.Before(end) {
		return h.previewWindow(c, w)
	}
	if err := h.app.Release.Reschedule(c.Request().Context(), page.Actor(c), c.Param("key"), f.Version, w, f.Reason); err != nil {
		return h.editAgain(c, "window", err)
	}
	return page.Redirect(c, page.Path("releases", c.Param("key")), "The window is moved.")
}

func (h handler) previewWindow(c echo.Context, w release.Window) error {
	ctx, actor, key := c.Request().Context(), page.Actor(c), c.Param("key")
	sheet, err := h.app.Release.EditSheet(ctx, actor, key)
	if err != nil {
		return err
	}
	outdated, freezes, err := h.app.Release.RescheduleEffect(ctx, actor, key, w)
	if err != nil {
		return err
	}
	effect := &view.RescheduleEffect{From: release.Window{Start: sheet.WindowStart, End: sheet.WindowEnd}, To: w, Freezes: freezes}
	for _, g := range outdated {
		if g.State.Passed() {
			effect.Voids = append(effect.Voids, g)
		}
	}
	return page.Render(c, http.StatusOK, view.Edit(view.EditView{EditSheet: sheet, Draft: drafted("window", c.Request().PostForm, nil), Preview: effect}))
}
