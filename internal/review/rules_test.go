package review

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/release"
)

const digest = "sha256:new"

var (
	giver    = who{id: 1, name: "Bruno", at: 100}
	receiver = who{id: 2, name: "Omar", at: 200}
	third    = who{id: 3, name: "Elin", at: 300}
)

func refused(t *testing.T, err error, says string) {
	t.Helper()
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want a refusal that says %q", err, says)
	}
}

func invalidField(t *testing.T, err error, field string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid {
		t.Fatalf("%v, want a problem with %s", err, field)
	}
	for _, problem := range f.Fields {
		if problem.Name == field {
			return
		}
	}
	t.Errorf("%v names no problem with %s", err, field)
}

func TestOnlyTheReceiverConfirms(t *testing.T) {
	delivered := func() *Transfer {
		return &Transfer{Topic: "Restart", State: TransferDelivered, GiverID: 1, GiverName: "Bruno", ReceiverID: 2, ReceiverName: "Omar", MediaVersionID: 9}
	}
	refused(t, delivered().move(VerbConfirm, giver, ""), "The giver never confirms")
	refused(t, delivered().move(VerbConfirm, third, ""), "Only Omar")
	refused(t, delivered().move(VerbRepeat, giver, "again"), "Only Omar")
	invalidField(t, delivered().move(VerbRepeat, receiver, " "), "note")
	ok := delivered()
	if err := ok.move(VerbConfirm, receiver, "clear"); err != nil || ok.State != TransferConfirmed {
		t.Errorf("the receiver confirms: %v", err)
	}
}

func TestOnlyTheGiverDeliversWhatIsPlanned(t *testing.T) {
	planned := &Transfer{State: TransferPlanned, GiverID: 1, GiverName: "Bruno", ReceiverID: 2, MediaVersionID: 9}
	refused(t, planned.move(VerbDeliver, receiver, ""), "Only Bruno")
	bare := &Transfer{State: TransferPlanned}
	refused(t, bare.move(VerbDeliver, giver, ""), "The transfer has no")
	if err := planned.move(VerbDeliver, giver, "walked through"); err != nil {
		t.Error(err)
	}
	same := TransferPlan{Topic: "a", Audience: "b", Method: "c", GiverID: 1, ReceiverID: 1, MediaVersionID: 1, Due: 1}
	invalidField(t, same.validate(), "receiver")
}

func TestOperationsDecidesNeverTheOfferor(t *testing.T) {
	item := func() *HandoverItem { return &HandoverItem{State: HandoverOffered, OfferedByID: 1, OfferedBy: "Bruno"} }
	refused(t, item().decide(VerbAcceptItem, giver, false, ""), "You offered this item")
	refused(t, item().decide(VerbAcceptItem, receiver, true, ""), "took part in deploying")
	refused(t, item().decide(VerbReturn, receiver, true, "thin"), "took part in deploying")
	invalidField(t, item().decide(VerbReturn, receiver, false, ""), "reason")
	refused(t, item().withdraw(receiver), "Only Bruno")
	ok := item()
	if err := ok.decide(VerbReturn, receiver, false, "no restore test"); err != nil || ok.State != HandoverReturned {
		t.Errorf("operations returns with a reason: %v", err)
	}
	if err := ok.offer(giver, "restored on Monday"); err != nil || ok.Reason != "" {
		t.Errorf("a returned item is offered again: %v, %q", err, ok.Reason)
	}
}

func value(state build.CriterionState, on string) Value {
	return Value{Criterion: build.Criterion{Statement: "Cards are charged"}, Check: LiveCheck{State: state, Digest: on}}
}

