package tests

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/build"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/web/page"
)

func (h handler) verify(c echo.Context) error {
	return h.act(c, "", "#verify", "The package is verified.", h.app.Build.VerifyPackage)
}

func (h handler) drawCriteria(c echo.Context) error {
	return h.act(c, "", "#criteria", "The criteria are drawn from the service package.", func(ctx context.Context, actor identity.Actor, key string) error {
		_, err := h.app.Build.DrawCriteria(ctx, actor, key)
		return err
	})
}

type criterionForm struct {
	Kind      string `form:"kind"`
	Aspect    string `form:"aspect"`
	Statement string `form:"statement"`
	Measure   string `form:"measure"`
	Target    string `form:"target"`
	Level     string `form:"level"`
}

func (h handler) addCriterion(c echo.Context) error {
	var in criterionForm
	return h.act(c, "criterion", "#criteria", "The criterion is added.", func(ctx context.Context, actor identity.Actor, key string) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		_, err := h.app.Build.AddCriterion(ctx, actor, key, build.CriterionDraft{Kind: build.Kind(in.Kind), Aspect: in.Aspect,
			Statement: in.Statement, Measure: in.Measure, Target: in.Target, Level: in.Level})
		return err
	})
}

type verdictForm struct {
	Verb       string `form:"verb"`
	Measured   string `form:"measured"`
	Evidence   string `form:"evidence"`
	Run        int64  `form:"run"`
	KnownError string `form:"known_error"`
}

func (h handler) judge(c echo.Context) error {
	n, err := at(c)
	if err != nil {
		return err
	}
	var in verdictForm
	refused := page.BindFiles(c, func(name string, body io.Reader) error {
		return h.app.Build.AttachToVerdict(c.Request().Context(), page.Actor(c), c.Param("key"), n, name, body)
	})
	return h.act(c, "criterion-"+strconv.FormatInt(n, 10), "#criteria", "The verdict is recorded.", func(ctx context.Context, actor identity.Actor, key string) error {
		if refused != nil {
			return refused
		}
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		verdict := build.Verdict{Verb: build.CriterionVerb(in.Verb), Measured: in.Measured, Evidence: in.Evidence, RunNumber: in.Run}
		if verdict.Verb == build.VerbAccept {
			verdict.KnownErrorKey = in.KnownError
		}
		return h.app.Build.Judge(ctx, actor, key, n, page.Version(c), verdict)
	})
}

type reportForm struct {
	Relation    string `form:"relation"`
	Existing    string `form:"existing"`
	Title       string `form:"title"`
	Description string `form:"description"`
}

func (h handler) reportError(c echo.Context) error {
	var in reportForm
	return h.act(c, "error", "#known-errors", "The known error is recorded.", func(ctx context.Context, actor identity.Actor, key string) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		_, err := h.app.Build.ReportError(ctx, actor, key, build.ErrorReport{Relation: build.Relation(in.Relation), ExistingKey: in.Existing, Title: in.Title, Description: in.Description})
		return err
	})
}

type moveForm struct {
	Verb       string `form:"verb"`
	Impact     string `form:"impact"`
	Workaround string `form:"workaround"`
	Items      string `form:"affected_items"`
	Decision   string `form:"decision"`
	TargetFix  string `form:"target_fix"`
	Recipient  int64  `form:"recipient"`
	Resolution string `form:"resolution"`
}

func (h handler) moveError(c echo.Context) error {
	var in moveForm
	errorKey := c.Param("error")
	return h.act(c, "error-"+strings.ToLower(errorKey), "#known-errors", "The decision is recorded.", func(ctx context.Context, actor identity.Actor, key string) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		return h.app.Build.MoveError(ctx, actor, key, errorKey, page.Version(c), build.ErrorMove{Verb: build.ErrorVerb(in.Verb), Impact: in.Impact, Workaround: in.Workaround,
			AffectedItems: lines(in.Items), Decision: in.Decision, TargetFix: in.TargetFix, RecipientID: in.Recipient, Resolution: in.Resolution})
	})
}

type rehearsalForm struct {
	Environment string `form:"environment"`
	Result      string `form:"result"`
	Minutes     int64  `form:"minutes"`
	RehearsedAt string `form:"rehearsed_at"`
	Notes       string `form:"notes"`
}

func (h handler) rehearse(c echo.Context) error {
	var in rehearsalForm
	return h.act(c, "rehearse", "#rehearsal", "The rehearsal is recorded.", func(ctx context.Context, actor identity.Actor, key string) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		var check fault.Check
		record := build.RehearsalRecord{Environment: in.Environment, Result: build.Result(in.Result), Minutes: in.Minutes, Notes: in.Notes,
			RehearsedAt: moment(c, &check, "rehearsed_at", in.RehearsedAt)}
		if err := check.Err("The rehearsal was not recorded."); err != nil {
			return err
		}
		_, err := h.app.Build.RecordRehearsal(ctx, actor, key, record)
		return err
	})
}

func (h handler) witness(c echo.Context) error {
	n, err := at(c)
	if err != nil {
		return err
	}
	return h.act(c, "witness-"+strconv.FormatInt(n, 10), "#rehearsal", "The rehearsal is witnessed.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Build.WitnessRehearsal(ctx, actor, key, n, page.Version(c), c.FormValue("note"))
	})
}
