package releases

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"slipway/internal/release"
	"slipway/templates/ui"
)

// filtered tells whether anything narrows the list.
func filtered(f release.Filter) bool {
	f.Limit = 0
	return f != release.Filter{}
}

// nextPage keeps the filters and goes on after the last release shown.
func nextPage(v *release.ListSheet) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", v.Filter.Text)
	set("service", v.Filter.ServiceKey)
	set("state", string(v.Filter.State))
	set("type", string(v.Filter.Type))
	if v.Filter.Mine {
		q.Set("mine", "true")
	}
	q.Set("before", strconv.FormatInt(v.Next, 10))
	return "/releases?" + q.Encode()
}

// listGates reads the gates' states as the release keeps them for lists.
func listGates(r *release.Line) []ui.RailGate {
	codes := release.GateCodes()
	list := make([]ui.RailGate, 0, len(codes))
	for i, word := range strings.Fields(r.Gates) {
		if i < len(codes) {
			list = append(list, ui.RailGate{Code: string(codes[i]), State: word})
		}
	}
	return list
}

// rowKey is all that the drawing of a line depends on.
type rowKey struct {
	line release.Line
	zone string
	year int // which the viewer's dates leave out
}

var rows ui.Kept[rowKey]

func keptRow(ctx context.Context, r *release.Line) templ.Component {
	f := ui.FrameOf(ctx)
	return rows.Draw(rowKey{*r, f.ZoneName, f.Now.In(f.Zone).Year()}, listRow(r))
}
