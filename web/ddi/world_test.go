package ddi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slipway/internal/app"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/internal/sample"
	"slipway/web"
)

var ctx = context.Background()

const key = "FLD-2026.11.1"

// world is a server with a release of a firmware that is ready to be fetched.
type world struct {
	*sample.Automated
	t          *testing.T
	blobs      *blob.Disk
	app        *app.App
	url        string
	maya, omar identity.Actor
}

// newWorld gives a server and a release of the image, for the devices of the
// list; the first is the pilot.
func newWorld(t *testing.T, image []byte, devices ...string) *world {
	t.Helper()
	d := dbtest.New(t)
	blobs, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := &world{t: t, blobs: blobs, app: app.Connect(d, blobs, slog.New(slog.DiscardHandler))}
	f.Automated, err = sample.Fetchable(ctx, f.app, image)
	f.must(err)
	f.maya, f.omar = f.Maya, f.Omar
	f.serve(web.Config{Zone: "UTC"})
	for i, device := range devices {
		tags := ""
		if i == 0 {
			tags = "pilot"
		}
		f.must(f.app.Deploy.AddTarget(ctx, f.omar, deploy.TargetDraft{Key: device, EnvironmentKey: "field", Tags: tags}))
	}
	return f
}

func (f *world) serve(c web.Config) {
	f.t.Helper()
	handler, err := web.New(f.app, c)
	f.must(err)
	server := httptest.NewServer(handler)
	f.t.Cleanup(server.Close)
	f.url = server.URL
}

func (f *world) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *world) wave(n int64) *deploy.Wave {
	f.t.Helper()
	_, w, err := f.app.Deploy.FindWave(ctx, f.maya, key, n)
	f.must(err)
	return w
}

// start brings a planned wave to running.
func (f *world) start(n int64) {
	f.t.Helper()
	f.must(f.Start(ctx, f.app, n))
}

func (f *world) target(n int64, device string) deploy.TargetView {
	f.t.Helper()
	page, err := f.app.Deploy.WaveTargets(ctx, f.maya, key, n, deploy.TargetQuery{Text: device})
	f.must(err)
	if len(page.Targets) != 1 {
		f.t.Fatalf("%d targets of wave %d are called %s", len(page.Targets), n, device)
	}
	return page.Targets[0]
}

func (f *world) stands(n int64, device string, state deploy.TargetState) {
	f.t.Helper()
	if got := f.target(n, device); got.State != state {
		f.t.Fatalf("%s is %s, want %s (%s)", device, got.State, state, got.Reason)
	}
}

func (f *world) waveIs(n int64, state deploy.WaveState) {
	f.t.Helper()
	if got := f.wave(n); got.State != state {
		f.t.Fatalf("wave %d is %s, want %s (%s)", n, got.State, state, got.FailReason)
	}
}

func (f *world) later(by time.Duration) { dbtest.Advance(f.app.DB, by) }

// device is one that polls with a token of its own.
type device struct {
	f    *world
	id   string
	auth string
}

func (f *world) device(id string) *device {
	f.t.Helper()
	token, err := f.app.Deploy.RotateToken(ctx, f.omar, id)
	f.must(err)
	return &device{f, id, "TargetToken " + token}
}

type answer struct {
	t    *testing.T
	code int
	head http.Header
	body []byte
}

// ask sends a request beneath the device's address, or to a whole one.
func (d *device) ask(method, path, body string, headers ...string) *answer {
	d.f.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = d.f.url + "/default/controller/v1/" + d.id + path
	}
	r, err := http.NewRequest(method, path, strings.NewReader(body))
	d.f.must(err)
	if d.auth != "" {
		r.Header.Set("Authorization", d.auth)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	d.f.must(err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	d.f.must(err)
	return &answer{d.f.t, response.StatusCode, response.Header, data}
}

func (a *answer) status(want int) *answer {
	a.t.Helper()
	if a.code != want {
		a.t.Fatalf("answered %d, want %d: %s", a.code, want, a.body)
	}
	return a
}

func (a *answer) json(into any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

// links polls and gives the links by their names.
func (d *device) links() map[string]string {
	d.f.t.Helper()
	var body struct {
		Config struct {
			Polling struct{ Sleep string }
		}
		Links map[string]struct{ Href string } `json:"_links"`
	}
	d.ask("GET", "", "").status(200).json(&body)
	if len(body.Config.Polling.Sleep) != len("00:05:00") {
		d.f.t.Fatalf("sleep is %q", body.Config.Polling.Sleep)
	}
	list := map[string]string{}
	for name, link := range body.Links {
		list[name] = link.Href
	}
	return list
}

// offered polls and gives the deployment that is offered, which there has to be.
func (d *device) offered() (href, action string) {
	d.f.t.Helper()
	href = d.links()["deploymentBase"]
	if href == "" {
		d.f.t.Fatalf("nothing is offered to %s", d.id)
	}
	action, _, _ = strings.Cut(href[strings.LastIndex(href, "/")+1:], "?")
	return href, action
}

// says sends a report on an action.
func (d *device) says(action, execution, finished string, details ...string) *answer {
	d.f.t.Helper()
	return d.ask("POST", "/deploymentBase/"+action+"/feedback", report(action, execution, finished, details...))
}

func report(action, execution, finished string, details ...string) string {
	text, err := json.Marshal(map[string]any{"id": action, "time": "20261123T022616", "status": map[string]any{"execution": execution,
		"result": map[string]any{"finished": finished, "progress": map[string]any{"cnt": 0, "of": 1}}, "details": details}})
	if err != nil {
		panic(err)
	}
	return string(text)
}
