package deploy_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/identity"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// fetching makes an environment of the demonstration one of devices that fetch.
func fetching(t *testing.T, s *webtest.Server, key string) string {
	t.Helper()
	ctx := context.Background()
	omar, err := s.App.Identity.Local(ctx, sample.Holder(identity.Operations))
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.App.Deploy.EnvironmentPage(ctx, omar, key)
	if err != nil {
		t.Fatal(err)
	}
	err = s.App.Deploy.EditEnvironment(ctx, omar, key, e.Version, deploy.EnvironmentDraft{Name: e.Name, Zone: e.Zone, Production: e.Production, Position: e.Position, Method: deploy.MethodDDI})
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.App.Deploy.TargetsPage(ctx, omar, deploy.TargetFilter{EnvironmentKey: key, Limit: 1})
	if err != nil || len(list.Targets) == 0 {
		t.Fatal("no target stands there", err)
	}
	return list.Targets[0].Key
}

// poll asks as a device does, and gives the status.
func poll(t *testing.T, s *webtest.Server, target, authorization string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.URL+"/default/controller/v1/"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	return s.Nobody().Do(r).Code
}

func TestTokensAreShownOnceAndByThoseWhoKeepThePlace(t *testing.T) {
	s := webtest.Demo(t)
	target := fetching(t, s, "lab")
	omar, stefan, ada := s.As(sample.Holder(identity.Operations)), s.As(sample.Holder(identity.Stakeholder)), s.As(sample.Holder(identity.Auditor))
	for _, path := range []string{"/environments/lab/gateway", "/environments/lab/gateway/end", "/environments/lab/pull", "/targets/" + target + "/token", "/targets/" + target + "/token/end"} {
		form := url.Values{"version": {"0"}, "poll_seconds": {"60"}, "confirm_minutes": {"60"}, "stuck_minutes": {"60"}}
		stefan.Post(path, form).Status(http.StatusForbidden)
		ada.Post(path, form).Status(http.StatusForbidden)
	}
	ada.Get("/environments/lab").Status(http.StatusOK).Has("#pull", "Gateway tokennone").Lacks("#pull", "Make a gateway token")

	page := omar.Post("/environments/lab/gateway", nil).Status(http.StatusOK)
	token := page.Text("#pull .cmd")
	if len(token) < 32 || poll(t, s, target, "GatewayToken "+token) != http.StatusOK {
		t.Errorf("the gateway token %q is not taken", token)
	}
	if again := omar.Get("/environments/lab").Status(http.StatusOK).Text("#pull .cmd"); again != "" {
		t.Errorf("the token is shown again: %q", again)
	}
	omar.Post("/environments/lab/gateway/end", nil).Status(http.StatusSeeOther)
	omar.Post("/environments/lab/gateway/end", nil).Status(http.StatusConflict)
	if code := poll(t, s, target, "GatewayToken "+token); code != http.StatusUnauthorized {
		t.Errorf("an ended token is answered with %d", code)
	}

	token = omar.Post("/targets/"+target+"/token", nil).Status(http.StatusOK).Text("#device .cmd")
	if poll(t, s, target, "TargetToken "+token) != http.StatusOK {
		t.Errorf("the token %q is not taken", token)
	}
	omar.Get("/targets/"+target).Status(http.StatusOK).Has("#device", "from 127.0.0.1").Has("#actions", "Nothing was offered").Lacks("#device", token)
	omar.Post("/targets/"+target+"/token/end", nil).Status(http.StatusSeeOther)
	if code := poll(t, s, target, "TargetToken "+token); code != http.StatusUnauthorized {
		t.Errorf("an ended token is answered with %d", code)
	}
}

func TestHowOftenDevicesPollIsSaid(t *testing.T) {
	s := webtest.Demo(t)
	fetching(t, s, "field")
	omar := s.As(sample.Holder(identity.Operations))
	form := formAt(t, omar.Get("/environments/field"), "/environments/field/pull")
	form.Set("poll_seconds", "0")
	omar.Post("/environments/field/pull", form).Status(http.StatusUnprocessableEntity).Has("#pull .field-error", "1 to 86,399")
	form.Set("poll_seconds", "20")
	omar.Post("/environments/field/pull", form).Status(http.StatusSeeOther)
	omar.Get("/environments/field").Has("#pull", "20 seconds")
	omar.Post("/environments/field/pull", form).Status(http.StatusConflict) // drawn before the save
}
