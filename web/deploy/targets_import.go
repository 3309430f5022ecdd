package deploy

import (
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	view "slipway/templates/deploy"
	"slipway/web/page"
)

func (h *handler) newImport(c echo.Context) error {
	return h.importForm(c, view.ImportForm{Trial: tried("", url.Values{"environment": {c.QueryParam("environment")}}, nil)}, nil)
}

// importForm shows the form, with what is wrong line by line.
func (h *handler) importForm(c echo.Context, v view.ImportForm, cause error) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
		return err
	}
	list, err := h.app.Deploy.Environments(ctx, actor)
	if err != nil {
		return err
	}
	v.Environments, v.Form = list.Environments, view.ImportFormName
	if cause == nil {
		return page.Render(c, http.StatusOK, view.ImportTargets(v))
	}
	v.Errors = page.Errors(cause)
	if f, ok := fault.As(cause); ok {
		for _, field := range f.Fields {
			if field.Name == "lines" {
				v.Bad = append(v.Bad, field.Message)
			}
		}
	}
	return page.Again(c, cause, view.ImportTargets(v))
}

// importTargets shows what a list would do, and carries it out once it is sent
// with the mark of what was seen. A list that changed things since is shown
// anew.
func (h *handler) importTargets(c echo.Context) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	if err := read(c); err != nil {
		return h.importForm(c, view.ImportForm{}, err)
	}
	lines, err := linesOf(c)
	environment, seen := c.FormValue("environment"), c.FormValue("mark")
	v := view.ImportForm{Trial: tried("", url.Values{"environment": {environment}}, nil), Lines: lines}
	if err != nil {
		return h.importForm(c, v, err)
	}
	if seen != "" {
		done, err := h.app.Deploy.ImportAsSeen(ctx, actor, environment, lines, seen)
		if err == nil {
			return page.Redirect(c, page.Path("environments", environment), imported(done))
		}
		if fault.KindOf(err) == fault.Conflict {
			v.Seen, _ = h.app.Deploy.PreviewImport(ctx, actor, environment, lines)
		}
		return h.importForm(c, v, err)
	}
	v.Seen, err = h.app.Deploy.PreviewImport(ctx, actor, environment, lines)
	if err != nil {
		v.Seen = nil
	}
	return h.importForm(c, v, err)
}

// linesOf are those of the chosen file, or else those that were pasted.
func linesOf(c echo.Context) (string, error) {
	head, err := c.FormFile("file")
	if err != nil || head.Size == 0 {
		return c.FormValue("lines"), nil
	}
	file, err := head.Open()
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	return string(content), err
}

func imported(done *deploy.Import) string {
	return fmt.Sprintf("Imported: %d added, %d changed, %d as they were.", len(done.Added), len(done.Changed), done.Same)
}
