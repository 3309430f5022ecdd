package deploy_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/release"
)

func TestOtherDeployerIsAskedWithASecret(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	maya, dario := c.s.As("maya"), c.s.As("dario")
	const place = "/environments/production"
	maya.Get(place).Lacks("main", "Another deployer")
	e, err := c.s.App.Deploy.EnvironmentPage(t.Context(), actor(t, c.s, "maya"), "production")
	if err != nil {
		t.Fatal(err)
	}
	err = c.s.App.Deploy.EditEnvironment(t.Context(), actor(t, c.s, "maya"), "production", e.Version, deploy.EnvironmentDraft{Name: e.Name, Zone: e.Zone, Production: true, Position: e.Position, Method: deploy.MethodHook})
	if err != nil {
		t.Fatal(err)
	}
	maya.Get(place).Has("#hook", "Nobody said where")
	lacksForm(t, dario.Get(place), place+"/hook")
	dario.Post(place+"/hook/secret", url.Values{}).Status(http.StatusForbidden)
	maya.Post(place+"/hook/secret", url.Values{}).Status(http.StatusConflict).Has(".blockers", "no address")
	c.does(maya, place, place+"/hook", "url", "deployer").Status(http.StatusUnprocessableEntity).Has("#f-url-error", "https://")
	c.done(maya, place, place+"/hook", "url", "https://deployer.example/ask")
	shown := c.does(maya, place, place+"/hook/secret").Status(http.StatusOK).Has("#hook .cmd", "whsec_")
	secret := regexp.MustCompile("whsec_[A-Za-z0-9+/=]+").FindString(shown.Body)
	maya.Get(place).Has("#hook", "https://deployer.example/ask").Has("#hook", "Maya").Lacks("main", secret)
}
