package release

import (
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

func rule(role identity.Role, quorum, order int) policy.ApprovalRule {
	return policy.ApprovalRule{Role: role, Quorum: quorum, Order: order}
}

func word(by int64, role identity.Role) Decision {
	return Decision{ByID: by, Role: role, Verdict: Approve}
}

func TestWhoIsStillAskedFor(t *testing.T) {
	const cm, ca, owner = identity.ChangeManager, identity.ChangeAuthority, identity.ServiceOwner
	tests := []struct {
		name  string
		rules []policy.ApprovalRule
		given []Decision
		asked []identity.Role
		done  bool
	}{
		{"nobody decides where no rule is", nil, nil, nil, false},
		{"one of one", []policy.ApprovalRule{rule(cm, 1, 0)}, []Decision{word(1, cm)}, nil, true},
		{"one of two", []policy.ApprovalRule{rule(cm, 2, 0)}, []Decision{word(1, cm)}, []identity.Role{cm}, false},
		{"two of two", []policy.ApprovalRule{rule(cm, 2, 0)}, []Decision{word(1, cm), word(2, cm)}, nil, true},
		{"one person twice is one", []policy.ApprovalRule{rule(cm, 2, 0)}, []Decision{word(1, cm), word(1, cm)}, []identity.Role{cm}, false},
		{"two of one role are not one of each", []policy.ApprovalRule{rule(cm, 1, 0), rule(ca, 1, 0)}, []Decision{word(1, cm), word(2, cm)}, []identity.Role{ca}, false},
		{"one person under two roles counts once", []policy.ApprovalRule{rule(cm, 1, 0), rule(ca, 1, 0)}, []Decision{word(1, cm), word(1, ca)}, []identity.Role{ca}, false},
		{"one of each", []policy.ApprovalRule{rule(cm, 1, 0), rule(ca, 1, 0)}, []Decision{word(1, cm), word(2, ca)}, nil, true},
		{"the first in turn", []policy.ApprovalRule{rule(cm, 1, 1), rule(ca, 1, 2)}, nil, []identity.Role{cm}, false},
		{"the second in turn", []policy.ApprovalRule{rule(cm, 1, 1), rule(ca, 1, 2)}, []Decision{word(1, cm)}, []identity.Role{ca}, false},
		{"turns wait for the whole quorum", []policy.ApprovalRule{rule(cm, 2, 1), rule(ca, 1, 2)}, []Decision{word(1, cm)}, []identity.Role{cm}, false},
		{"0 is any time, and nobody waits for it", []policy.ApprovalRule{rule(owner, 1, 0), rule(cm, 1, 1), rule(ca, 1, 2)}, nil, []identity.Role{owner, cm}, false},
		{"0 may come last", []policy.ApprovalRule{rule(owner, 1, 0), rule(cm, 1, 1)}, []Decision{word(1, cm)}, []identity.Role{owner}, false},
		{"the same role in two turns takes two people", []policy.ApprovalRule{rule(cm, 1, 1), rule(cm, 1, 2)}, []Decision{word(1, cm), word(2, cm)}, nil, true},
		{"a rejection fills no seat", []policy.ApprovalRule{rule(cm, 1, 0)}, []Decision{{ByID: 1, Role: cm, Verdict: Reject}}, []identity.Role{cm}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := seats(test.rules, test.given)
			if asked := openRoles(list); !slices.Equal(asked, test.asked) {
				t.Errorf("asked for: %v, want %v", asked, test.asked)
			}
			if complete(list) != test.done {
				t.Errorf("complete: %v, want %v", !test.done, test.done)
			}
		})
	}
}

func TestWhoHasNoSayByTheRecord(t *testing.T) {
	r, p := &Release{Key: "PAY-1", AuthorID: 1, OwnerID: 2}, &Package{Number: 1, AuthorID: 3}
	for _, code := range GateCodes() {
		for id, excluded := range map[int64]bool{1: true, 2: true, 3: code == A3 || code == A4, 4: false} {
			list := independence(r, p, code, id)
			if (len(list) > 0) != excluded {
				t.Errorf("%s by person %d: %v", code, id, list)
			}
			for _, b := range list {
				if b.Code != "gate.independent" || b.Sentence == "" || b.Owner == "" || b.Link == "" || b.Action == "" {
					t.Errorf("%s by person %d: %+v lacks words", code, id, b)
				}
			}
		}
	}
	both := &Release{Key: "PAY-1", AuthorID: 1, OwnerID: 1}
	if list := independence(both, &Package{AuthorID: 1}, A3, 1); len(list) != 2 {
		t.Errorf("who asked for it and baselined it reads %d reasons, want both", len(list))
	}
}

func TestWhoBuiltOrSubmittedMediaHasNoSay(t *testing.T) {
	tab := &table{r: &Release{Key: "PAY-1", AuthorID: 1, OwnerID: 2}, pack: &Package{Number: 1, AuthorID: 3}, gate: &Gate{Code: A3, SubmitterID: 4}, submitted: []int64{5, 8}, built: []int64{6, 8}}
	for id, want := range map[int64]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 0, 8: 2} {
		list := tab.involved(id)
		if len(list) != want {
			t.Errorf("person %d reads %v", id, list)
		}
		for _, b := range list {
			if b.Code != "gate.independent" || b.Sentence == "" || b.Owner == "" || b.Link == "" || b.Action == "" {
				t.Errorf("person %d: %+v lacks words", id, b)
			}
		}
	}
}