// ready is an early life with nothing in the way of its exit.
func ready() (*EarlyLife, exitFacts) {
	start := db.At(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	e := &EarlyLife{State: Active, Digest: digest, StartedAt: start, Days: 2, UsersAt: 1, TrainingAt: 1, ContractsAt: 1, LeadID: 3, LeadName: "Elin"}
	return e, exitFacts{
		days: []ServiceDay{{Day: 1, Stable: true}, {Day: 2, Stable: true}}, values: []Value{value(build.Pass, digest)},
		transfers: []Transfer{{Topic: "Restart", State: TransferConfirmed}}, now: start.Add(36 * time.Hour),
	}
}

func TestExitCriteria(t *testing.T) {
	r := &release.Release{Key: "PAY-1"}
	e, f := ready()
	if list := e.lacks(r, f); len(list) != 0 {
		t.Fatalf("nothing is missing, but %+v", list)
	}
	for name, tt := range map[string]struct {
		spoil func(*EarlyLife, *exitFacts)
		code  string
	}{
		"users":               {func(e *EarlyLife, _ *exitFacts) { e.UsersAt = 0 }, "els.users"},
		"training":            {func(e *EarlyLife, _ *exitFacts) { e.TrainingAt = 0 }, "els.training"},
		"contracts":           {func(e *EarlyLife, _ *exitFacts) { e.ContractsAt = 0 }, "els.contracts"},
		"severity 1":          {func(_ *EarlyLife, f *exitFacts) { f.incidents = []Incident{{Severity: 1, State: IncidentOpen}} }, "els.severity-1"},
		"an unstable day":     {func(_ *EarlyLife, f *exitFacts) { f.days[1].Stable = false }, "els.stable"},
		"a missing day":       {func(_ *EarlyLife, f *exitFacts) { f.days = f.days[1:] }, "els.stable"},
		"silence since":       {func(e *EarlyLife, f *exitFacts) { f.now = e.StartedAt.Add(5 * 24 * time.Hour) }, "els.stable"},
		"an extension":        {func(e *EarlyLife, _ *exitFacts) { e.ExtraDays = 1 }, "els.stable"},
		"transfer unfinished": {func(_ *EarlyLife, f *exitFacts) { f.transfers[0].State = TransferDelivered }, "transfer.confirmed"},
		"criterion planned":   {func(_ *EarlyLife, f *exitFacts) { f.values = []Value{value(build.Planned, "")} }, "value.live"},
		"criterion failing":   {func(_ *EarlyLife, f *exitFacts) { f.values = []Value{value(build.Fail, digest)} }, "value.live"},
		"criterion stale":     {func(_ *EarlyLife, f *exitFacts) { f.values = []Value{value(build.Pass, "sha256:old")} }, "value.live"},
		"no criteria":         {func(_ *EarlyLife, f *exitFacts) { f.values = nil }, "value.live"},
	} {
		e, f := ready()
		tt.spoil(e, &f)
		list := e.lacks(r, f)
		if len(list) != 1 || list[0].Code != tt.code {
			t.Errorf("%s: %+v, want exactly %s", name, list, tt.code)
			continue
		}
		if list[0].Owner == "" || list[0].Link == "" || list[0].Action == "" {
			t.Errorf("%s: a blocker names its owner and where it is removed: %+v", name, list[0])
		}
		if fault.KindOf(e.request(third, list)) != fault.Refused || e.State != Active {
			t.Errorf("%s: the exit was requested all the same", name)
		}
	}
	e, f = ready()
	e.UsersAt, e.TrainingAt, f.values, f.days = 0, 0, nil, nil
	if list := e.lacks(r, f); len(list) != 4 {
		t.Errorf("all blockers are named at once, not %d", len(list))
	}
	e, f = ready()
	f.incidents = []Incident{{Severity: 2, State: IncidentOpen}, {Severity: 1, State: IncidentResolved}}
	if list := e.lacks(r, f); len(list) != 0 {
		t.Errorf("only an open severity-1 stops the exit: %+v", list)
	}
}

func TestWhoAsksDoesNotAccept(t *testing.T) {
	asked := func() *EarlyLife { return &EarlyLife{State: ExitRequested, RequestedByID: 3, LeadID: 3} }
	refused(t, asked().accept(third, nil), "asked for this exit yourself")
	refused(t, (&EarlyLife{State: ExitRequested, RequestedByID: 1, LeadID: 3}).accept(third, nil), "You lead")
	invalidField(t, asked().extend(receiver, 0, "more time"), "days")
	invalidField(t, asked().extend(receiver, 3, ""), "reason")
	e := asked()
	if err := e.accept(receiver, nil); err != nil || e.State != Accepted {
		t.Errorf("operations accepts: %v", err)
	}
}

func TestAnotherPackageStartsAnew(t *testing.T) {
	e, _ := ready()
	e.LeadName = "Elin"
	if err := e.restart("sha256:newer", 5, 999); err != nil {
		t.Fatal(err)
	}
	if e.UsersAt != 0 || e.TrainingAt != 0 || e.Days != 5 || e.StartedAt != 999 || e.LeadName != "Elin" {
		t.Errorf("what was attested of the old package still holds: %+v", e)
	}
}

func TestRosterCoversEveryDay(t *testing.T) {
	if open := uncovered([]Shift{{Day: 1}, {Day: 3}, {Day: 9}}, 4); len(open) != 2 || open[0] != 2 || open[1] != 4 {
		t.Errorf("days 2 and 4 are open, not %v", open)
	}
	if open := uncovered(nil, 0); len(open) != 0 {
		t.Error("no agreed days need no roster")
	}
}

func TestStableRun(t *testing.T) {
	for name, tt := range map[string]struct {
		days []ServiceDay
		want int64
	}{
		"none":     {nil, 0},
		"all":      {[]ServiceDay{{Day: 1, Stable: true}, {Day: 2, Stable: true}}, 2},
		"broken":   {[]ServiceDay{{Day: 1, Stable: true}, {Day: 2}, {Day: 3, Stable: true}}, 1},
		"gap":      {[]ServiceDay{{Day: 1, Stable: true}, {Day: 3, Stable: true}}, 1},
		"bad last": {[]ServiceDay{{Day: 1, Stable: true}, {Day: 2}}, 0},
	} {
		if got := stableRun(tt.days); got != tt.want {
			t.Errorf("%s: %d stable days, want %d", name, got, tt.want)
		}
	}
}

func TestReviewIsNeverAgreedByItsHolderAlone(t *testing.T) {
	full := Findings{"a", "b", "c", "d", "e", "f", "", "h"}
	p := &PIR{State: PirDue}
	refused(t, p.agree(receiver, "", nil), "Due")
	if err := p.hold(Findings{}, giver); err == nil {
		t.Error("an empty review was held")
	} else if f, _ := fault.As(err); len(f.Fields) != 7 {
		t.Errorf("a review names every missing part, not %d", len(f.Fields))
	}
	if err := p.hold(full, giver); err != nil {
		t.Fatal(err)
	}
	refused(t, p.agree(giver, "", nil), "agreed by somebody else")
	refused(t, p.agree(receiver, "", unowned(&release.Release{}, []Action{{Title: "Buy a spare", OwnerID: 4}})), "Buy a spare")
	if err := p.agree(receiver, "", nil); err != nil || p.State != PirAgreed {
		t.Errorf("a second person agrees: %v", err)
	}
	refused(t, p.hold(full, giver), "Agreed")
}

func TestPromises(t *testing.T) {
	p := &Promise{Outcome: Undecided}
	refused(t, p.state(Met, "runs", giver, false), "not met live")
	invalidField(t, p.state(Deferred, "", giver, true), "reason")
	if err := p.state(Deviated, "IPv4 only", giver, false); err != nil || p.Settled() {
		t.Errorf("a deviation waits for the service owner: %v", err)
	}
	refused(t, p.approve(giver), "stated this exception yourself")
	if err := p.approve(receiver); err != nil || !p.Settled() {
		t.Errorf("the service owner approves: %v", err)
	}
	if err := p.state(Deviated, "and no IPv6 in 2027", giver, false); err != nil || p.Settled() {
		t.Error("a changed exception is approved anew")
	}
}

func TestLiveAcceptanceNeedsAToleratedError(t *testing.T) {
	in := Measurement{Verb: build.VerbAccept, KnownErrorKey: "KE-1"}
	refused(t, (&LiveCheck{State: build.Fail, Digest: digest}).judge(in, third, digest, nil), "tolerated")
	refused(t, (&LiveCheck{State: build.Fail, Digest: digest}).judge(in, third, digest, &build.KnownError{State: build.MustFix}), "tolerated")
	refused(t, (&LiveCheck{State: build.Fail, Digest: "sha256:old"}).judge(in, third, digest, &build.KnownError{State: build.Transferred}), "earlier package")
	ok := &LiveCheck{State: build.Fail, Digest: digest}
	if err := ok.judge(in, third, digest, &build.KnownError{State: build.Transferred}); err != nil || !ok.MetFor(digest) {
		t.Errorf("a tolerated failure is met: %v", err)
	}
}

func TestActionsBelongToTheirOwner(t *testing.T) {
	a := &Action{State: ActionOpen, OwnerID: 2, OwnerName: "Omar"}
	refused(t, a.finish(giver, "done"), "Only Omar")
	invalidField(t, a.finish(receiver, ""), "note")
	if err := a.finish(receiver, "bought"); err != nil {
		t.Error(err)
	}
}
