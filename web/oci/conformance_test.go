package oci_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"

	"slipway/web/webtest"
)

// token gives an account a token with scopes.
func token(t *testing.T, s *webtest.Server, username string, scopes ...string) string {
	t.Helper()
	actor, err := s.App.Identity.Local(context.Background(), username)
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.App.Identity.CreateToken(context.Background(), actor, "test", scopes, 0)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// The public suite of the distribution specification, with SHA-256, on the
// quarantine's side, which is the one that takes pushes.
func TestConformance(t *testing.T) {
	s := webtest.New(t)

	results := t.TempDir()
	suite := exec.Command("go", "tool", "conformance")
	suite.Env = append(os.Environ(), "OCI_REGISTRY="+strings.TrimPrefix(s.URL, "http://"), "OCI_TLS=disabled", "OCI_VERSION=1.1",
		"OCI_REPO1=incoming/conformance/one", "OCI_REPO2=incoming/conformance/two", "OCI_USERNAME=bruno", "OCI_PASSWORD="+token(t, s, "bruno", "dml:read", "dml:write"),
		"OCI_RESULTS_DIR="+results, "OCI_DATA_SHA512=false")
	output, ran := suite.CombinedOutput()
	suites, err := junit.IngestFile(filepath.Join(results, "junit.xml"))
	if err != nil || len(suites) == 0 {
		t.Fatalf("the suite did not run: %v\n%s", ran, output)
	}
	passed := 0
	var walk func(list []junit.Suite)
	walk = func(list []junit.Suite) {
		for _, suite := range list {
			for _, test := range suite.Tests {
				switch test.Status {
				case junit.StatusPassed:
					passed++
				case junit.StatusFailed, junit.StatusError:
					t.Errorf("%s: %s: %v", test.Classname, test.Name, test.Error)
				}
			}
			walk(suite.Suites)
		}
	}
	walk(suites)
	if passed < 500 {
		t.Errorf("only %d tests passed\n%s", passed, output)
	}
	t.Logf("%d passed", passed)
}
