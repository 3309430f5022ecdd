package dml

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aead.dev/minisign"

	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/identity"
)

// newKey gives a public key and what signs by it.
func newKey(t *testing.T) (public string, sign func(string) string) {
	t.Helper()
	key, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key.String(), func(body string) string {
		r := minisign.NewReader(strings.NewReader(body))
		if _, err := new(bytes.Buffer).ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		return string(r.Sign(private))
	}
}

func TestKeysByRole(t *testing.T) {
	s := newSite(t)
	s.actors["ada"] = dbtest.User(t, s.db, "ada", identity.Auditor)
	s.actors["root"] = dbtest.User(t, s.db, "root", identity.Administrator)
	public, _ := newKey(t)
	form := url.Values{"name": {"Release signing"}, "holder": {"Telenord"}, "kind": {"minisign"}, "key": {public}}
	for user, want := range map[string]int{"bruno": http.StatusOK, "ada": http.StatusOK, "dario": http.StatusOK, "cora": http.StatusOK, "root": http.StatusOK, "stefan": http.StatusForbidden} {
		a := s.get(user, "/dml/keys").want(want)
		if mayKeep := user == "cora" || user == "root"; strings.Contains(a.body, `name="key"`) != mayKeep {
			t.Errorf("%s: the form is shown: %t", user, !mayKeep)
		}
	}
	for _, user := range []string{"bruno", "ada", "dario", "stefan"} {
		s.post(user, "/dml/keys", form).want(http.StatusForbidden)
		s.post(user, "/dml/keys/1/revoke", url.Values{}).want(http.StatusForbidden)
	}
	s.get("cora", "/dml/keys").want(http.StatusOK, "No key is trusted yet.")
	s.post("cora", "/dml/keys", url.Values{"name": {"Typed name"}, "kind": {"minisign"}, "key": {"RWnonsense"}, "valid_from": {"soon"}}).want(http.StatusUnprocessableEntity, "Write the day like", "Typed name", "RWnonsense")
	s.post("cora", "/dml/keys", url.Values{"name": {"Typed name"}, "kind": {"minisign"}, "key": {"RWnonsense"}}).want(http.StatusUnprocessableEntity, "This is no minisign public key", "Say whose key it is.", "Typed name")
	s.post("cora", "/dml/keys", url.Values{"name": {"x"}, "holder": {"x"}, "kind": {"minisign"}, "key": {public}, "services": {"NONE"}}).want(http.StatusUnprocessableEntity, "Choose services of the list.")
	s.post("root", "/dml/keys", form).want(http.StatusSeeOther)
	s.get("ada", "/dml/keys").want(http.StatusOK, "Release signing", "Telenord", "Trusted", public)
	s.post("cora", "/dml/keys", form).want(http.StatusUnprocessableEntity, "trusted already")
}

func TestAKeyIsRevokedWithAReason(t *testing.T) {
	s := newSite(t)
	public, sign := newKey(t)
	s.post("cora", "/dml/keys", url.Values{"name": {"Release signing"}, "holder": {"Telenord"}, "kind": {"minisign"}, "key": {public}}).want(http.StatusSeeOther)
	s.upload("bruno", server, "a.bin", "first").want(http.StatusSeeOther)
	s.attach("bruno", "a.bin.minisig", sign("first")).want(http.StatusSeeOther)
	s.attach("bruno", "b.bin.minisig", sign("other")).want(http.StatusSeeOther)
	s.get("cora", "/dml/payments-api/server").want(http.StatusOK, "Good, by Release signing of Telenord.", "Does not match", "a.bin.minisig")
	revoke := func(values url.Values) answer {
		values.Set("version", "1")
		return s.post("cora", "/dml/keys/1/revoke", values)
	}
	revoke(url.Values{"why": {"Stolen laptop"}}).want(http.StatusUnprocessableEntity, "Say whether", "Stolen laptop")
	revoke(url.Values{"how": {"compromised"}}).want(http.StatusUnprocessableEntity, "Say why it is revoked.")
	s.post("cora", "/dml/keys/9/revoke", url.Values{"how": {"retired"}, "why": {"x"}}).want(http.StatusNotFound)
	s.post("cora", "/dml/keys/x/revoke", url.Values{}).want(http.StatusNotFound)
	revoke(url.Values{"how": {"compromised"}, "why": {"Stolen laptop"}}).want(http.StatusSeeOther)
	revoke(url.Values{"how": {"retired"}, "why": {"x"}}).want(http.StatusConflict)
	s.get("bruno", "/dml/keys").want(http.StatusOK, "Compromised", "Stolen laptop.")
	s.get("cora", "/dml/payments-api/server").want(http.StatusOK, "Being judged again")
}

func TestAnItemIsAskedToBeSigned(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "first").want(http.StatusSeeOther)
	d, err := s.dml.Detail(context.Background(), s.actors["cora"], "payments-api/server")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"version": {"1"}, "name": {d.Item.Name}, "provenance": {string(dml.Built)}, "keep_days": {"0"}, "must_be_signed": {"true"}}
	s.post("cora", "/dml/items/payments-api/server", form).want(http.StatusSeeOther)
	s.get("cora", "/dml/payments-api/server").want(http.StatusOK, "required, by a", "Signature, which this item must have: None came with it.")
	s.post("cora", "/dml/versions/1/accept", url.Values{"version": {"3"}}).want(http.StatusConflict, "Signature, which this item must have")
}
