package dml

import "testing"

func TestWhatAComponentIsSearchedBy(t *testing.T) {
	for name, want := range map[string]string{"OpenSSL": "openssl", "org.apache.logging.log4j/log4j-core": "log4j-core", "github.com/labstack/echo/v4": "echo",
		"gopkg.in/yaml.v3": "yaml.v3", "v8": "v8", "@scope/v2x": "v2x", "": ""} {
		if got := nameKey(name); got != want {
			t.Errorf("%q is searched by %q, not %q", name, got, want)
		}
	}
}
