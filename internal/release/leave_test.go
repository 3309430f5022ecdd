package release_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// open is a release with leave to deploy, an hour into its window and hashed
// anew within the day.
func (w *world) open() string {
	w.t.Helper()
	key := w.cleared()
	dbtest.SetTime(w.d, w.read(key).WindowStart.Add(time.Hour).Std())
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.leave(key)
	return key
}

func (w *world) set(row any, key, column string, value any) {
	w.t.Helper()
	r := w.read(key)
	w.in(func(tx *db.Tx) error {
		where := "release_id = ?"
		if _, itself := row.(*release.Release); itself {
			where = "id = ?"
		}
		return tx.Gorm().Model(row).Where(where, r.ID).Update(column, value).Error
	})
}

func TestLeaveIsForTheSignedDigestAlone(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	other := "sha256:" + strings.Repeat("f", 64)
	signed, hashed := w.read(key).SignedDigest, w.d.Now()
	r, p := &release.Release{}, &release.Package{}
	for _, c := range []struct {
		name, column string
		row          any
		value, was   any
		code         string
	}{
		{"another digest is signed", "signed_digest", r, other, signed, "package.signed"},
		{"none is signed", "signed_digest", r, "", signed, "package.signed"},
		{"the release brings another", "package_digest", r, other, signed, "gate.a4"},
		{"the package has another", "digest", p, other, signed, "package.signed"},
		{"the package is withdrawn", "state", p, release.PackageWithdrawn, release.PackageSignedOff, "package.signed"},
		{"the package was only verified", "state", p, release.PackageVerified, release.PackageSignedOff, "package.signed"},
		{"nothing was hashed", "rechecked_at", p, 0, hashed, "package.rechecked"},
		{"it was hashed more than a day ago", "rechecked_at", p, hashed.Add(-24*time.Hour) - 1, hashed, "package.rechecked"},
	} {
		w.set(c.row, key, c.column, c.value)
		t.Log(c.name)
		w.leave(key, c.code)
		w.set(c.row, key, c.column, c.was)
	}
	w.set(p, key, "rechecked_at", hashed.Add(-24*time.Hour))
	w.leave(key)
}

// Before A3 the bytes are hashed anew: what is damaged is listed, and nothing is
// decided.
func TestNoCheckInOfDamagedMedia(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	w.pack(key)
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	w.rot()
	refused(t, w.approves(w.chen, key, release.A3), "media.damaged", "media.damaged", "package.damaged")
	if r := w.read(key); r.State != release.BuildTest || r.SignedDigest != "" {
		t.Errorf("it was checked in all the same: %s, %s", r.State, r.SignedDigest)
	}
}

func TestNoLeaveWithSuspectMedia(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	w.rot()
	refused(t, w.svc.Recheck(ctx, w.bruno, key), "media.damaged", "media.damaged", "package.damaged") // each of the two files, and the index
	w.leave(key, "media.accepted", "media.accepted", "package.rechecked")
	for _, line := range w.lines(key) {
		w.view(func(tx *db.Tx) error {
			v, err := w.media.VersionByID(tx, line.MediaVersionID)
			if err == nil && v.State != dml.Suspect {
				t.Errorf("%s is %s", v.Title(), v.State)
			}
			return err
		})
	}
}

func TestWhoHashesAnew(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	refused(t, w.svc.Recheck(ctx, w.bruno, key), "package.baselined")
	w.pack(key)
	for _, actor := range []identity.Actor{w.bruno, w.maya, w.elin} {
		w.must(w.svc.Recheck(ctx, actor, key))
	}
	for _, actor := range []identity.Actor{w.chen, w.stefan, w.ada} {
		kindIs(t, w.svc.Recheck(ctx, actor, key), fault.Forbidden)
	}
}

func TestNoLeaveWithoutALivingA4(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	for _, state := range []release.GateState{release.GatePending, release.GateOpen, release.GateRejected, release.GateExpired, release.GateVoided} {
		w.in(func(tx *db.Tx) error {
			return tx.Gorm().Model(&release.Gate{}).Where("code = ?", release.A4).Update("state", state).Error
		})
		w.leave(key, "gate.a4")
	}
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Gate{}).Where("code = ?", release.A4).Updates(map[string]any{"state": release.GateApproved, "plan_version": 7}).Error
	})
	w.leave(key, "gate.a4") // given for another plan
}

