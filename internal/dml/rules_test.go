package dml

import (
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Every state × verb: what is not in this list is refused and changes nothing.
func TestEveryStateAndVerb(t *testing.T) {
	allowed := map[string]State{
		"Quarantined check": Checking, "Checking check": Checking, "Checking accept": Accepted, "Checking reject": Rejected,
		"Accepted doubt": Suspect, "Accepted retire": Retired, "Suspect clear": Accepted, "Suspect retire": Retired,
		"Quarantined resubmit": Quarantined, "Checking resubmit": Quarantined, "Rejected resubmit": Quarantined,
		"Quarantined withdraw": Rejected, "Checking withdraw": Rejected, "Suspect heal": Accepted,
	}
	for _, state := range States() {
		for _, verb := range Verbs() {
			v := Version{State: state, ItemName: "Server", Label: "1"}
			err := v.move(verb)
			to, ok := allowed[string(state)+" "+string(verb)]
			switch {
			case ok && (err != nil || v.State != to):
				t.Errorf("%s %s: %s, %v", state, verb, v.State, err)
			case !ok && (fault.KindOf(err) != fault.Refused || v.State != state):
				t.Errorf("%s %s was let through to %s: %v", state, verb, v.State, err)
			}
			if Can(state, verb) != ok {
				t.Errorf("Can(%s, %s) is %v", state, verb, !ok)
			}
		}
	}
}

func TestStateScan(t *testing.T) {
	var s State
	if err := s.Scan("Accepted"); err != nil || s != Accepted {
		t.Fatal(s, err)
	}
	for _, bad := range []any{"accepted", "", nil, 7, "Deleted"} {
		if s.Scan(bad) == nil {
			t.Errorf("%v was taken for a state", bad)
		}
	}
}

func TestNames(t *testing.T) {
	for _, good := range []string{"server", "payments-api/server", "a/b/c/d/e/f", "x86_64.image"} {
		if why := checkKey(good); why != "" {
			t.Errorf("%q: %s", good, why)
		}
	}
	for _, bad := range []string{"", "/", "a//b", "/a", "a/", "A/b", "a b", "..", "a/../b", "a/./b", "a\x00b", "a%2fb", "é", "-a", "a-", "upload", "licences/x", "releases", "releases/pay-2026.11.1",
		"quarantine", "versions/1", strings.Repeat("a", 129), "a/b/c/d/e/f/g", "a\nb", "<script>"} {
		if checkKey(bad) == "" {
			t.Errorf("the key %q was taken", bad)
		}
	}
	for _, bad := range []string{"", "-1", ".hidden", "1/2", "1 2", "1\n", "v1+2", strings.Repeat("1", 129), "é"} {
		if checkLabel(bad) == "" {
			t.Errorf("the label %q was taken", bad)
		}
	}
	for _, bad := range []string{"", ".", "..", "...", "../../etc/passwd", "/etc/passwd", `..\x`, "a/b", ".bashrc", "a\x00b", "a\r\nSet-Cookie: x", "exe\u202egpj.txt",
		"a\u200bb", strings.Repeat("a", 201), "\xff\xfe"} {
		if checkFileName(bad) == "" {
			t.Errorf("the file name %q was taken", bad)
		}
	}
	for _, good := range []string{"server-1.4.0.tar.gz", "Bedienungsanleitung für Ämter.pdf", `quote".txt`, "a b.bin"} {
		if why := checkFileName(good); why != "" {
			t.Errorf("%q: %s", good, why)
		}
	}
}

func TestLicenceExpressions(t *testing.T) {
	for expression, unknown := range map[string]int{
		"MIT": 0, "Apache-2.0 OR MIT": 0, "(GPL-2.0-only WITH Classpath-exception-2.0) AND ISC": 0, "LicenseRef-Halden-Terms": 0, "EPL-2.0+": 0,
		"mit": 1, "Beerware-9": 1, "MIT AND Foo OR Bar": 2, "LicenseRef-": 1,
	} {
		if got := unknownLicences(expression); len(got) != unknown {
			t.Errorf("%q: unknown %v", expression, got)
		}
	}
}

func TestSniff(t *testing.T) {
	for content, want := range map[string]string{
		"plain words": "text/plain", "<!DOCTYPE html><p>": "text/html", "just text <script>alert(1)</script>": "text/html",
		`<svg xmlns="http://www.w3.org/2000/svg">`: "image/svg+xml", "\x89PNG\x0D\x0A\x1A\x0A": "image/png", "%PDF-1.7": "application/pdf", "\x00\x01\x02": "application/octet-stream",
	} {
		if got := sniff([]byte(content)); got != want {
			t.Errorf("%q sniffs as %s, not %s", content, got, want)
		}
	}
	for _, c := range []struct {
		declared, sniffed string
		verdict           Verdict
	}{
		{"text/plain", "text/html", Unmet}, {"application/pdf", "image/svg+xml", Unmet}, {"image/png", "application/zip", Unmet},
		{"text/html", "text/html", Met}, {"application/gzip", "application/x-gzip", Met}, {"", "text/plain", Unknown}, {"text/plain", "", Unknown},
	} {
		if got := judgeContent(&Version{MediaType: c.declared}, finding{sniffed: c.sniffed}); got.Verdict != c.verdict {
			t.Errorf("%s that is %s: %s (%s)", c.declared, c.sniffed, got.Verdict, got.Detail)
		}
	}
}

// A refusal names every reason at once.
func TestAcceptNamesEverything(t *testing.T) {
	v := Version{State: Checking, ItemName: "Server", Label: "1", SubmitterID: 7, SubmitterName: "Bruno"}
	err := v.Accept(identity.Actor{UserID: 7}, []Check{{Code: "digest", Verdict: Met}, {Code: "licence", Verdict: Unmet}, {Code: "content", Verdict: Unmet}, {Code: "malware", Verdict: Unknown}}, Decision{}, 1)
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Refused || len(f.Blockers) != 3 || v.State != Checking {
		t.Fatalf("%v", err)
	}
	if err := (&Version{State: Checking}).Accept(identity.Actor{UserID: 8}, nil, Decision{}, 1); fault.KindOf(err) != fault.Refused {
		t.Fatalf("accepted without any check: %v", err)
	}
}

func TestLicenceRules(t *testing.T) {
	at := func(n int64) db.Time { return db.Time(n) }
	l := Licence{Key: "ENT-1", Metric: PerDevice, Entitled: 10, ValidFrom: at(100), ValidTo: at(200)}
	for _, c := range []struct {
		quantity, taken, when int64
		codes                 string
	}{
		{10, 0, 100, ""}, {1, 9, 199, ""}, {1, 10, 150, "licence.short"}, {1, 0, 99, "licence.early"}, {1, 0, 200, "licence.expired"}, {11, 0, 300, "licence.expired licence.short"},
	} {
		var codes []string
		for _, b := range l.Blockers(c.quantity, c.taken, at(c.when)) {
			codes = append(codes, b.Code)
		}
		if got := strings.Join(codes, " "); got != c.codes {
			t.Errorf("%+v: %q", c, got)
		}
	}
	l.Metric = PerSite
	if got := l.Blockers(1000, 1000, at(150)); len(got) != 0 {
		t.Errorf("a site licence counted: %v", got)
	}
	for _, from := range []AllocationState{Reserved, Consumed, Released} {
		for _, to := range []AllocationState{Reserved, Consumed, Released} {
			a := Allocation{State: from}
			ok := a.move(to) == nil
			want := from == Reserved && to != Reserved || from == Consumed && to != Consumed || from == Released && to == Reserved
			if ok != want {
				t.Errorf("%s to %s: %v", from, to, ok)
			}
		}
	}
}
