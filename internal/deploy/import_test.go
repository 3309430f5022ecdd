package deploy_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

func TestAnImportIsCarriedOutAsItWasSeen(t *testing.T) {
	w := newWorld(t)
	w.must(w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "lab", Name: "Lab", Zone: "UTC"}))
	const text = "key,name,tags,site,version\nosl-1,Oslo 1,pilot edge,Oslo,\nbgo-1,,,Bergen,\nnew-1,New one,,Bodø,2.0\n"
	_, err := w.svc.PreviewImport(ctx, w.dario, "production", text)
	kindIs(t, err, fault.Forbidden)
	v, err := w.svc.PreviewImport(ctx, w.maya, "production", text)
	w.must(err)
	if len(v.Added) != 1 || v.Added[0].InstalledVersion != "2.0" || len(v.Changed) != 1 || v.Same != 1 ||
		v.Changed[0].Differences[0] != (deploy.Difference{What: "Tags", Before: "pilot", After: "pilot edge"}) {
		t.Fatalf("%+v", v)
	}
	if got := w.installed("osl-1"); got.Tags != "pilot" {
		t.Error("the preview changed a target")
	}

	osl := w.installed("osl-1")
	w.must(w.svc.EditTarget(ctx, w.maya, "osl-1", osl.Version, deploy.TargetDraft{Name: "Renamed", EnvironmentKey: "production", Tags: "pilot", Attributes: osl.Attributes}))
	_, err = w.svc.ImportAsSeen(ctx, w.maya, "production", text, v.Mark)
	kindIs(t, err, fault.Conflict)
	_, err = w.svc.ImportAsSeen(ctx, w.maya, "production", text, "")
	kindIs(t, err, fault.Conflict)
	if got := w.installed("osl-1"); got.Name != "Renamed" {
		t.Error("a stale import was carried out")
	}
	v, err = w.svc.PreviewImport(ctx, w.maya, "production", text)
	w.must(err)
	done, err := w.svc.ImportAsSeen(ctx, w.maya, "production", text, v.Mark)
	w.must(err)
	if got := w.installed("osl-1"); len(done.Added) != 1 || got.Name != "Oslo 1" || got.Tags != "pilot edge" || !strings.Contains(got.Facets, "|tag=edge|") || got.InstalledDigest != former {
		t.Errorf("%+v", got)
	}
	if got := w.installed("new-1"); got.Attributes != "site=Bodø" || got.EnvironmentKey != "production" {
		t.Errorf("%+v", got)
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		var last audit.Logged
		err := tx.Gorm().Order("seq DESC").First(&last).Error
		if last.Action != "environment.import" || !strings.Contains(last.Detail, `osl-1, tags: "pilot edge", was "pilot"`) {
			t.Errorf("recorded %+v", last)
		}
		return err
	}))
}

func TestAnImportIsAllOrNothing(t *testing.T) {
	w := newWorld(t)
	w.must(w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "lab", Name: "Lab", Zone: "UTC"}))
	w.must(w.svc.RetireTarget(ctx, w.maya, "bgo-2", w.installed("bgo-2").Version, true, "scrapped"))
	for text, want := range map[string]string{
		"key,name\nnew-1,New\nbgo-2,Bergen":        "Line 3: bgo-2 is retired",
		"key,version\nnew-1,1\nosl-1,9":            "Line 3: what runs on osl-1",
		"key,digest\nnew-1,\nosl-1," + other:       "Line 3: what runs on osl-1",
		"new-1\nosl-1, Oslo":                       "Line 2: there is a target osl-1 already",
		"key,name\nnew-1,New\nosl-1,a|b":           "Line 3: Keep the name",
		"key,version\nnew-1,1\nosl-1,1.0\nnew 2,1": "Line 4: Give a key",
	} {
		_, err := w.svc.PreviewImport(ctx, w.maya, "production", text)
		field(t, err, "lines")
		says(t, err, want)
		_, err = w.svc.ImportAsSeen(ctx, w.maya, "production", text, "")
		field(t, err, "lines")
	}
	_, err := w.svc.PreviewImport(ctx, w.maya, "lab", "key,name\nosl-1,Oslo")
	says(t, err, "Line 2: osl-1 stands in production")
	_, err = w.svc.PreviewImport(ctx, w.maya, "nowhere", "key,name\nosl-9,Oslo")
	field(t, err, "environment")
	if page, _ := w.svc.TargetsPage(ctx, w.maya, deploy.TargetFilter{Text: "new"}); len(page.Targets) != 0 {
		t.Errorf("half of an import is there: %+v", page.Targets)
	}
}

