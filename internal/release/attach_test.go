package release_test

import (
	"strings"
	"testing"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

func (w *world) attach(actor identity.Actor, key string, code release.GateCode, name, words string) error {
	return w.svc.AttachToGate(ctx, actor, key, code, name, strings.NewReader(words))
}

func TestWhoMayAttachToADecision(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Draft)
	refused(t, w.attach(w.carl, key, release.A1, "early.log", "too early"), "gate.state")
	w.to(key, release.Proposed)
	machine := w.carl
	machine.Kind = identity.Machine
	for name, try := range map[string]struct {
		actor identity.Actor
		kind  fault.Kind
	}{
		"the owner":          {w.maya, fault.Forbidden},
		"the auditor":        {w.ada, fault.Forbidden},
		"a stakeholder":      {w.stefan, fault.Forbidden},
		"a machine":          {machine, fault.Forbidden},
		"who is not asked":   {w.olga, fault.Refused},
		"another that isn't": {w.cora, fault.Refused},
	} {
		if err := w.attach(try.actor, key, release.A1, "a.log", "by "+name); fault.KindOf(err) != try.kind || err == nil {
			t.Errorf("%s: %v, want %v", name, err, try.kind)
		}
	}
	w.must(w.attach(w.carl, key, release.A1, "minutes.txt", "all in favour"))
	w.approve(key, release.A1, w.carl)
	refused(t, w.attach(w.carl, key, release.A1, "late.txt", "after the fact"), "gate.state", "gate.twice")

	told := ""
	w.view(func(tx *db.Tx) error {
		list, err := audit.ForReleaseOf(tx, key, []string{"gate.approve"}, 0, 5)
		if len(list) == 1 {
			told = list[0].Detail
		}
		return err
	})
	if !strings.Contains(told, blob.Of([]byte("all in favour")).String()+" minutes.txt 13 bytes") {
		t.Errorf("the record of the decision names %q", told)
	}
	sheet, err := w.svc.Gate(ctx, w.stefan, key, release.A1)
	w.must(err)
	if len(sheet.Decisions) != 1 || len(sheet.Decisions[0].Files) != 1 || sheet.Decisions[0].Files[0].FileName != "minutes.txt" {
		t.Errorf("%+v", sheet.Decisions)
	}
	history, err := w.svc.History(ctx, w.stefan, key, release.Leaf{})
	w.must(err)
	if len(history.Files) != 1 || len(history.Decisions[0].Files) != 1 {
		t.Errorf("%+v", history.Files)
	}
}
