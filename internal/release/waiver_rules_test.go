package release

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"slipway/internal/fault"
)

func asked() *Waiver {
	return &Waiver{Gate: A4, Finding: "notice.sent", Title: "Those concerned have been notified", State: WaiverAsked, AskedByID: 1, RiskOwnerID: 2, RiskOwner: "Sofia", ExpiresAt: now + 100}
}

func TestWhoDecidesAWaiver(t *testing.T) {
	r := &Release{Key: "PAY-1", OwnerID: 3, AuthorID: 4}
	for id, tie := range map[int64]string{1: "asked for", 2: "answer for the risk", 3: "own the release", 4: "submitted the release", 5: ""} {
		for _, verdict := range []Verdict{Approve, Reject} {
			w := asked()
			err := w.decide(r, person(id), verdict, "because", now)
			f, refused := fault.As(err)
			switch {
			case tie == "" && (err != nil || w.DecidedByID != 5 || w.DecidedAt != now || w.Comment != "because"):
				t.Errorf("somebody independent, %s: %+v, %v", verdict, w, err)
			case tie != "" && (!refused || f.Kind != fault.Refused || len(f.Blockers) != 1 || !strings.Contains(f.Blockers[0].Sentence, tie) ||
				f.Blockers[0].Owner == "" || f.Blockers[0].Link == "" || w.State != WaiverAsked):
				t.Errorf("whoever %q, %s: %v", tie, verdict, err)
			}
		}
	}
}

func TestWhatADecisionOnAWaiverSays(t *testing.T) {
	r := &Release{Key: "PAY-1", OwnerID: 3, AuthorID: 4}
	if err := asked().decide(r, person(5), Reject, "", now); !errors.Is(err, fault.Invalid) {
		t.Errorf("refused without a reason: %v", err)
	}
	if err := asked().decide(r, person(5), "perhaps", "because", now); !errors.Is(err, fault.Invalid) {
		t.Errorf("decided with a verdict that is none: %v", err)
	}
	late := asked()
	if err := late.decide(r, person(5), Approve, "because", late.ExpiresAt); !errors.Is(err, fault.Refused) || late.State != WaiverAsked {
		t.Errorf("an exception whose time has run out is allowed: %s, %v", late.State, err)
	}
	if err := late.decide(r, person(5), Reject, "too late", late.ExpiresAt); err != nil {
		t.Errorf("it cannot be refused: %v", err)
	}
}

func TestWhatAWaiverExcepts(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*Waiver, *Finding)
		excepts bool
	}{
		{"its finding at its gate", func(*Waiver, *Finding) {}, true},
		{"what nobody knows", func(_ *Waiver, f *Finding) { f.State = Unknown }, true},
		{"what is met anyway", func(_ *Waiver, f *Finding) { f.State = Met }, false},
		{"what nobody can waive", func(_ *Waiver, f *Finding) { f.Waivable = false }, false},
		{"another finding", func(_ *Waiver, f *Finding) { f.Code = "plan.agreed" }, false},
		{"at another gate", func(w *Waiver, _ *Finding) { w.Gate = A2 }, false},
		{"when only asked for", func(w *Waiver, _ *Finding) { w.State = WaiverAsked }, false},
		{"when refused", func(w *Waiver, _ *Finding) { w.State = WaiverRefused }, false},
		{"when its time has run out", func(w *Waiver, _ *Finding) { w.ExpiresAt = now }, false},
	}
	for _, test := range tests {
		w, findings := asked(), []Finding{{Code: "notice.sent", State: Unmet, Detail: "Not sent.", Waivable: true}}
		w.State, w.DecidedBy = WaiverApproved, "Olga"
		test.change(w, &findings[0])
		was := findings[0].State
		applyWaivers(findings, []Waiver{*w}, A4, now)
		f := findings[0]
		if test.excepts && (f.State != Waived || f.Blocks() || !strings.Contains(f.Detail, "Olga") || !strings.Contains(f.Detail, "Sofia")) {
			t.Errorf("%s: %+v", test.name, f)
		}
		if !test.excepts && (f.State != was || f.Detail != "Not sent.") {
			t.Errorf("%s is excepted: %+v", test.name, f)
		}
	}
}

func TestWhatAnEmergencyMayOwe(t *testing.T) {
	findings := func() []Finding {
		return []Finding{{Code: "plan.agreed", State: Unmet}, {Code: "readiness.data", State: Unknown}, {Code: "package.signed", State: Unmet}, {Code: "notice.sent", State: Met},
			{Code: "media.accepted", State: Unmet}, {Code: "items.decided", State: Unmet}, {Code: "window.freezes", State: Unmet}, {Code: "deploy.steps", State: Unmet},
			{Code: "backout.rehearsed", State: Unmet}}
	}
	blocking := func(list []Finding) (codes []string) {
		for _, f := range list {
			if f.Blocks() {
				codes = append(codes, f.Code)
			}
		}
		return codes
	}
	all := blocking(findings())
	hard := []string{"package.signed", "media.accepted", "items.decided", "window.freezes", "deploy.steps", "backout.rehearsed"}
	authority := &Authority{Kind: ECAB}
	for _, code := range GateCodes() {
		want := hard
		if code == A3 || code == A5 { // no authority speaks for these
			want = all
		}
		list := findings()
		if authority.deferTo(code, list); !slices.Equal(blocking(list), want) {
			t.Errorf("with authority %s is blocked by %v, want %v", code, blocking(list), want)
		}
		list = findings()
		if (*Authority)(nil).deferTo(code, list); !slices.Equal(blocking(list), all) {
			t.Errorf("without authority %s is blocked by %v only", code, blocking(list))
		}
	}
}
