package sample

import (
	"bytes"
	"context"
	"time"

	"slipway/internal/app"
	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// Automated is a release of one file that machines carry out, ready to start. It
// is for tests and benchmarks on a database without anything else: what the gates
// before A4 leave is written down as they would leave it.
type Automated struct {
	Key         string // of the release
	Environment string
	Maya, Omar  identity.Actor // who releases, and who keeps the targets
	Module      int64          // row of the media version
}

// FetchFile is the name of the file, which holds what addresses have to escape.
const FetchFile = "fw 2.0+a.swu"

// Fetchable makes a release of an image that devices fetch, in the environment
// "field": in two waves, a pilot of the targets with the tag, and the rest.
func Fetchable(ctx context.Context, a *app.App, image []byte) (*Automated, error) {
	return automated(ctx, a, image, carrying{delivery: "pull", method: deploy.MethodDDI, file: FetchFile, waves: []policy.WaveTemplate{
		{Name: "Pilot", Filter: "tag=pilot", Pilot: true, SuccessPercent: 100, FailurePercent: 50, Hours: 48},
		{Name: "The rest", SuccessPercent: 100, FailurePercent: 50, Hours: 72},
	}})
}

// Pushable makes a release of a file that is pushed to hosts over SSH, in the
// environment "field": in one wave, which fails with the first host that does.
// The commands are run there in the order install, verify, back-out.
func Pushable(ctx context.Context, a *app.App, file string, body []byte, commands ...string) (*Automated, error) {
	var steps []policy.StepTemplate
	for i, command := range commands {
		steps = append(steps, policy.StepTemplate{Kind: policy.StepKinds[i], Title: "By the machine", Command: command, Minutes: 5})
	}
	return automated(ctx, a, body, carrying{delivery: "push", method: deploy.MethodSSH, file: file, waves: []policy.WaveTemplate{
		{Name: "Hosts", SuccessPercent: 100, FailurePercent: 1, Hours: 48, Steps: steps}}})
}

// carrying is what differs between such releases.
type carrying struct {
	delivery, method, file string
	waves                  []policy.WaveTemplate
}

func automated(ctx context.Context, a *app.App, image []byte, how carrying) (*Automated, error) {
	f := &Automated{Key: "FLD-2026.11.1", Environment: "field"}
	var bruno, cora identity.Actor
	err := a.DB.InTx(ctx, func(tx *db.Tx) error {
		for _, one := range []struct {
			actor *identity.Actor
			name  string
			roles []identity.Role
		}{{&f.Maya, "maya", []identity.Role{identity.ReleaseManager, identity.ServiceOwner}}, {&f.Omar, "omar", []identity.Role{identity.Operations}},
			{&bruno, "bruno", []identity.Role{identity.BuildManager}}, {&cora, "cora", []identity.Role{identity.DMLCustodian}}} {
			var grants []identity.Grant
			for _, role := range one.roles {
				grants = append(grants, identity.Grant{Role: role})
			}
			var err error
			if *one.actor, err = identity.Enroll(tx, one.name, grants); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := a.Deploy.AddEnvironment(ctx, f.Omar, deploy.EnvironmentDraft{Key: f.Environment, Name: "Field", Zone: "UTC", Production: true, Method: how.method}); err != nil {
		return nil, err
	}
	v, err := a.DML.Receive(ctx, bruno, dml.Submission{ItemKey: "field/firmware", ItemName: "Field firmware", Kind: dml.Software, Label: "2.0", FileName: how.file}, bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	if err := a.DML.Accept(ctx, cora, v.ID, v.Row.Version, dml.Decision{ChangeKey: "CHG-1"}); err != nil {
		return nil, err
	}
	f.Module = v.ID
	model, err := a.Policy.CreateModel(ctx, f.Maya, &policy.Model{Key: "field", Name: "Field"}, policy.Templates()[0].Body)
	if err != nil {
		return nil, err
	}
	model.State = policy.Active
	model.Body.Waves = how.waves
	for i := range model.Body.Waves {
		model.Body.Waves[i].Environment = f.Environment
	}
	return f, a.DB.InTx(ctx, func(tx *db.Tx) error { return f.plan(tx, a, model, v, how.delivery) })
}

func (f *Automated) plan(tx *db.Tx, a *app.App, model *policy.ModelVersion, v *dml.Version, delivery string) error {
	if err := tx.Save(model); err != nil {
		return err
	}
	service := &catalog.ServiceRecord{Key: "FLD", Name: "Field"}
	if err := tx.Create(service); err != nil {
		return err
	}
	signed := blob.Of([]byte("the signed package")).String()
	r := &release.Release{Key: f.Key, Title: "Firmware", State: release.Ready, ServiceID: service.ID, ServiceKey: service.Key, ServiceName: service.Name, Type: release.Minor, ModelVersionID: model.ID,
		Approach: release.Approach{Scale: "phased", Delivery: delivery, Execution: "automated"}, AuthorID: f.Maya.UserID, AuthorName: f.Maya.Name, OwnerID: f.Maya.UserID, OwnerName: f.Maya.Name,
		WindowStart: tx.Now, WindowEnd: tx.Now.Add(7 * 24 * time.Hour), Zone: "UTC", PlanVersion: 1, PackageVersion: 1, PackageDigest: signed, SignedDigest: signed}
	c, err := a.Change.Raise(tx, f.Maya, change.Request{Title: r.Title, ServiceID: service.ID, ReleaseKey: r.Key, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd})
	if err != nil {
		return err
	}
	r.ChangeKey = c.Key
	if err := tx.Create(r); err != nil {
		return err
	}
	for _, code := range release.GateCodes() {
		g := &release.Gate{ReleaseID: r.ID, Code: code, State: release.GateApproved, Round: 1, PlanVersion: 1, PackageDigest: signed, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd}
		if code == release.A5 {
			g.State = release.GatePending
		}
		if err := tx.Create(g); err != nil {
			return err
		}
	}
	p := &release.Package{ReleaseID: r.ID, Number: 1, State: release.PackageSignedOff, Digest: signed, RecheckedAt: tx.Now}
	if err := tx.Create(p); err != nil {
		return err
	}
	if err := tx.Create(&release.Component{PackageID: p.ID, Kind: release.Software, Name: "firmware", Label: v.Label, Digest: v.Digest.String(), MediaVersionID: v.ID, MediaItem: v.ItemKey}); err != nil {
		return err
	}
	return a.Deploy.Draw(tx, f.Maya, r, release.Origin{Model: model})
}

// Start brings a wave of it from planned to running.
func (f *Automated) Start(ctx context.Context, a *app.App, wave int64) error {
	if err := f.Go(ctx, a, wave); err != nil {
		return err
	}
	return f.tell(ctx, a, wave, func(version int64) error { return a.Deploy.StartWave(ctx, f.Maya, f.Key, wave, version) })
}

// Go makes a wave of it ready and gives it go.
func (f *Automated) Go(ctx context.Context, a *app.App, wave int64) error {
	return f.tell(ctx, a, wave,
		func(version int64) error { return a.Deploy.ReadyWave(ctx, f.Maya, f.Key, wave, version) },
		func(version int64) error { return a.Deploy.GiveGo(ctx, f.Maya, f.Key, wave, version, "all set") })
}

func (f *Automated) tell(ctx context.Context, a *app.App, wave int64, verbs ...func(version int64) error) error {
	for _, do := range verbs {
		_, w, err := a.Deploy.FindWave(ctx, f.Maya, f.Key, wave)
		if err != nil {
			return err
		}
		if err := do(w.Version); err != nil {
			if known, ok := fault.As(err); ok && known.Kind == fault.Refused {
				return explain("start the wave", err)
			}
			return err
		}
	}
	return nil
}
