package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/deploy/ssh"
	"slipway/internal/deploy/ssh/sshtest"
	"slipway/internal/fault"
)

func (w *world) host(key string) *deploy.HostView {
	w.t.Helper()
	h, err := w.svc.HostOf(ctx, w.maya, key)
	w.must(err)
	return h
}

// audited tells how many entries of the record hold the words.
func (w *world) audited(words string) (n int64) {
	w.t.Helper()
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Table("audit_entries").Where("sentence LIKE ?", "%"+words+"%").Count(&n).Error
	}))
	return n
}

func TestHostKeyIsAcceptedByAPerson(t *testing.T) {
	w := newWorld(t)
	real := sshtest.New(t)
	refused(t, w.svc.LookAtHost(ctx, w.maya, "osl-1"))
	field(t, w.svc.EditHost(ctx, w.maya, "osl-1", 0, deploy.HostDraft{Address: "-oProxyCommand=id", Login: "deploy"}), "address")
	field(t, w.svc.EditHost(ctx, w.maya, "osl-1", 0, deploy.HostDraft{Address: "osl-1", Login: "deploy", Port: "99999"}), "port")
	field(t, w.svc.EditHost(ctx, w.maya, "osl-1", 0, deploy.HostDraft{Address: "osl-1", Login: "a b"}), "login")
	kindIs(t, w.svc.EditHost(ctx, w.dario, "osl-1", 0, deploy.HostDraft{}), fault.Forbidden)
	w.must(w.svc.EditHost(ctx, w.maya, "osl-1", 0, deploy.HostDraft{Address: "127.0.0.1", Login: "deploy", Port: fmt.Sprint(real.Port)}))
	if h := w.host("osl-1"); h.AddressBy != "Maya" || h.Pinned() != "" {
		t.Errorf("who set the address is not known: %+v", h)
	}
	w.must(w.svc.LookAtHost(ctx, w.maya, "osl-1"))
	h := w.host("osl-1")
	want, _ := ssh.Fingerprint(real.Key())
	if h.Shown() != want || h.HostKey != "" {
		t.Fatalf("it shows %q and has %q pinned", h.Shown(), h.HostKey)
	}
	refused(t, w.svc.AcceptHostKey(ctx, w.maya, "osl-1", h.Version, "SHA256:other"))
	owner := w.maya
	owner.Kind, owner.Scopes = w.machine.Kind, []string{"api:write"}
	kindIs(t, w.svc.AcceptHostKey(ctx, owner, "osl-1", h.Version, want), fault.Forbidden)
	kindIs(t, w.svc.AcceptHostKey(ctx, w.maya, "osl-1", h.Version-1, want), fault.Conflict)
	w.must(w.svc.AcceptHostKey(ctx, w.maya, "osl-1", h.Version, want))
	if h = w.host("osl-1"); h.Pinned() != want || h.AcceptedBy != "Maya" || h.ShownKey != "" || w.audited("accepted the host key "+want) != 1 {
		t.Errorf("%+v is not pinned on the record", h)
	}
	real.Rekey(t)
	w.must(w.svc.LookAtHost(ctx, w.maya, "osl-1"))
	h = w.host("osl-1")
	now, _ := ssh.Fingerprint(real.Key())
	if !h.Changed() || h.Pinned() != want || h.Shown() != now {
		t.Errorf("a changed key: pinned %s, shown %s", h.Pinned(), h.Shown())
	}
	w.must(w.svc.RefuseHostKey(ctx, w.maya, "osl-1", h.Version))
	if h = w.host("osl-1"); h.Pinned() != want || h.ShownKey != "" {
		t.Errorf("refused, and pinned is %s", h.Pinned())
	}
	w.must(w.svc.LookAtHost(ctx, w.maya, "osl-1"))
	h = w.host("osl-1")
	w.must(w.svc.AcceptHostKey(ctx, w.maya, "osl-1", h.Version, now))
	if w.audited("in the place of "+want) != 1 {
		t.Error("the record does not name the key that was replaced")
	}
	h = w.host("osl-1")
	w.must(w.svc.EditHost(ctx, w.maya, "osl-1", h.Version, deploy.HostDraft{Address: "127.0.0.1", Login: "root", Port: fmt.Sprint(real.Port)}))
	if h = w.host("osl-1"); h.Pinned() != now {
		t.Error("another user on the same machine lost its key")
	}
	w.must(w.svc.EditHost(ctx, w.maya, "osl-1", h.Version, deploy.HostDraft{Address: "127.0.0.2", Login: "root"}))
	if h = w.host("osl-1"); h.Pinned() != "" || h.Port != 22 {
		t.Error("another machine keeps the key of the first")
	}
}