func TestWhatVoidsWhichGate(t *testing.T) {
	digest := func(c string) string { return "sha256:" + strings.Repeat(c, 64) }
	before := Release{PlanVersion: 1, PackageDigest: digest("a"), WindowStart: 10, WindowEnd: 20}
	changes := []struct {
		name   string
		change func(*Release)
		voids  []GateCode
		says   string
	}{
		{"nothing", func(*Release) {}, nil, ""},
		{"the plan", func(r *Release) { r.PlanVersion = 2 }, []GateCode{A2, A4}, "plan v1 is now v2"},
		{"the package", func(r *Release) { r.PackageDigest = digest("b") }, []GateCode{A3, A4}, "package aaaaaaaaaaaa is now bbbbbbbbbbbb"},
		{"no package any more", func(r *Release) { r.PackageDigest = "" }, []GateCode{A3, A4}, "package aaaaaaaaaaaa is now none"},
		{"the window's start", func(r *Release) { r.WindowStart = 11 }, []GateCode{A4}, "the window moved"},
		{"the window's end", func(r *Release) { r.WindowEnd = 21 }, []GateCode{A4}, "the window moved"},
		{"the title and the owner", func(r *Release) { r.Title, r.OwnerID = "Other", 9 }, nil, ""},
	}
	for _, c := range changes {
		for _, code := range GateCodes() {
			g := &Gate{Code: code}
			g.bind(&before)
			after := before
			c.change(&after)
			what, void := g.outdated(&after)
			if void != slices.Contains(c.voids, code) || void && !strings.Contains(what, c.says) {
				t.Errorf("%s changed, %s: void %v, %q", c.name, code, void, what)
			}
		}
	}
	g := &Gate{Code: A4}
	g.bind(&before)
	all := Release{PlanVersion: 2, PackageDigest: digest("b"), WindowStart: 11, WindowEnd: 20}
	if what, _ := g.outdated(&all); strings.Count(what, ";") != 2 {
		t.Errorf("three differences read %q", what)
	}
}

func TestARoundBeginsAnewWithWhatTheReleaseIsNow(t *testing.T) {
	g := &Gate{Code: A4, State: GatePending, Round: 1}
	first := &Release{PlanVersion: 1}
	if err := g.open(first, 3, 14, now); err != nil || g.Round != 1 || g.ExpiresAt != now.Add(14*24*time.Hour) || g.PlanVersion != 1 || g.SubmitterID != 3 {
		t.Fatalf("opened: %+v, %v", g, err)
	}
	if g.expired(g.ExpiresAt) || !g.expired(g.ExpiresAt+1) {
		t.Error("a gate can be decided up to the moment it expires, and not after")
	}
	if err := g.conclude(first, "Chen", []Finding{{State: Met}, {State: Waived}}, now+5); err != nil || g.State != GateWaived || g.DecidedBy != "Chen" || g.DecidedAt != now+5 {
		t.Fatalf("concluded with an exception: %+v, %v", g, err)
	}
	if err := g.move(GateVerbVoid); err != nil {
		t.Fatal(err)
	}
	second := &Release{PlanVersion: 2}
	if err := g.open(second, 0, 14, now+9); err != nil || g.Round != 2 || g.PlanVersion != 2 || g.DecidedBy != "" || g.DecidedAt != 0 || g.OpenedAt != now+9 || g.SubmitterID != 0 {
		t.Errorf("opened anew: %+v, %v", g, err)
	}
	if err := g.conclude(second, "Chen", []Finding{{State: Met}, {State: Deferred}}, now); err != nil || g.State != GateApproved {
		t.Errorf("concluded without an exception: %s, %v", g.State, err)
	}
}

func TestAFindingAsABlocker(t *testing.T) {
	for state, want := range map[FindingState]string{Unmet: "The plan is agreed: not met. Omar objects.", Unknown: "The plan is agreed: not known. Omar objects."} {
		f := Finding{Code: "plan.agreed", Title: "The plan is agreed", State: state, Detail: "Omar objects.", Owner: "Omar", Link: "/plan", Action: "Open the plan", Due: db.Time(1000)}
		if b := f.Blocker(); b.Sentence != want || b.Code != "plan.agreed" || b.Owner != "Omar" || b.Link != "/plan" || b.Action != "Open the plan" || b.Due != f.Due.Std() {
			t.Errorf("%s: %+v", state, b)
		}
	}
	list := blockersOf([]Finding{{State: Met}, {Code: "a", State: Unmet}, {State: Waived}, {Code: "b", State: Unknown}, {State: Deferred}})
	if codes := codesOf(list); !slices.Equal(codes, []string{"a", "b"}) {
		t.Errorf("what blocks: %v", codes)
	}
}

func codesOf(list []fault.Blocker) (codes []string) {
	for _, b := range list {
		codes = append(codes, b.Code)
	}
	return codes
}
