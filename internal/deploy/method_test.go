package deploy_test

import (
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/release"
)

func TestMethodsFitTheApproach(t *testing.T) {
	for approach, want := range map[release.Approach][]string{
		{Delivery: "push", Execution: "manual"}:    {"manual"},
		{Delivery: "pull", Execution: "manual"}:    {"manual"},
		{Delivery: "push", Execution: "automated"}: {"manual", "ssh", "webhook"},
		{Delivery: "pull", Execution: "automated"}: {"manual", "ddi"},
	} {
		got := deploy.MethodsFor(approach)
		if len(got) != len(want) {
			t.Errorf("%v: %v, want %v", approach, got, want)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%v: %v, want %v", approach, got, want)
			}
		}
	}
}

func TestAWaveIsCarriedOutAsItsEnvironmentIsReached(t *testing.T) {
	w := newWorld(t)
	edit := w.wave(1).Edit()
	if edit.Method != deploy.MethodManual {
		t.Fatalf("a manual release is drawn %q", edit.Method)
	}
	edit.Method = deploy.MethodSSH
	field(t, w.svc.EditWave(ctx, w.maya, w.key, 1, w.wave(1).Version, edit), "method")
	w.set(&release.Release{}, "execution", "automated")
	e, err := w.svc.EnvironmentPage(ctx, w.maya, "production")
	w.must(err)
	w.must(w.svc.EditEnvironment(ctx, w.maya, "production", e.Version, deploy.EnvironmentDraft{Name: e.Name, Zone: e.Zone, Production: true, Method: deploy.MethodSSH}))
	edit.Method = ""
	w.must(w.svc.EditWave(ctx, w.maya, w.key, 1, w.wave(1).Version, edit))
	if got := w.wave(1); got.Method != deploy.MethodSSH || !got.ByMachine() {
		t.Errorf("the wave is carried out %q", got.Method)
	}
	edit.Method = deploy.MethodDDI
	field(t, w.svc.EditWave(ctx, w.maya, w.key, 1, w.wave(1).Version, edit), "method")
	field(t, w.svc.EditEnvironment(ctx, w.maya, "production", e.Version+1, deploy.EnvironmentDraft{Name: e.Name, Zone: e.Zone, Method: "pigeon"}), "method")
}

// A wave used to name its release's execution and was carried out by people.
func TestOlderWavesStayManual(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 191); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, sql := range []string{
			`INSERT INTO environments (environment_key, name, zone) VALUES ('field', 'Field', 'UTC')`,
			`INSERT INTO services (service_key, name, owner_id, owner_name) VALUES ('PAY', 'Payments', 1, 'Sofia')`,
			`INSERT INTO releases (release_key, title, state, service_id, service_key, service_name, type, scale, delivery, execution, policy_version_id, policy_label,
				model_version_id, model_label, author_id, author_name, owner_id, owner_name, zone)
				VALUES ('PAY-1', 'One', 'Deploying', 1, 'PAY', 'Payments', 'minor', 'phased', 'push', 'automated', 1, '', 0, '', 1, 'Maya', 1, 'Maya', 'UTC')`,
			`INSERT INTO waves (release_id, release_key, service_id, number, name, environment_key, state, method) VALUES (1, 'PAY-1', 1, 1, 'Pilot', 'field', 'Running', 'automated')`,
		} {
			if err := tx.Gorm().Exec(sql).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		var w deploy.Wave
		var e deploy.Environment
		if err := tx.First(&w, "number = 1"); err != nil || w.Method != deploy.MethodManual || w.State != deploy.WaveRunning {
			t.Errorf("the wave is %+v, %v", w, err)
		}
		err := tx.First(&e, "environment_key = 'field'")
		if e.Method != "" {
			t.Errorf("the environment is reached by %q", e.Method)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
