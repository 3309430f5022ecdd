package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/client"
	"slipway/internal/release"
	"slipway/web/webtest"
)

// deploying gives a release of payments that is being deployed, and where its
// second wave's results are reported.
func deploying(t *testing.T, s *webtest.Server) (*release.Release, string) {
	t.Helper()
	maya, err := s.App.Identity.Local(context.Background(), "maya")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.App.Release.List(context.Background(), maya, release.Filter{State: release.Deploying, ServiceKey: "PAY"})
	if err != nil || len(list) == 0 {
		t.Fatalf("no release is deployed: %v", err)
	}
	r, err := s.App.Release.Find(context.Background(), maya, list[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	return r, "/api/v1/releases/" + r.Key + "/waves/2/results"
}

func TestResultsAreReported(t *testing.T) {
	s := webtest.Demo(t)
	r, results := deploying(t, s)
	agent := with(t, s, "dario", "deploy:report")
	verified := fmt.Sprintf(`{"results":[{"target":"pay-osl-2","outcome":"verified","digest":%q,"evidence":"run 17"},{"target":"pay-osl-3","outcome":"verified","digest":"sha256:%s"}]}`, r.PackageDigest, strings.Repeat("b", 64))
	post := func(c caller, once, body string) *webtest.Page {
		return c.send(http.MethodPost, results, body, "Content-Type", "application/json", "Idempotency-Key", once)
	}
	first := post(agent, "one", verified).Status(http.StatusOK)
	if !strings.Contains(first.Body, `"taken":true`) || !strings.Contains(first.Body, "is not the signed") || !strings.Contains(first.Body, `"state":"Verified"`) {
		t.Errorf("%s", first.Body)
	}
	if again := post(agent, "one", verified).Status(http.StatusOK); again.Body != first.Body {
		t.Errorf("the same report got another answer: %s", again.Body)
	}
	post(agent, "one", strings.Replace(verified, "run 17", "run 18", 1)).Status(http.StatusUnprocessableEntity)
	agent.send(http.MethodPost, results, verified, "Content-Type", "application/json").Status(http.StatusUnprocessableEntity)
	post(agent, "two", `{"results":[]}`).Status(http.StatusUnprocessableEntity)
	post(agent, "two", `{"results":[{"target":"pay-osl-3"}]}`).Status(http.StatusUnprocessableEntity)
	post(agent, "two", `not json`).Status(http.StatusBadRequest)
	post(with(t, s, "dario", "api:read", "api:write", "build:report"), "two", verified).Status(http.StatusForbidden)
	post(with(t, s, "stefan", "deploy:report"), "two", verified).Status(http.StatusForbidden)
	post(as(t, s, ""), "two", verified).Status(http.StatusUnauthorized)
	agent.send(http.MethodPost, strings.Replace(results, "/2/", "/9/", 1), verified, "Content-Type", "application/json", "Idempotency-Key", "two").Status(http.StatusNotFound)
	for _, decision := range []string{"/releases/" + r.Key + "/waves/2/go", "/releases/" + r.Key + "/waves/2/start", "/releases/" + r.Key + "/gates/A4"} {
		if p := agent.send(http.MethodPost, decision, ""); p.Code != http.StatusSeeOther || p.Head.Get("Location") == "" || !strings.HasPrefix(p.Head.Get("Location"), "/login") {
			t.Errorf("%s with a token: %d %s", decision, p.Code, p.Head.Get("Location"))
		}
	}
}

func TestClientReports(t *testing.T) {
	s := webtest.Demo(t)
	r, _ := deploying(t, s)
	c, err := client.New(s.URL, with(t, s, "dario", "deploy:report").token)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Report(context.Background(), r.Key, 2, "one", client.Report{Results: []client.Result{{Target: "pay-osl-2", Outcome: "failed", Reason: "does not boot"}}})
	if err != nil || !answer.Results[0].Taken || answer.Results[0].State != "Failed" {
		t.Errorf("%+v, %v", answer, err)
	}
	if _, err := c.Report(context.Background(), "NO-1", 2, "two", client.Report{Results: []client.Result{{Target: "x", Outcome: "failed", Reason: "x"}}}); err == nil || !strings.Contains(err.Error(), "no such release") {
		t.Errorf("%v", err)
	}
}

func TestWhatTargetsRunIsReported(t *testing.T) {
	s := webtest.Demo(t)
	agent := with(t, s, "dario", "deploy:report")
	put := func(c caller, key, body string) *webtest.Page {
		return c.send(http.MethodPut, "/api/v1/targets/"+key+"/installed", body, "Content-Type", "application/json")
	}
	foreign := fmt.Sprintf(`{"digest":"sha256:%s","version":"of nobody knows what"}`, strings.Repeat("e", 64))
	put(agent, "pay-osl-2", foreign).Status(http.StatusNoContent)
	s.As("maya").Get("/targets?drift=unauthorised").Status(http.StatusOK).Has("main", "pay-osl-2")
	put(agent, "pay-osl-2", `{"digest":"none"}`).Status(http.StatusUnprocessableEntity)
	put(agent, "no-such", foreign).Status(http.StatusNotFound)
	put(with(t, s, "dario", "api:write"), "pay-osl-2", foreign).Status(http.StatusForbidden)
	put(with(t, s, "stefan", "deploy:report"), "pay-osl-2", foreign).Status(http.StatusForbidden)
	put(as(t, s, ""), "pay-osl-2", foreign).Status(http.StatusUnauthorized)
}
