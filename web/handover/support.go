package handover

import (
	"context"

	"github.com/labstack/echo/v4"

	"slipway/internal/identity"
	"slipway/internal/review"
	"slipway/web/page"
)

func (h handler) takeLead(c echo.Context) error {
	return h.act(c, "", "#early-life", "You lead early life support.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		return h.app.Review.TakeLead(ctx, actor, key, page.Version(c))
	})
}

func (h handler) attest(c echo.Context) error {
	point := review.Point(c.FormValue("point"))
	return h.act(c, "point-"+string(point), "#early-life", "It is stated.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		return h.app.Review.Attest(ctx, actor, key, page.Version(c), point, c.FormValue("note"))
	})
}

func (h handler) requestExit(c echo.Context) error {
	return h.act(c, "", "#early-life", "Operations is asked to accept the service.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		return h.app.Review.RequestExit(ctx, actor, key, page.Version(c))
	})
}

func (h handler) acceptExit(c echo.Context) error {
	return h.act(c, "", "#early-life", "The service is accepted into operation.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		return h.app.Review.AcceptExit(ctx, actor, key, page.Version(c))
	})
}

func (h handler) extend(c echo.Context) error {
	var in struct {
		Days   int64  `form:"days"`
		Reason string `form:"reason"`
	}
	return h.act(c, "extend", "#early-life", "Early life support is extended.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		return h.app.Review.Extend(ctx, actor, key, page.Version(c), in.Days, in.Reason)
	})
}

func (h handler) addShifts(c echo.Context) error {
	var in struct {
		FromDay int64  `form:"from_day"`
		ToDay   int64  `form:"to_day"`
		Shift   string `form:"shift"`
		Person  int64  `form:"person"`
		Contact string `form:"contact"`
	}
	return h.act(c, "shift", "#roster", "The roster is changed.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		return h.app.Review.AddShifts(ctx, actor, key, review.ShiftPlan{FromDay: in.FromDay, ToDay: in.ToDay, Shift: in.Shift, PersonID: in.Person, Contact: in.Contact})
	})
}

func (h handler) removeShift(c echo.Context) error {
	return h.act(c, "", "#roster", "The shift is off the roster.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		return h.app.Review.RemoveShift(ctx, actor, key, n)
	})
}

func (h handler) recordDay(c echo.Context) error {
	var in struct {
		Day    int64  `form:"day"`
		Stable string `form:"stable"`
		Levels string `form:"levels"`
		Note   string `form:"note"`
	}
	return h.act(c, "day", "#service-levels", "The day is recorded.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		return h.app.Review.RecordDay(ctx, actor, key, review.DayReport{Day: in.Day, Stable: in.Stable == "yes", Levels: in.Levels, Note: in.Note})
	})
}

func (h handler) reportIncident(c echo.Context) error {
	var in struct {
		Title     string `form:"title"`
		Severity  int64  `form:"severity"`
		Reference string `form:"reference"`
		OpenedAt  string `form:"opened_at"`
	}
	return h.act(c, "incident", "#incidents", "The incident is recorded.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		opened, err := moment(c, "opened_at", in.OpenedAt)
		if err != nil {
			return err
		}
		_, err = h.app.Review.ReportIncident(ctx, actor, key, review.IncidentReport{Title: in.Title, Severity: in.Severity, Reference: in.Reference, OpenedAt: opened})
		return err
	})
}

func (h handler) moveIncident(c echo.Context) error {
	return h.act(c, "incident", "#incidents", "The incident is changed.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		return h.app.Review.MoveIncident(ctx, actor, key, n, page.Version(c), review.IncidentVerb(c.FormValue("verb")), c.FormValue("resolution"))
	})
}