func TestLeaveHoldsInTheWindowAlone(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	r := w.read(key)
	for at, inside := range map[db.Time]bool{r.WindowStart - 1: false, r.WindowStart: true, r.WindowEnd - 1: true, r.WindowEnd: false} {
		if inside {
			w.leaveAt(key, at, at)
		} else {
			w.leaveAt(key, at, at, "window.outside")
		}
	}
	w.set(&release.Release{}, key, "window_start", 0)
	w.leave(key, "gate.a4", "window.outside")
}

func TestNoLeaveInAFreeze(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	now := w.d.Now()
	f, err := w.change.AddFreeze(ctx, w.chen, change.Freeze{Title: "Stock-taking", Reason: "Nothing moves.", StartsAt: now.Add(2 * time.Hour), StopsAt: now.Add(3 * time.Hour), Zone: "UTC", Exempt: "emergency"})
	w.must(err)
	w.leave(key)
	w.leaveAt(key, now, now.Add(2*time.Hour)) // ends as it begins
	w.leaveAt(key, now, now.Add(2*time.Hour)+1, "window.freeze")
	w.must(w.change.OverrideFreeze(ctx, w.chen, f.Number, key, "Agreed with the hall."))
	w.leaveAt(key, now, now.Add(3*time.Hour))
}

func TestNoLeaveWithALicenceOutOfDate(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	end := w.read(key).WindowStart.Add(2 * time.Hour)
	w.must(w.media.SaveLicence(ctx, w.cora, 0, dml.Licence{Key: "ENT-1", Name: "Card library", Supplier: "Kvarn", Terms: dml.Commercial, Metric: dml.PerDevice, Entitled: 5, ValidTo: end}))
	w.must(w.svc.AddComponent(ctx, w.bruno, key, release.Component{Kind: release.Other, Name: "Card library", Reference: "CTR-9", LicenceKey: "ENT-1", Quantity: 5}))
	w.to(key, release.Ready)
	w.prepare(key)
	w.approve(key, release.A4, w.chen)
	dbtest.SetTime(w.d, end.Add(-time.Hour).Std())
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.leave(key)
	w.leaveAt(key, end, end, "licence.valid")
	second := w.created(release.BuildTest)
	w.must(w.svc.AddComponent(ctx, w.bruno, second, release.Component{Kind: release.Other, Name: "Card library", Reference: "CTR-9", LicenceKey: "ENT-1", Quantity: 1}))
	if f := w.finding(second, release.A3, "licences.sufficient"); f.State != release.Unmet {
		t.Errorf("more is used than there is: %+v", f)
	}
	w.do(key, release.VerbRework) // which gives back what it held
	if f := w.finding(second, release.A3, "licences.sufficient"); f.State != release.Met {
		t.Errorf("a reworked release holds on to it: %+v", f)
	}
}

func TestANamedPersonLetsItStartOutsideItsWindow(t *testing.T) {
	w := newWorld(t)
	w.maya.Grants = append(w.maya.Grants, identity.Grant{Role: identity.ChangeAuthority})
	key := w.open()
	late := w.read(key).WindowEnd.Add(time.Hour)
	dbtest.SetTime(w.d, late.Std())
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.leave(key, "window.outside")
	until := late.Add(2 * time.Hour)
	override := func(actor identity.Actor, until db.Time, reason string) error {
		return w.svc.OverrideWindow(ctx, actor, key, until, reason)
	}
	wrong(t, override(w.olga, late, "  "), "until", "reason")
	refused(t, override(w.maya, until, "My release."), "window.independent")
	for _, actor := range []identity.Actor{w.omar, w.bruno, w.sofia, w.stefan} {
		kindIs(t, override(actor, until, "Please."), fault.Forbidden)
	}
	machine := w.olga
	machine.Kind, machine.Scopes = identity.Machine, []string{"api:write", "deploy:report"}
	kindIs(t, override(machine, until, "Green."), fault.Forbidden)
	kindIs(t, override(identity.System("scheduler"), until, "It is time."), fault.Forbidden)
	w.must(override(w.olga, until, "The carrier came late."))
	w.leave(key)
	w.leaveAt(key, until, until, "window.outside")
	w.view(func(tx *db.Tx) error {
		o, err := w.svc.WindowOverrideAt(tx, w.read(key), late)
		if err == nil && (o == nil || o.ByName != w.olga.Name || o.Reason != "The carrier came late.") {
			t.Errorf("kept: %+v", o)
		}
		return err
	})
	w.must(w.svc.Do(ctx, w.maya, key, release.VerbCancel, "Called off.", 0))
	kindIs(t, override(w.olga, until, "Once more."), fault.Refused)
}

