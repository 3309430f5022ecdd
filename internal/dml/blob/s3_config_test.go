package blob

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestS3Config(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_SESSION_TOKEN", "of the environment")
	var c S3Config
	if err := c.UnmarshalText([]byte("s3://KEY:a%2Fb%3Ac@store.example:9000/media/slipway/one?region=eu-central-1&tls=off")); err != nil {
		t.Fatal(err)
	}
	want := S3Config{Endpoint: "store.example:9000", Bucket: "media", Prefix: "slipway/one/", Region: "eu-central-1", Plain: true, key: "KEY", secret: "a/b:c"}
	if c != want {
		t.Errorf("read %+v", c)
	}
	for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v", c, c, c), c.String()} {
		if strings.Contains(shown, "a/b:c") || strings.Contains(shown, "KEY") || !strings.Contains(shown, "s3://store.example:9000/media/slipway/one") {
			t.Errorf("shown as %s", shown)
		}
	}
	for _, bad := range []string{"", "media", "http://KEY:SECRET@host/media", "s3://KEY:SECRET@host", "s3://KEY:SECRET@host/", "s3://KEY:SECRET@/media", "s3://KEY:SEC/RET@host/media",
		"s3://KEY:SEC%ZZRET@host/media", "s3://KEY:SECRET@host:SECRET/media", "s3://KEY:SECRET@host/Media", "s3://KEY:SECRET@host/media/../x", "s3://KEY:SECRET@host/media/a//b",
		"s3://KEY:SECRET@host/media?tls=no", "s3://KEY:SECRET@host/media?secret=SECRET", "s3://KEY:SECRET@host/media?%ZZ", "s3://KEY:SECRET@host/media#x", "s3://KEY@host/media", "s3://host/media"} {
		err := new(S3Config).UnmarshalText([]byte(bad))
		if err == nil {
			t.Errorf("%q was taken", bad)
		} else if strings.Contains(strings.ReplaceAll(err.Error(), "KEY:SECRET@", ""), "SECRET@") || strings.Contains(err.Error(), "SEC/RET") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "env")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	if err := c.UnmarshalText([]byte("s3://host/media")); err != nil {
		t.Fatal(err)
	}
	if want := (S3Config{Endpoint: "host", Bucket: "media", key: "env", secret: "secret", token: "of the environment"}); c != want {
		t.Errorf("read %+v from the environment", c)
	}
}

// VersityGW has no lifecycle rules, so what is asked of a server that has them is
// read from the request.
func TestS3LifecycleRule(t *testing.T) {
	const none = `<Error><Code>NoSuchLifecycleConfiguration</Code></Error>`
	const others = `<LifecycleConfiguration><Rule><ID>theirs</ID><Status>Enabled</Status><Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>`
	for name, given := range map[string]struct {
		status, put int
		body        string
		set         bool
		logged      string
	}{
		"none yet":      {http.StatusNotFound, http.StatusOK, none, true, ""},
		"somebody's":    {http.StatusOK, http.StatusOK, others, false, "none that aborts"},
		"not permitted": {http.StatusNotFound, http.StatusForbidden, none, true, "slipway sweeps them itself"},
		"not known":     {http.StatusNotImplemented, http.StatusOK, `<Error><Code>NotImplemented</Code></Error>`, false, "slipway sweeps them itself"},
	} {
		t.Run(name, func(t *testing.T) {
			var log, sent strings.Builder
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case !r.URL.Query().Has("lifecycle"):
				case r.Method == http.MethodPut:
					_ = r.Write(&sent)
					w.WriteHeader(given.put)
				default:
					w.WriteHeader(given.status)
					fmt.Fprint(w, given.body)
				}
			}))
			defer server.Close()
			var c S3Config
			if err := c.UnmarshalText([]byte("s3://k:s@" + strings.TrimPrefix(server.URL, "http://") + "/media/one?tls=off&region=x")); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenS3(context.Background(), c, t.TempDir(), slog.New(slog.NewTextHandler(&log, nil))); err != nil {
				t.Fatal(err)
			}
			asked := strings.Contains(sent.String(), "<DaysAfterInitiation>7</DaysAfterInitiation>") && strings.Contains(sent.String(), "<Prefix>one/sha256/</Prefix>")
			if asked != given.set || (sent.Len() > 0) != given.set {
				t.Errorf("asked for %q", sent.String())
			}
			if given.logged == "" && log.Len() > 0 || !strings.Contains(log.String(), given.logged) {
				t.Errorf("logged %q", log.String())
			}
		})
	}
}
