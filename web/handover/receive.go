package handover

import (
	"context"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/build"
	"slipway/internal/identity"
	"slipway/internal/review"
	"slipway/web/page"
)

type transferForm struct {
	Topic    string `form:"topic"`
	Audience string `form:"audience"`
	Method   string `form:"method"`
	Giver    int64  `form:"giver"`
	Receiver int64  `form:"receiver"`
	Material int64  `form:"material"`
	Due      string `form:"due"`
}

func bindTransfer(c echo.Context) (review.TransferPlan, error) {
	var in transferForm
	if err := page.Bind(c, &in); err != nil {
		return review.TransferPlan{}, err
	}
	due, err := moment(c, "due", in.Due)
	return review.TransferPlan{Topic: in.Topic, Audience: in.Audience, Method: in.Method, GiverID: in.Giver, ReceiverID: in.Receiver, MediaVersionID: in.Material, Due: due}, err
}

func (h handler) planTransfer(c echo.Context) error {
	return h.act(c, "new-transfer", "#transfer", "The transfer is planned.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		plan, err := bindTransfer(c)
		if err != nil {
			return err
		}
		_, err = h.app.Review.PlanTransfer(ctx, actor, key, plan)
		return err
	})
}

func (h handler) reviseTransfer(c echo.Context) error {
	return h.act(c, "transfer", "#transfer", "The transfer is saved.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		plan, err := bindTransfer(c)
		if err != nil {
			return err
		}
		return h.app.Review.ReviseTransfer(ctx, actor, key, n, page.Version(c), plan)
	})
}

func (h handler) moveTransfer(c echo.Context) error {
	refused := h.files(c, h.app.Review.AttachToTransfer)
	verb := review.TransferVerb(c.FormValue("verb"))
	return h.act(c, string(verb), "#transfer", "Your answer is recorded.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		if refused != nil {
			return refused
		}
		return h.app.Review.MoveTransfer(ctx, actor, key, n, page.Version(c), verb, c.FormValue("note"))
	})
}

func (h handler) offer(c echo.Context) error {
	refused := h.files(c, h.app.Review.AttachToHandover)
	return h.act(c, "item", "#handover", "The item is offered to operations.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		if refused != nil {
			return refused
		}
		return h.app.Review.Offer(ctx, actor, key, n, page.Version(c), c.FormValue("detail"))
	})
}

// offerAll reads the fields of each item that the form names.
func (h handler) offerAll(c echo.Context) error {
	return h.act(c, "items", "#handover", "What you described is offered to operations.", func(ctx context.Context, actor identity.Actor, key string, _ int64) error {
		var in struct {
			Items []int64 `form:"item"`
		}
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		var list []review.Offering
		for _, n := range in.Items {
			of := "_" + strconv.FormatInt(n, 10)
			version, _ := strconv.ParseInt(c.FormValue("version"+of), 10, 64)
			list = append(list, review.Offering{Number: n, Version: version, Detail: c.FormValue("detail" + of)})
		}
		return h.app.Review.OfferAll(ctx, actor, key, list)
	})
}

func (h handler) withdraw(c echo.Context) error {
	return h.act(c, "", "#handover", "The offer is taken back.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		return h.app.Review.Withdraw(ctx, actor, key, n, page.Version(c))
	})
}

func (h handler) decide(c echo.Context) error {
	refused := h.files(c, h.app.Review.AttachToHandover)
	verb := review.HandoverVerb(c.FormValue("verb"))
	return h.act(c, string(verb), "#handover", "Your answer is recorded.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		if refused != nil {
			return refused
		}
		return h.app.Review.DecideHandover(ctx, actor, key, n, page.Version(c), verb, c.FormValue("reason"))
	})
}

func (h handler) measure(c echo.Context) error {
	refused := h.files(c, h.app.Review.AttachToMeasurement)
	var in struct {
		Verb       string `form:"verb"`
		Measured   string `form:"measured"`
		Evidence   string `form:"evidence"`
		KnownError string `form:"known_error"`
	}
	return h.act(c, "value", "#value", "The live verdict is recorded.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		if refused != nil {
			return refused
		}
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		m := review.Measurement{Verb: build.CriterionVerb(in.Verb), Measured: in.Measured, Evidence: in.Evidence}
		if m.Verb == build.VerbAccept {
			m.KnownErrorKey = in.KnownError
		}
		return h.app.Review.Measure(ctx, actor, key, n, page.Version(c), m)
	})
}

func (h handler) state(c echo.Context) error {
	return h.act(c, "promise", "#package", "The outcome is stated.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		return h.app.Review.StatePromise(ctx, actor, key, n, page.Version(c), review.Outcome(c.FormValue("outcome")), c.FormValue("reason"))
	})
}

func (h handler) approve(c echo.Context) error {
	return h.act(c, "", "#package", "The exception is approved.", func(ctx context.Context, actor identity.Actor, key string, n int64) error {
		return h.app.Review.ApprovePromise(ctx, actor, key, n, page.Version(c))
	})
}
