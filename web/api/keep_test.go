package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/client"
	"slipway/web/webtest"
)

// step runs one piece of background work of the server.
func step(t *testing.T, s *webtest.Server) {
	t.Helper()
	if worked, err := s.App.Jobs.Step(t.Context()); err != nil || !worked {
		t.Fatal(worked, err)
	}
}

func body[T any](t *testing.T, p *webtest.Page) (out T) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Body), &out); err != nil {
		t.Fatal(err, p.Body)
	}
	return out
}

func TestTheLibraryIsTendedOverTheAPI(t *testing.T) {
	s := webtest.Demo(t)
	cora := with(t, s, "cora", "dml:write")
	for address, asked := range map[string]string{"/api/v1/media/gc": `{"dry_run":true}`, "/api/v1/media/verification": ""} {
		for who, try := range map[string]struct {
			caller
			status int
		}{
			"nobody": {as(t, s, ""), http.StatusUnauthorized}, "a submitter": {with(t, s, "bruno", "dml:write"), http.StatusForbidden},
			"a token that reads": {with(t, s, "cora", "dml:read"), http.StatusForbidden}, "a browser": {as(t, s, "maya"), http.StatusForbidden},
		} {
			if p := try.send(http.MethodPost, address, asked, "Content-Type", "application/json"); p.Code != try.status {
				t.Errorf("%s at %s: %d %s", who, address, p.Code, p.Body)
			}
		}
	}

	collect := func(said string, status int) client.Collection {
		t.Helper()
		return body[client.Collection](t, cora.send(http.MethodPost, "/api/v1/media/gc", said, "Content-Type", "application/json").Status(status))
	}
	plan := collect(`{"dry_run":true}`, http.StatusOK)
	if plan.State != client.Planned || plan.ID != 0 || plan.Plan == nil || int64(len(plan.Plan.Lines)) < plan.Plan.Blobs {
		t.Errorf("%+v", plan)
	}
	run := collect(`{"grace":"2h"}`, http.StatusAccepted)
	if run.State != client.Running || run.ID == 0 || collect(`{"grace":"2h"}`, http.StatusAccepted).ID != run.ID {
		t.Errorf("%+v", run)
	}
	for _, wrong := range []string{`{"grace":"1s"}`, `{"grace":"soon"}`} {
		cora.send(http.MethodPost, "/api/v1/media/gc", wrong, "Content-Type", "application/json").Status(http.StatusUnprocessableEntity)
	}
	at := fmt.Sprintf("/api/v1/media/gc/%d", run.ID)
	for run.State == client.Running {
		step(t, s)
		run = body[client.Collection](t, cora.send(http.MethodGet, at, "").Status(http.StatusOK))
	}
	if run.State != client.Ended || run.Failures != 0 {
		t.Errorf("%+v", run)
	}
	with(t, s, "bruno", "dml:write").send(http.MethodGet, at, "").Status(http.StatusForbidden)
	cora.send(http.MethodGet, "/api/v1/media/gc/987654", "").Status(http.StatusNotFound)

	v := body[client.LibraryVerification](t, cora.send(http.MethodPost, "/api/v1/media/verification", "").Status(http.StatusAccepted))
	at = fmt.Sprintf("/api/v1/media/verification/%d", v.ID)
	for v.State == client.Running {
		step(t, s)
		v = body[client.LibraryVerification](t, cora.send(http.MethodGet, at, "").Status(http.StatusOK))
	}
	if v.State != client.Ended || v.Blobs == 0 || v.DoneBlobs != v.Blobs || v.DoneBytes != v.Bytes || v.Damaged != 0 || !strings.HasPrefix(v.By, "Cora") {
		t.Errorf("%+v", v)
	}
	with(t, s, "cora", "dml:read").send(http.MethodGet, at, "").Status(http.StatusForbidden)
}
