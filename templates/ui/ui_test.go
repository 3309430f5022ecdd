package ui

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"slipway/internal/db"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	ctx := WithFrame(context.Background(), Frame{Zone: oslo, ZoneName: "Europe/Oslo", Now: galleryNow})
	if err := c.Render(ctx, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The content security policy refuses inline styles and scripts, so no
// component may write one.
func TestNothingInline(t *testing.T) {
	page := render(t, Gallery())
	for _, forbidden := range []string{" style=", "<style", "<script", " onclick=", "hx-on", "javascript:"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the gallery contains %q", forbidden)
		}
	}
}

func TestABlockerPartsItsCriterionFromWhatWasFound(t *testing.T) {
	for sentence, want := range map[string][2]string{
		"Tests passed: not met. 1 of 2 failed.":     {"Tests passed: not met.", "1 of 2 failed."},
		"A window lies ahead: not met.":             {"A window lies ahead: not met.", ""},
		"The outage notice has not been sent. Yet.": {"The outage notice has not been sent. Yet.", ""},
	} {
		if why, evidence := halves(sentence); why != want[0] || evidence != want[1] {
			t.Errorf("%q: %q and %q", sentence, why, evidence)
		}
	}
}

func TestTimesNameTheirZone(t *testing.T) {
	noon := db.At(time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC))
	for name, c := range map[string]struct {
		component templ.Component
		want      string
	}{
		"winter":    {When(noon), `<time datetime="2026-11-24T11:00:00Z" title="Tue 24 Nov 2026, 11:00 UTC">Tue 24 Nov, 12:00 CET</time>`},
		"summer":    {When(db.At(time.Date(2026, 7, 1, 11, 0, 0, 0, time.UTC))), "Wed 1 Jul, 13:00 CEST"},
		"next year": {Day(db.At(time.Date(2027, 1, 2, 11, 0, 0, 0, time.UTC))), "Sat 2 Jan 2027"},
		"one day":   {Span(noon, noon.Add(2*time.Hour)), "Tue 24 Nov, 12:00 – 14:00 CET"},
		"overnight": {Span(noon, noon.Add(14*time.Hour)), `<span class="nowrap">Tue 24 Nov, 12:00 –</span> <span class="nowrap">Wed 25 Nov, 02:00 CET</span>`},
		"no moment": {When(0), "not set"},
		"ahead":     {Ago(galleryAt(71 * time.Hour)), "in 2 d 23 h"},
		"past":      {Ago(galleryAt(-40 * time.Minute)), "40 min ago"},
	} {
		if got := render(t, c.component); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A state nobody listed shows as unknown; it must never look good.
func TestStates(t *testing.T) {
	for state, want := range map[string]string{
		"BuildTest": `<span class="st st-active">Build and test</span>`,
		"OnHold":    `<span class="st st-void g-pause">On hold</span>`,
		"Expired":   `<span class="st st-bad g-clock">Expired</span>`,
		"Rejected":  `<span class="st st-bad">Rejected</span>`,
		"Mystery":   `<span class="st st-neutral g-unknown">Mystery</span>`,
	} {
		if got := strings.TrimSpace(render(t, State(state))); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
}

func TestAFieldSaysWhatIsWrongWithIt(t *testing.T) {
	got := render(t, Field(Input{Name: "title", Label: "Title", Hint: "Short.", Value: `a "b"`, Error: "Give a title."}))
	for _, want := range []string{`for="f-title"`, `aria-invalid="true"`, `aria-describedby="f-title-error f-title-hint"`, `id="f-title-error"`, "Give a title.", "a &#34;b&#34;"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if got := render(t, Field(Input{Name: "password", Type: "password", Value: "secret"})); strings.Contains(got, "secret") {
		t.Errorf("a password is sent back: %s", got)
	}
}

// The summary of a refused form leads to every kind of field, a group too.
func TestTheSummaryLeadsToGroups(t *testing.T) {
	i := Input{Name: "verdict", Label: "Your decision", Error: "Approve or reject."}
	options := []Option{{Value: "approve", Label: "Approve"}}
	link := `href="#f-verdict"`
	if got := render(t, Summary(Errors{"verdict": i.Error})); !strings.Contains(got, link) {
		t.Errorf("%s lacks %s", got, link)
	}
	for name, got := range map[string]string{"radios": render(t, Radios(i, options)), "checks": render(t, Checks(i, options, nil))} {
		for _, want := range []string{`<fieldset class="mb-3" id="f-verdict"`, `aria-describedby="f-verdict-error"`, `id="f-verdict-error"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s lacks %s", name, got, want)
			}
		}
	}
}

// Two renderings of a form are two intentions; one rendering sent twice is one.
func TestEachRenderingOfAFormHasItsOwnKey(t *testing.T) {
	if first, second := render(t, Form("/x")), render(t, Form("/x")); first == second || !strings.Contains(first, `name="once"`) {
		t.Errorf("%s and %s", first, second)
	}
	upload := render(t, FormWith(FormProps{Action: "/x?a=1", Multipart: true}))
	if !strings.Contains(upload, "/x?a=1&amp;once=") || !strings.Contains(upload, "multipart/form-data") {
		t.Errorf("an upload: %s", upload)
	}
}
