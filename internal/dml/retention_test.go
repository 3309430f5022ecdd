package dml

import (
	"context"
	"slices"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func TestWhatARuleLetsGo(t *testing.T) {
	now := db.At(dbtest.Start)
	ago := func(n int64) db.Time { return now.Add(-days(n)) }
	list := []Version{ // the newest first
		{Row: db.Row{ID: 7}, State: Checking},
		{Row: db.Row{ID: 6}, State: Accepted, DecidedAt: ago(400)},
		{Row: db.Row{ID: 5}, State: Rejected, DecidedAt: ago(91)},
		{Row: db.Row{ID: 4}, State: Suspect, DecidedAt: ago(400)},
		{Row: db.Row{ID: 3}, State: Accepted, DecidedAt: ago(400)},
		{Row: db.Row{ID: 2}, State: Retired, DecidedAt: ago(11), RetiredAt: ago(11)},
		{Row: db.Row{ID: 1}, State: Rejected, DecidedAt: ago(11)},
		{Row: db.Row{ID: 0}, State: Retired, RetiredAt: ago(500), LetGoAt: ago(1)},
	}
	for name, want := range map[string]struct {
		rule Retention
		kept int64
		now  []int64
	}{
		"all":                {Retention{Rule: KeepAll}, -1, []int64{5}},
		"all, one held":      {Retention{Rule: KeepAll}, 5, nil},
		"ten days":           {Retention{Rule: KeepDays, Days: 10}, -1, []int64{5, 2, 1}},
		"a hundred days":     {Retention{Rule: KeepDays, Days: 100}, -1, nil},
		"the last one":       {Retention{Rule: KeepLast, Last: 1}, -1, []int64{5, 3, 2}},
		"the last one, used": {Retention{Rule: KeepLast, Last: 1}, 3, []int64{5, 2}},
		"the last three":     {Retention{Rule: KeepLast, Last: 3}, -1, []int64{5, 2}},
		"the last ten":       {Retention{Rule: KeepLast, Last: 10}, -1, []int64{5}},
	} {
		var got []int64
		for _, g := range want.rule.goes(list, func(v *Version) string { return map[bool]string{true: "a case"}[v.ID == want.kept] }, now) {
			if !g.At.After(now) {
				got = append(got, g.ID)
			}
		}
		if !slices.Equal(got, want.now) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func (l library) rule(r Retention) {
	l.t.Helper()
	var item *Item
	if err := l.db.View(context.Background(), func(tx *db.Tx) (err error) { item, err = itemByKey(tx, "payments-api/server"); return err }); err != nil {
		l.t.Fatal(err)
	}
	if err := l.SetRetention(context.Background(), l.cora, item.Key, item.Row.Version, r); err != nil {
		l.t.Fatal(err)
	}
}

func TestRejectedBytesGoAndTheRecordStays(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	kept := l.accepted("1", "kept")
	v := l.receive(l.bruno, "2", "rejected")
	if err := l.Reject(ctx, l.cora, v.ID, v.Row.Version, Decision{Note: "unsigned"}); err != nil {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, 89*24*time.Hour)
	if run := l.collectNow(); run.LetGo != 0 {
		t.Fatalf("%+v", run)
	}
	dbtest.Advance(l.db, 2*24*time.Hour)
	if run := l.collectNow(); run.LetGo != 1 || run.Condemned != 2 { // the file and its manifest
		t.Fatalf("%+v", run)
	}
	dbtest.Advance(l.db, 25*time.Hour)
	if run := l.collectNow(); run.Deleted != 2 || l.has("rejected") {
		t.Fatalf("%+v", run)
	}
	gone := l.get(v.ID)
	if gone.State != Rejected || gone.Digest != v.Digest || gone.DecisionNote != "unsigned" || gone.LetGoWhy == "" {
		t.Fatalf("%+v", gone)
	}
	_, err := l.Open(ctx, l.cora, v.ID)
	wantKind(t, err, fault.NotFound, "were let go")
	l.recorded(v.Ref(), "media.letgo", "media.reject", "media.check", "media.submit")
	if err := l.Recheck(ctx, kept.Digest); err != nil {
		t.Fatal(err)
	}
	if list, err := l.Digests(ctx); err != nil || slices.Contains(list, v.Digest) {
		t.Fatal("what was let go is still to be verified", err)
	}
}

func TestTheLastAcceptedAreKept(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	used, old, last := l.accepted("1", "used"), l.accepted("2", "old"), l.accepted("3", "last")
	if err := l.do(func(tx *db.Tx) error {
		return RecordUse(tx, Use{MediaVersionID: used.ID, ReleaseKey: "PAY-1", PackageVersion: 1})
	}); err != nil {
		t.Fatal(err)
	}
	going, err := l.PreviewRetention(ctx, l.cora, old.ItemKey, Retention{Rule: KeepLast, Last: 1})
	if err != nil || len(going) != 1 || going[0].ID != old.ID {
		t.Fatalf("%+v %v", going, err)
	}
	_, err = l.PreviewRetention(ctx, l.bruno, old.ItemKey, Retention{Rule: KeepAll})
	wantKind(t, err, fault.Forbidden, "")
	wantKind(t, l.SetRetention(ctx, l.cora, old.ItemKey, 1, Retention{Rule: KeepDays}), fault.Invalid, "")
	wantKind(t, l.SetRetention(ctx, l.cora, old.ItemKey, 0, Retention{Rule: KeepAll}), fault.Conflict, "Somebody else")
	l.rule(Retention{Rule: KeepLast, Last: 1})
	l.collectNow()
	if v := l.get(old.ID); v.State != Retired || !v.Gone() || v.DeciderID != l.cora.UserID {
		t.Fatalf("%+v", v)
	}
	for _, v := range []*Version{used, last} {
		if v = l.get(v.ID); v.State != Accepted || v.Gone() {
			t.Fatalf("%+v", v)
		}
	}
}

func TestAHoldKeepsAndTakesBack(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	audrey := dbtest.User(t, l.db, "audrey", identity.Auditor)
	v := l.receive(l.bruno, "1", "evidence")
	if err := l.Reject(ctx, l.cora, v.ID, v.Row.Version, Decision{Note: "forged"}); err != nil {
		t.Fatal(err)
	}
	_, err := l.PlaceHold(ctx, l.bruno, HoldRequest{ItemKey: v.ItemKey, Reason: "mine"})
	wantKind(t, err, fault.Forbidden, "holds")
	_, err = l.PlaceHold(ctx, audrey, HoldRequest{ItemKey: v.ItemKey})
	wantKind(t, err, fault.Invalid, "not placed")
	dbtest.Advance(l.db, 100*24*time.Hour)
	l.collectNow()
	if !l.get(v.ID).Gone() {
		t.Fatal("not let go")
	}
	hold, err := l.PlaceHold(ctx, audrey, HoldRequest{ItemKey: v.ItemKey, MediaVersionID: v.ID, Reason: "case 7"})
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, 100*24*time.Hour)
	if run := l.collectNow(); run.Deleted+run.LetGo != 0 || l.get(v.ID).Gone() || !l.has("evidence") {
		t.Fatalf("held bytes went: %+v", run)
	}
	_, err = l.LiftHold(ctx, l.cora, hold.ID, hold.Row.Version, "")
	wantKind(t, err, fault.Invalid, "not lifted")
	if hold, err = l.LiftHold(ctx, l.cora, hold.ID, hold.Row.Version, "settled"); err != nil {
		t.Fatal(err)
	}
	_, err = l.LiftHold(ctx, l.cora, hold.ID, hold.Row.Version, "again")
	wantKind(t, err, fault.Refused, "was lifted")
	l.collectNow()
	dbtest.Advance(l.db, 25*time.Hour)
	if run := l.collectNow(); run.Deleted == 0 || l.has("evidence") {
		t.Fatalf("%+v", run)
	}
	_, err = l.PlaceHold(ctx, audrey, HoldRequest{ItemKey: v.ItemKey, MediaVersionID: v.ID, Reason: "too late"})
	wantKind(t, err, fault.Refused, "were deleted")
}

// Nobody takes out of a repository what is held.
func TestAHoldStopsTheSubmitter(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	c := mustPush(t, r, "1", "layer")
	if _, err := l.PlaceHold(ctx, l.cora, HoldRequest{ItemKey: "payments-api/image", Reason: "case 8"}); err != nil {
		t.Fatal(err)
	}
	wantCause(t, "taking back", r.Untag(ctx, waiting1, "1"), ErrDenied)
	wantCause(t, "deleting", r.Delete(ctx, waiting1, c.Digest, true), ErrDenied)
	_, err := push(t, r, "1", "other")
	wantCause(t, "replacing", err, ErrDenied)
}

func TestARestoreIsRehearsed(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.accepted("1", "precious")
	_, err := l.Rehearse(ctx, l.bruno, v.ID, nil, "")
	wantKind(t, err, fault.Forbidden, "")
	r, err := l.Rehearse(ctx, l.cora, v.ID, nil, "monthly")
	if err != nil || !r.Verified || r.Source != FromStore || r.Blobs != 3 || r.Bytes <= int64(len("precious")) {
		t.Fatalf("%+v %v", r, err)
	}
	empty, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if r, err = l.Rehearse(ctx, l.cora, v.ID, empty, "tape 7"); err != nil || r.Verified || r.Source != FromBackup {
		t.Fatalf("an empty backup restored something: %+v %v", r, err)
	}
	if got := l.get(v.ID).State; got != Accepted {
		t.Fatalf("a bad backup made the version %s", got)
	}
	l.damage(v)
	if r, err = l.Rehearse(ctx, l.cora, v.ID, nil, ""); err != nil || r.Verified {
		t.Fatalf("damage was restored: %+v %v", r, err)
	}
	if got := l.get(v.ID).State; got != Suspect {
		t.Fatalf("the version is %s", got)
	}
	d, err := l.Detail(ctx, l.cora, v.ItemKey)
	if err != nil || len(d.Rehearsals) != 3 {
		t.Fatalf("%+v %v", d.Rehearsals, err)
	}
}

func TestHealthCountsWhatIsKnown(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	stefan := dbtest.User(t, l.db, "stefan", identity.Stakeholder)
	_, err := l.Health(ctx, stefan)
	wantKind(t, err, fault.Forbidden, "")
	h, err := l.Health(ctx, l.cora)
	if err != nil || h.Versions != 0 || !h.Oldest.IsZero() || h.Room == nil || h.Room.Free <= 0 {
		t.Fatalf("%+v %v", h, err)
	}
	good, bad := l.accepted("1", "good"), l.accepted("2", "bad")
	if _, err := l.Rehearse(ctx, l.cora, good.ID, nil, ""); err != nil {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, 31*24*time.Hour)
	if h, err = l.Health(ctx, l.cora); err != nil || h.Versions != 2 || h.Fresh != 0 || h.Stale != 2 {
		t.Fatalf("%+v %v", h, err)
	}
	l.damage(bad)
	if err := l.Scrub(ctx, scrubAge, time.Minute); err != nil {
		t.Fatal(err)
	}
	l.receive(l.bruno, "3", "waits")
	if _, err := l.PlaceHold(ctx, l.cora, HoldRequest{ItemKey: good.ItemKey, Reason: "case"}); err != nil {
		t.Fatal(err)
	}
	h, err = l.Health(ctx, l.cora)
	if err != nil || h.Versions != 3 || h.Fresh != 2 || h.Damaged.N != 1 || len(h.Suspects) != 1 || h.Suspects[0].ID != bad.ID || h.Waiting != 1 || len(h.Holds) != 1 || len(h.Unproven) != 0 {
		t.Fatalf("%+v %v", h, err)
	}
	dbtest.Advance(l.db, rehearsalAge)
	if h, err = l.Health(ctx, l.cora); err != nil || len(h.Unproven) != 1 || !h.Unproven[0].Overdue(h.Now) {
		t.Fatalf("%+v %v", h.Unproven, err)
	}
}
