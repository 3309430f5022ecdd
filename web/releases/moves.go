package releases

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"slipway/internal/release"
	view "slipway/templates/releases"
	"slipway/web/page"
)

// askMove says what a verb would bring, before it is said.
func (h handler) askMove(c echo.Context) error {
	v, err := h.moveView(c, release.Verb(c.QueryParam("verb")), nil, nil)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Move(v))
}

func (h handler) moveView(c echo.Context, verb release.Verb, values url.Values, cause error) (v view.MoveView, err error) {
	v.Draft = drafted("move", values, cause)
	v.Move, err = h.app.Release.MoveEffect(c.Request().Context(), page.Actor(c), c.Param("key"), verb)
	return v, err
}

// moved is what is said when a verb was.
var moved = map[release.Verb]string{
	release.VerbSubmit: "The release is submitted; A1 waits for its decision.", release.VerbHold: "The release is on hold.",
	release.VerbResume: "The release goes on.", release.VerbRework: "The release is back in build and test.",
	release.VerbRebuild: "The release is back in build and test.", release.VerbReview: "The release is in review.",
	release.VerbCancel: "The release is cancelled.",
}

type moveForm struct {
	Version int64  `form:"version"`
	Verb    string `form:"verb"`
	Reason  string `form:"reason"`
}

func (h handler) move(c echo.Context) error {
	var f moveForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	verb, key := release.Verb(f.Verb), c.Param("key")
	if err := h.app.Release.Do(c.Request().Context(), page.Actor(c), key, verb, f.Reason, f.Version); err != nil {
		v, failed := h.moveView(c, verb, c.Request().PostForm, err)
		if failed != nil { // the verb is none any more; the refusal says why
			return err
		}
		return page.Again(c, err, view.Move(v))
	}
	return page.Redirect(c, page.Path("releases", key), moved[verb])
}
