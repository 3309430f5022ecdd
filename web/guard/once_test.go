package guard

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
)

func postOnce(e *echo.Echo, key string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/sign", strings.NewReader(url.Values{"once": {key}}.Encode()))
	r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationForm)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestDoubleClickActsOnce(t *testing.T) {
	var signed atomic.Int64
	e := echo.New()
	e.POST("/sign", func(c echo.Context) error {
		signed.Add(1)
		return c.Redirect(http.StatusSeeOther, "/signed")
	}, NewOnce(time.Now).Middleware)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if w := postOnce(e, "k1"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/signed" {
				t.Errorf("a repeat got %d to %q", w.Code, w.Header().Get("Location"))
			}
		})
	}
	wg.Wait()
	if signed.Load() != 1 {
		t.Errorf("signed %d times", signed.Load())
	}
	postOnce(e, "k2")
	if signed.Load() != 2 {
		t.Error("another form did not act")
	}
}

func TestRefusedFormCanBeSentAgain(t *testing.T) {
	refuse := true
	e := echo.New()
	e.POST("/sign", func(c echo.Context) error {
		if refuse {
			return fault.New(fault.Invalid, "mend it")
		}
		return c.Redirect(http.StatusSeeOther, "/signed")
	}, NewOnce(time.Now).Middleware)
	if w := postOnce(e, "k1"); w.Code == http.StatusSeeOther {
		t.Fatal("not refused")
	}
	refuse = false
	if w := postOnce(e, "k1"); w.Code != http.StatusSeeOther {
		t.Errorf("the mended form got %d", w.Code)
	}
}

func TestOnceForgetsBoundedly(t *testing.T) {
	now := time.Now()
	o := NewOnce(func() time.Time { return now })
	for i := range maxOnce {
		o.seen[strings.Repeat("x", i%7)+string(rune(i))] = &submission{at: now.Add(-2 * rememberOnce)}
	}
	o.claim("fresh")
	if len(o.seen) > maxOnce {
		t.Errorf("%d keys are kept", len(o.seen))
	}
}
