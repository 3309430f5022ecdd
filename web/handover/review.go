package handover

import (
	"context"

	"github.com/labstack/echo/v4"

	"slipway/internal/identity"
	"slipway/internal/review"
	"slipway/web/page"
)

func (h handler) hold(c echo.Context) error {
	var in struct {
		Objectives string `form:"objectives"`
		Scope      string `form:"scope"`
		TimeCost   string `form:"time_cost"`
		Incidents  string `form:"incidents"`
		Value      string `form:"value"`
		Feedback   string `form:"feedback"`
		Deviations string `form:"deviations"`
		Lessons    string `form:"lessons"`
	}
	return h.act(c, "hold", "#review", "The review is recorded.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		return h.app.Review.Hold(ctx, actor, key, page.Version(c), review.Findings{Objectives: in.Objectives, Scope: in.Scope, TimeCost: in.TimeCost,
			Incidents: in.Incidents, Gains: in.Value, Feedback: in.Feedback, Deviations: in.Deviations, Lessons: in.Lessons})
	})
}

func (h handler) agree(c echo.Context) error {
	return h.act(c, "", "#review", "The review is agreed.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		return h.app.Review.Agree(ctx, actor, key, page.Version(c), c.FormValue("note"))
	})
}

func bindAction(c echo.Context) (review.ActionPlan, error) {
	var in struct {
		Title string `form:"title"`
		Owner int64  `form:"owner"`
		Due   string `form:"due"`
	}
	if err := page.Bind(c, &in); err != nil {
		return review.ActionPlan{}, err
	}
	due, err := moment(c, "due", in.Due)
	return review.ActionPlan{Title: in.Title, OwnerID: in.Owner, Due: due}, err
}

func (h handler) addAction(c echo.Context) error {
	return h.act(c, "action", "#actions", "The action is added.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		plan, err := bindAction(c)
		if err != nil {
			return err
		}
		_, err = h.app.Review.AddAction(ctx, actor, key, plan)
		return err
	})
}

func (h handler) reviseAction(c echo.Context) error {
	return h.act(c, "action", "#actions", "The action is saved.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		plan, err := bindAction(c)
		if err != nil {
			return err
		}
		return h.app.Review.ReviseAction(ctx, actor, key, n, page.Version(c), plan)
	})
}

func (h handler) finishAction(c echo.Context) error {
	return h.act(c, "done", "#actions", "The action is done.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		return h.app.Review.FinishAction(ctx, actor, key, n, page.Version(c), c.FormValue("note"))
	})
}
