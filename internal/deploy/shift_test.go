package deploy_test

import (
	"strings"
	"testing"

	"slipway/internal/fault"
)

func TestTheNextShiftReadsTheNoteBeforeItTakesAStep(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	field(t, w.svc.LeaveNote(ctx, w.dario, w.key, 1, " "), "text")
	field(t, w.svc.LeaveNote(ctx, w.dario, w.key, 1, strings.Repeat("x", 4001)), "text")
	kindIs(t, w.svc.LeaveNote(ctx, w.stefan, w.key, 1, "hello"), fault.Forbidden)
	kindIs(t, w.svc.LeaveNote(ctx, w.machine, w.key, 1, "hello"), fault.Forbidden)
	w.must(w.svc.LeaveNote(ctx, w.dario, w.key, 1, "osl-2 is slow; wait for it"))
	sheet, err := w.svc.RunSheet(ctx, w.dina, w.key, 1)
	w.must(err)
	if len(sheet.Notes) != 1 || !sheet.Notes[0].CanRead || !sheet.CanNote {
		t.Fatalf("the next shift sees %+v", sheet.Notes)
	}
	id := sheet.Notes[0].ID
	refused(t, w.svc.ClaimStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version), "shift.note")
	refused(t, w.svc.ReadNote(ctx, w.dario, w.key, 1, id), "shift.note")
	kindIs(t, w.svc.ReadNote(ctx, w.dina, w.key, 1, id+1), fault.NotFound)
	kindIs(t, w.svc.ReadNote(ctx, w.dina, w.key, 2, id), fault.NotFound)
	w.must(w.svc.ReadNote(ctx, w.dina, w.key, 1, id))
	w.must(w.svc.ReadNote(ctx, w.dina, w.key, 1, id)) // a second click
	w.must(w.svc.ClaimStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version))

	w.must(w.svc.LeaveNote(ctx, w.dina, w.key, 1, "step 1 is mine still"))
	w.must(w.svc.SignStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version, "done")) // who wrote it works on
}
