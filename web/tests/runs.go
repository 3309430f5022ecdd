package tests

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/build"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/templates/draft"
	view "slipway/templates/tests"
	"slipway/web/page"
)

type runForm struct {
	Name        string `form:"name"`
	Level       string `form:"level"`
	Environment string `form:"environment"`
	RanAt       string `form:"ran_at"`
	Notes       string `form:"notes"`
	Digest      string `form:"package_digest"`
	Tests       int64  `form:"tests"`
	Passed      int64  `form:"passed"`
	Failed      int64  `form:"failed"`
	Errors      int64  `form:"errors"`
	Skipped     int64  `form:"skipped"`
}

func (in runForm) record(c echo.Context) (build.RunRecord, error) {
	var check fault.Check
	record := build.RunRecord{Name: in.Name, Level: in.Level, Environment: in.Environment, Notes: in.Notes, PackageDigest: in.Digest,
		RanAt:  moment(c, &check, "ran_at", in.RanAt),
		Counts: build.Counts{Tests: in.Tests, Passed: in.Passed, Failed: in.Failed, Errors: in.Errors, Skipped: in.Skipped}}
	return record, check.Err("The test run was not recorded.")
}

func (h handler) recordRun(c echo.Context) error {
	var in runForm
	return h.act(c, "run", "#runs", "The test run is recorded.", func(ctx context.Context, actor identity.Actor, key string) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		record, err := in.record(c)
		if err != nil {
			return err
		}
		_, err = h.app.Build.RecordRun(ctx, actor, key, record)
		return err
	})
}

// uploadRun takes a report. Its body may be larger than a form's, so it is
// parsed here, with its own bound.
func (h handler) uploadRun(c echo.Context) error {
	return h.act(c, "report", "#runs", "The test report is recorded.", func(ctx context.Context, actor identity.Actor, key string) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, build.MaxReport+1<<20)
		if err := r.ParseMultipartForm(build.MaxReport); err != nil {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				return reportProblem("The report is larger than 8 MiB. Upload it in parts, one run each.")
			}
			return fault.Wrap(fault.Invalid, err, "The upload did not arrive whole. Send it again.")
		}
		in := runForm{Name: c.FormValue("name"), Level: c.FormValue("level"), Environment: c.FormValue("environment"),
			RanAt: c.FormValue("ran_at"), Notes: c.FormValue("notes"), Digest: c.FormValue("package_digest")}
		record, err := in.record(c)
		if err != nil {
			return err
		}
		file, _, err := r.FormFile("report")
		if err != nil {
			return reportProblem("Choose a JUnit XML file.")
		}
		defer file.Close()
		_, err = h.app.Build.UploadRun(ctx, actor, key, record, file)
		return err
	})
}

func reportProblem(message string) error {
	return &fault.Fault{Kind: fault.Invalid, Message: "The test report was not taken.", Fields: []fault.Field{{Name: "report", Message: message}}}
}

func (h handler) showRun(c echo.Context) error {
	n, err := at(c)
	if err != nil {
		return err
	}
	run, err := h.app.Build.FindRun(c.Request().Context(), page.Actor(c), c.Param("key"), n)
	if err != nil {
		return err
	}
	v, err := h.view(c, draft.Draft{})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.RunPage(v, run))
}

func (h handler) tolerateRun(c echo.Context) error {
	n, err := at(c)
	if err != nil {
		return err
	}
	return h.act(c, "", "#runs", "The failures are tolerated.", func(ctx context.Context, actor identity.Actor, key string) error {
		return h.app.Build.TolerateRun(ctx, actor, key, n, page.Version(c), c.FormValue("known_error"))
	})
}
