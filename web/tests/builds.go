package tests

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/build"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/templates/draft"
	view "slipway/templates/tests"
	"slipway/web/page"
)

type buildForm struct {
	Name         string `form:"name"`
	Inputs       string `form:"inputs"`
	Instructions string `form:"instructions"`
	Environment  string `form:"environment"`
	Result       string `form:"result"`
	StartedAt    string `form:"started_at"`
	EndedAt      string `form:"ended_at"`
	Log          string `form:"log"`
}

func (h handler) recordBuild(c echo.Context) error {
	var in buildForm
	return h.act(c, "build", "#builds", "The build is recorded.", func(ctx context.Context, actor identity.Actor, key string) error {
		if err := page.Bind(c, &in); err != nil {
			return err
		}
		var check fault.Check
		record := build.Record{Name: in.Name, Inputs: in.Inputs, Instructions: in.Instructions, Environment: in.Environment, Log: in.Log, Result: build.Result(in.Result),
			StartedAt: moment(c, &check, "started_at", in.StartedAt), EndedAt: moment(c, &check, "ended_at", in.EndedAt)}
		if err := check.Err("The build was not recorded."); err != nil {
			return err
		}
		_, err := h.app.Build.RecordBuild(ctx, actor, key, record)
		return err
	})
}

func (h handler) showBuild(c echo.Context) error {
	return h.renderBuild(c, draft.Draft{})
}

func (h handler) renderBuild(c echo.Context, d draft.Draft) error {
	component, err := h.buildPage(c, d)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, component)
}

func (h handler) buildPage(c echo.Context, d draft.Draft) (templ.Component, error) {
	n, err := at(c)
	if err != nil {
		return nil, err
	}
	b, err := h.app.Build.FindBuild(c.Request().Context(), page.Actor(c), c.Param("key"), n)
	if err != nil {
		return nil, err
	}
	v, err := h.view(c, d)
	return view.BuildPage(v, b), err
}

// addOutput streams a file straight into the library: the parts before it hold
// the fields, so the file part is read once and never kept.
func (h handler) addOutput(c echo.Context) error {
	n, err := at(c)
	if err != nil {
		return err
	}
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "Choose a file to upload.")
	}
	values, file, err := fieldsBefore(parts, "file")
	if err == nil {
		sub := dml.Submission{ItemKey: strings.TrimSpace(values.Get("item")), Label: strings.TrimSpace(values.Get("label")), FileName: file.FileName(),
			ItemName: strings.TrimSpace(values.Get("item_name")), Kind: dml.Kind(values.Get("kind")), Provenance: dml.Built,
			Declared: blob.Digest(strings.TrimSpace(values.Get("declared")))}
		_, err = h.app.Build.AddOutput(c.Request().Context(), page.Actor(c), c.Param("key"), n, sub, file)
	}
	if err != nil {
		return h.outputAgain(c, values, err)
	}
	return page.Redirect(c, c.Request().URL.Path[:strings.LastIndex(c.Request().URL.Path, "/")]+"#outputs", "The file is in quarantine.")
}

func (h handler) outputAgain(c echo.Context, values url.Values, err error) error {
	d := draft.Draft{Form: "output", Values: values, Errors: page.Errors(err)}
	if f, ok := fault.As(err); ok {
		d.Blockers = f.Blockers
	}
	component, failed := h.buildPage(c, d)
	if failed != nil {
		return err
	}
	return page.Again(c, err, component)
}

const maxField = 16 << 10

// fieldsBefore reads the small parts up to the named file part.
func fieldsBefore(parts *multipart.Reader, name string) (url.Values, *multipart.Part, error) {
	values := url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return values, nil, missingFile(name)
		}
		if err != nil {
			return values, nil, fault.Wrap(fault.Invalid, err, "The upload did not arrive whole. Send it again.")
		}
		if part.FormName() == name {
			if part.FileName() == "" {
				return values, nil, missingFile(name)
			}
			return values, part, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, maxField))
		if err != nil {
			return values, nil, fault.Wrap(fault.Invalid, err, "The upload did not arrive whole. Send it again.")
		}
		values.Add(part.FormName(), string(text))
	}
}

func missingFile(name string) error {
	return &fault.Fault{Kind: fault.Invalid, Message: "Nothing was uploaded.", Fields: []fault.Field{{Name: name, Message: "Choose a file."}}}
}