func TestRestrictedReleasesStayOffPlaces(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.must(w.verify(1, "osl-1", signed))
	outsider := identity.Actor{Kind: identity.PersonKind, UserID: 900, Name: "Otto", Grants: []identity.Grant{{Role: identity.Operations, ServiceID: 900}}}
	see := func(want bool) {
		t.Helper()
		d, err := w.svc.TargetDetail(ctx, outsider, "osl-1")
		w.must(err)
		if (d.Target.InstalledRelease == w.key) != want || (d.Target.InstalledVersion == w.key) != want || (len(d.History) > 0) != want || d.Target.InstalledDigest != signed {
			t.Errorf("the target: %+v", d)
		}
		page, err := w.svc.TargetsPage(ctx, outsider, deploy.TargetFilter{Text: "osl-1"})
		w.must(err)
		if (page.Targets[0].InstalledRelease == w.key) != want || (page.Targets[0].InstalledVersion == w.key) != want {
			t.Errorf("the list: %+v", page.Targets[0])
		}
		e, err := w.svc.EnvironmentPage(ctx, outsider, "production")
		w.must(err)
		running, err := w.svc.Deployments(ctx, outsider)
		w.must(err)
		if (len(e.Waves) == 1) != want || (deploy.Under(running) == 1) != want {
			t.Errorf("the environment: %+v, the deployments: %+v", e, running)
		}
	}
	before := "PAY-2026.10.1"
	w.in(func(tx *db.Tx) error {
		return tx.Create(&release.Release{Key: before, Title: "Before", State: release.Closed, ServiceID: w.release().ServiceID, Approach: w.release().Approach, Type: release.Minor})
	})
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.WaveTarget{}).Where("1 = 1").Updates(map[string]any{"former_release": before, "former_version": before, "installed_version": before}).Error
	})
	wave := func(want string) {
		t.Helper()
		one, err := w.svc.WaveTarget(ctx, w.stefan, w.key, 1, "osl-1")
		w.must(err)
		all, err := w.svc.WaveTargets(ctx, w.stefan, w.key, 1, deploy.TargetQuery{})
		w.must(err)
		for _, got := range []deploy.WaveTarget{one.Targets[0].WaveTarget, all.Targets[0].WaveTarget} {
			if got.FormerRelease != want || got.FormerVersion != want || got.InstalledVersion != want {
				t.Errorf("the wave tells a stakeholder of %q, %q, %q", got.FormerRelease, got.FormerVersion, got.InstalledVersion)
			}
		}
	}
	wave(before)
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", before).Update("restricted", true).Error
	})
	wave("")
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.Event{}).Where("1 = 1").Update("label", before).Error
	})
	d, err := w.svc.TargetDetail(ctx, w.maya, "osl-1")
	w.must(err)
	if d.History[0].Label != before {
		t.Errorf("hidden from the owner: %+v", d.History)
	}
	if d, err = w.svc.TargetDetail(ctx, outsider, "osl-1"); err != nil || d.History[0].Label != "" {
		t.Errorf("the history tells an outsider of what ran before: %+v, %v", d.History, err)
	}
	see(true)
	w.set(&release.Release{}, "restricted", true)
	see(false)
}

func TestComingWaves(t *testing.T) {
	w := newWorld(t)
	v, err := w.svc.Coming(ctx, w.stefan)
	w.must(err)
	if len(v.Waves) != 2 || v.Waves[0].Number != 1 || v.Waves[0].Release.Key != w.key || v.Waves[0].Late(v.Now) || v.More {
		t.Errorf("ahead: %+v", v)
	}
	w.later(10 * 24 * time.Hour)
	if v, err = w.svc.Coming(ctx, w.stefan); err != nil || !v.Waves[0].Late(v.Now) {
		t.Errorf("nobody says that the window is over: %+v, %v", v, err)
	}
	w.set(&release.Release{}, "restricted", true)
	if v, _ = w.svc.Coming(ctx, w.stefan); len(v.Waves) != 0 {
		t.Error("a stakeholder sees the waves of a restricted release")
	}
	w.set(&release.Release{}, "state", release.Deploying)
	if v, _ = w.svc.Coming(ctx, w.maya); len(v.Waves) != 0 {
		t.Error("what deploys now still comes")
	}
}
