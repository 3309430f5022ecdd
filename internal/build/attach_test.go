package build_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/build"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

func (w *world) attach(actor identity.Actor, number int64, name, words string) error {
	return w.svc.AttachToVerdict(ctx, actor, w.key, number, name, strings.NewReader(words))
}

// files names what is attached to the verdict on the first criterion, and what
// its verifier has not judged with yet.
func (w *world) files() (given, held string) {
	w.t.Helper()
	sh, err := w.svc.Sheet(ctx, w.verifier, w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range sh.Criteria[0].Files {
		given += a.FileName + " "
	}
	for _, a := range sh.Held[sh.Criteria[0].ID] {
		held += a.FileName + " "
	}
	return given, held
}

func TestAVerdictHasItsOwnFiles(t *testing.T) {
	w := newWorld(t)
	w.criteria()
	kindIs(t, w.attach(w.bruno, 1, "a.log", "x"), fault.Forbidden)
	kindIs(t, w.attach(w.omar, 1, "a.log", "x"), fault.Forbidden)
	kindIs(t, w.attach(w.machine, 1, "a.log", "x"), fault.Forbidden)
	refusedWith(t, w.attach(w.author, 1, "a.log", "x"), "You put this package together")
	kindIs(t, w.attach(w.verifier, 9, "a.log", "x"), fault.NotFound)

	for _, name := range []string{"charges.csv", "screen.txt"} {
		if err := w.attach(w.verifier, 1, name, name); err != nil {
			t.Fatal(err)
		}
	}
	kindIs(t, w.svc.Judge(ctx, w.verifier, w.key, 1, 1, build.Verdict{Verb: build.VerbPass}), fault.Invalid)
	if given, held := w.files(); given != "" || held != "charges.csv screen.txt " {
		t.Errorf("after a refusal: given %q, held %q", given, held)
	}
	if err := w.svc.Judge(ctx, w.verifier, w.key, 1, 1, pass); err != nil {
		t.Fatal(err)
	}
	if given, held := w.files(); given != "charges.csv screen.txt " || held != "" {
		t.Errorf("after the verdict: given %q, held %q", given, held)
	}
	dbtest.Advance(w.d, time.Minute)
	if err := w.attach(w.verifier, 1, "again.csv", "worse"); err != nil {
		t.Fatal(err)
	}
	if given, held := w.files(); given != "charges.csv screen.txt " || held != "again.csv " {
		t.Errorf("before the next: given %q, held %q", given, held)
	}
	if err := w.svc.Judge(ctx, w.verifier, w.key, 1, 2, build.Verdict{Verb: build.VerbFail, Measured: "99 %", Evidence: "again.csv"}); err != nil {
		t.Fatal(err)
	}
	if given, _ := w.files(); given != "again.csv " {
		t.Errorf("the second verdict shows %q", given)
	}
	w.setState(release.Ready)
	refusedWith(t, w.attach(w.verifier, 1, "late.csv", "late"), "this is recorded while it is")
}