func TestEverythingThatForbidsAStartIsNamedAtOnce(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	now := w.d.Now()
	_, err := w.change.AddFreeze(ctx, w.chen, change.Freeze{Title: "Stock-taking", Reason: "Nothing moves.", StartsAt: now, StopsAt: now.Add(72 * time.Hour), Zone: "UTC"})
	w.must(err)
	w.rot()
	kindIs(t, w.svc.Recheck(ctx, w.bruno, key), fault.Refused)
	w.revise(key, 2)
	w.set(&release.Release{}, key, "signed_digest", "")
	dbtest.SetTime(w.d, w.read(key).WindowEnd.Std())
	w.leave(key, "gate.a4", "package.signed", "package.rechecked", "media.accepted", "media.accepted", "window.outside", "window.freeze")
}

// Media with a commercial licence are not checked in, nor deployed, when the
// entitlement behind them has ended, although no line of the package draws on it.
func TestNoLeaveForMediaWhoseLicenceEnded(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	end := w.read(key).WindowStart.Add(2 * time.Hour)
	save := func(number int64, to db.Time) {
		t.Helper()
		w.must(w.media.SaveLicence(ctx, w.cora, number, dml.Licence{Key: "ENT-7", Name: "Modem", Supplier: "Kvarn", Terms: dml.Commercial, Metric: dml.Unlimited, ValidTo: to}))
	}
	save(0, end)
	v, err := w.media.Receive(ctx, w.bruno, dml.Submission{ItemKey: "kvarn/modem", ItemName: "Modem", Kind: dml.Software, Label: "6", FileName: "modem.bin", Provenance: dml.Procured, Supplier: "Kvarn",
		Licence: dml.Commercial, LicenceKey: "ENT-7"}, strings.NewReader("modem"))
	w.must(err)
	w.must(w.media.Accept(ctx, w.cora, v.ID, v.Row.Version, dml.Decision{}))
	w.add(key, v)
	save(1, w.read(key).WindowStart)
	if f := w.finding(key, release.A3, "media.accepted"); f.State != release.Unmet || !strings.Contains(fmt.Sprint(f), "ENT-7 expired") {
		t.Errorf("its licence ends before it is deployed: %+v", f)
	}
	save(2, end)
	if f := w.finding(key, release.A3, "media.accepted"); f.State != release.Met {
		t.Errorf("its licence holds: %+v", f)
	}
	w.to(key, release.Ready)
	w.prepare(key)
	w.approve(key, release.A4, w.chen)
	dbtest.SetTime(w.d, end.Add(-time.Hour).Std())
	w.must(w.svc.Recheck(ctx, w.bruno, key))
	w.leave(key)
	w.leaveAt(key, end, end, "licence.expired")
}

func TestNoLeaveOnceAnAreaIsRed(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	w.leave(key)
	report := func(colour release.Colour, version int64) {
		w.must(w.svc.ReportReadiness(ctx, w.omar, key, release.Report{Area: "monitoring", Colour: colour, Note: "The alarms do not ring.", OwnerID: w.omar.UserID, Due: w.d.Now().Add(time.Hour), Version: version}))
	}
	report(release.Red, 1)
	w.gateIs(key, release.A4, release.GateApproved)
	w.leave(key, "readiness.monitoring")
	w.must(w.svc.AskWaiver(ctx, w.maya, key, release.WaiverRequest{Gate: release.A4, Finding: "readiness.monitoring", Exception: "Somebody looks.", RiskOwnerID: w.sofia.UserID, ExpiresAt: w.d.Now().Add(time.Hour)}))
	w.leave(key, "readiness.monitoring")
	w.must(w.decideWaiver(w.olga, key, release.Approve, "For an hour."))
	w.leave(key)
	w.later(time.Hour)
	w.leave(key, "readiness.monitoring")
	report(release.Amber, 2)
	w.leave(key)
}