func TestHostThatShowsNoKey(t *testing.T) {
	w := newWorld(t)
	w.must(w.svc.EditHost(ctx, w.maya, "osl-1", 0, deploy.HostDraft{Address: "127.0.0.1", Port: "1", Login: "deploy"}))
	w.must(w.svc.LookAtHost(ctx, w.maya, "osl-1"))
	if h := w.host("osl-1"); h.Trouble == "" || h.ShownKey != "" {
		t.Errorf("%+v does not say why there is no key", h)
	}
}

func TestHostsFromAList(t *testing.T) {
	w := newWorld(t)
	_, key, err := ssh.NewKey("host")
	w.must(err)
	_, err = w.svc.ImportHosts(ctx, w.maya, "production", "osl-1 deploy@10.0.0.1\nnobody deploy@10.0.0.2\nosl-2 deploy@10.0.0.3:0\nbgo-1\nbgo-2 deploy@10.0.0.4 ssh-ed25519 nonsense")
	field(t, err, "list")
	for _, line := range []string{"Line 2", "Line 3", "Line 4", "Line 5"} {
		says(t, err, line)
	}
	if h := w.host("osl-1"); h.Address != "" {
		t.Error("half a list was saved")
	}
	n, err := w.svc.ImportHosts(ctx, w.maya, "production", "# hosts\n\nosl-1, deploy@osl-1.example:2222\nosl-2 deploy@[2001:db8::1]:22 "+key+"\nbgo-1 deploy@2001:db8::2")
	if err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	if h := w.host("osl-1"); h.Where() != "deploy@osl-1.example:2222" {
		t.Errorf("osl-1 is at %s", h.Where())
	}
	if h := w.host("osl-2"); h.Where() != "deploy@[2001:db8::1]:22" || h.Pinned() == "" || h.AcceptedBy != "Maya" || w.audited("accepted the host key "+h.Pinned()) != 1 {
		t.Errorf("osl-2 is at %s with %s", h.Where(), h.Pinned())
	}
	_, err = w.svc.Hosts(ctx, w.stefan, "production", "", "")
	kindIs(t, err, fault.Forbidden)
	list, err := w.svc.Hosts(ctx, w.dario, "production", "", "")
	if err != nil || len(list.Hosts) != 5 || list.Missing != 4 || list.Hosts[0].TargetKey != "bgo-1" || list.Hosts[1].Address != "" || list.CanEdit {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestKeysOfAnEnvironment(t *testing.T) {
	w := newWorld(t)
	kindIs(t, w.svc.MakeKey(ctx, w.dario, "production"), fault.Forbidden)
	w.must(w.svc.MakeKey(ctx, w.maya, "production"))
	w.must(w.svc.MakeKey(ctx, w.maya, "production"))
	refused(t, w.svc.MakeKey(ctx, w.maya, "production"))
	keys, err := w.svc.EnvironmentKeys(ctx, w.dario, "production")
	w.must(err)
	if len(keys) != 2 || keys[0].Number != 2 || keys[0].Sealed != "" || !strings.HasPrefix(keys[0].PublicKey, "ssh-ed25519 ") || !strings.HasSuffix(keys[0].PublicKey, "slipway-production-2") {
		t.Fatalf("%+v", keys)
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		var row deploy.EnvKey
		err := tx.First(&row, "number = 1")
		if strings.Contains(row.Sealed, "PRIVATE") || !strings.HasPrefix(row.Sealed, "v1.") {
			t.Error("the private half is kept in the clear")
		}
		return err
	}))
	field(t, w.svc.RetireKey(ctx, w.maya, "production", 1, keys[1].Version, " "), "reason")
	w.must(w.svc.RetireKey(ctx, w.maya, "production", 1, keys[1].Version, "rotated"))
	kindIs(t, w.svc.RetireKey(ctx, w.maya, "production", 7, 1, "rotated"), fault.NotFound)
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		var row deploy.EnvKey
		err := tx.First(&row, "number = 1")
		if row.Sealed != "" || row.RetiredBy != "Maya" {
			t.Error("a retired key is kept")
		}
		return err
	}))
	w.must(w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "lab", Name: "Lab", Zone: "UTC"}))
	w.must(w.svc.MakeKey(ctx, w.maya, "lab"))
	w.must(w.svc.RemoveEnvironment(ctx, w.maya, "lab", 1)) // and its key with it
}
