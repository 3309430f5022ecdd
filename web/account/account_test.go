package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/sample"
	"slipway/web/webtest"
)

func TestFirstRunCreatesTheAdministratorAndThenIsGone(t *testing.T) {
	s := webtest.Empty(t)
	visitor := s.Nobody()
	if to := visitor.Get("/releases").Status(http.StatusSeeOther).Location(); to != "/setup" {
		t.Fatalf("an empty Slipway leads to %s", to)
	}
	visitor.Post("/setup", url.Values{"name": {"Ruth"}, "username": {"ruth"}, "password": {"short"}}).
		Status(http.StatusUnprocessableEntity).Has("#f-password-error", "at least 12")
	again := visitor.Post("/setup", url.Values{"name": {"Ruth"}, "username": {"Ruth!"}, "password": {"correct horse battery"}}).
		Status(http.StatusUnprocessableEntity)
	if value, _ := again.Doc().Find("#f-name").Attr("value"); value != "Ruth" {
		t.Errorf("what was typed is lost: the name is %q", value)
	}
	visitor.Post("/setup", url.Values{"name": {"Ruth"}, "username": {"ruth"}, "password": {"correct horse battery"}}).Status(http.StatusSeeOther)
	visitor.Get("/setup").Status(http.StatusSeeOther)
	visitor.Post("/setup", url.Values{"name": {"Eve"}, "username": {"eve"}, "password": {"correct horse battery"}}).Status(http.StatusConflict)
	visitor.Post("/login", url.Values{"username": {"ruth"}, "password": {"correct horse battery"}}).Status(http.StatusSeeOther)
	visitor.Get("/admin/users").Status(http.StatusOK).Has("main", "ruth")
}

func TestSignIn(t *testing.T) {
	s := webtest.New(t)
	visitor := s.Nobody()
	visitor.Post("/login", url.Values{"username": {"maya"}, "password": {"wrong"}}).
		Status(http.StatusUnauthorized).Has("[role=alert]", "wrong").Has("main", "Sign in")
	for next, want := range map[string]string{"/dml": "/dml", "//evil.example/x": "/", "https://evil.example": "/", "/\\evil.example": "/"} {
		if to := s.Nobody().Post("/login", url.Values{"username": {"maya"}, "password": {sample.Password}, "next": {next}}).Status(http.StatusSeeOther).Location(); to != want {
			t.Errorf("next=%s leads to %s, want %s", next, to, want)
		}
	}
	if to := visitor.Get("/account").Status(http.StatusSeeOther).Location(); to != "/login?next=%2Faccount" {
		t.Errorf("a stranger is led to %s", to)
	}
}

// A password that was forgotten is for an administrator; who that is, strangers
// are not told.
func TestWhoForgotThePasswordIsToldWhatToDo(t *testing.T) {
	s := webtest.New(t)
	s.Nobody().Get("/login").Status(http.StatusOK).Has("form summary", "Forgotten?").Has("form details", "an administrator sets a new password").Lacks("body", "Ruth")
	s.As("root").Get("/admin/users/maya").Has("label", "New password")
}

func TestSessionCookie(t *testing.T) {
	s := webtest.New(t)
	answer := s.Nobody().Post("/login", url.Values{"username": {"maya"}, "password": {sample.Password}})
	cookie := answer.Head.Get("Set-Cookie")
	for _, want := range []string{"slipway=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
}

func TestLogoutEndsTheSessionOnTheServer(t *testing.T) {
	s := webtest.New(t)
	maya, elsewhere := s.As("maya"), s.As("maya")
	maya.Get("/account").Status(http.StatusOK)
	maya.Post("/logout", nil).Status(http.StatusSeeOther)
	maya.Get("/account").Status(http.StatusSeeOther)
	elsewhere.Get("/account").Status(http.StatusOK)
	third := s.As("maya")
	third.Post("/account/logout-everywhere", nil).Status(http.StatusSeeOther)
	elsewhere.Get("/account").Status(http.StatusSeeOther)
}

// Of several browsers each knows itself: it is signed out there, the others end.
func TestTheAccountMarksTheBrowserThatAsks(t *testing.T) {
	s := webtest.New(t)
	first, second := s.As("maya"), s.As("maya")
	own := func(p *webtest.Person) (here, action string) {
		t.Helper()
		page := p.Get("/account").Status(http.StatusOK)
		rows := page.Doc().Find("#sessions tbody tr")
		marked := rows.FilterFunction(func(_ int, row *goquery.Selection) bool {
			return strings.Contains(row.Find("th").Text(), "This browser")
		})
		if rows.Length() != 2 || marked.Length() != 1 {
			t.Fatalf("%d of %d sessions are marked", marked.Length(), rows.Length())
		}
		here, _ = marked.Find("form").Attr("action")
		action, _ = rows.NotSelection(marked).Find("form").Attr("action")
		return here, action
	}
	here, endSecond := own(first)
	if _, endFirst := own(second); here != "/logout" || endFirst == endSecond {
		t.Errorf("one signs out by %s; the browsers end each other by %s and %s", here, endFirst, endSecond)
	}
	first.Post(endSecond, nil).Status(http.StatusSeeOther)
	second.Get("/account").Status(http.StatusSeeOther)
	first.Get("/account").Status(http.StatusOK)
}

func TestTokenIsShownOnce(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	maya.Post("/account/tokens", url.Values{"name": {"ci"}}).Status(http.StatusUnprocessableEntity).Has("#f-scopes-error", "at least one scope")
	page := maya.Post("/account/tokens", url.Values{"name": {"ci"}, "scopes": {"dml:write"}}).Status(http.StatusOK)
	token := page.Text(".notice .cmd")
	if !strings.HasPrefix(token, "slw_") {
		t.Fatalf("the new token is %q", token)
	}
	maya.Get("/account").Status(http.StatusOK).Has("#tokens", "ci").Lacks("body", token)
}

func TestAnotherSiteCannotPost(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		r, err := http.NewRequest(http.MethodPost, s.URL+"/account/logout-everywhere", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(name, value)
		maya.Do(r).Status(http.StatusForbidden)
	}
	maya.Get("/account").Status(http.StatusOK)
}

func TestHeaders(t *testing.T) {
	s := webtest.New(t)
	for _, path := range []string{"/login", "/healthz", "/nowhere"} {
		head := s.Nobody().Get(path).Head
		if csp := head.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", path, head)
		}
	}
}
