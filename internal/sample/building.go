package sample

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/release"
)

// build decides the affected items, records a build and its outputs, and puts
// the package together. A package that holds something already is kept.
func (j *journey) build(ctx context.Context) error {
	return inTurn(ctx, j.decideItems, j.make, j.baseline)
}

// decideItems includes what the release's units hold and leaves out what is
// only related to them.
func (j *journey) decideItems(ctx context.Context) error {
	bruno := j.as("bruno")
	items, _, err := j.items(ctx)
	for _, i := range items {
		if err != nil || i.Decision != release.Undecided {
			continue
		}
		if strings.HasPrefix(i.Why, "related") {
			err = j.app.Release.DecideItem(ctx, bruno, j.key, i.ID, i.Version, release.Excluded, "", "Stays as it is; its owner was asked, and it was tested together with the new version.")
		} else {
			err = j.app.Release.DecideItem(ctx, bruno, j.key, i.ID, i.Version, release.Included, j.toBe(i), "")
		}
	}
	return explain("decide the items", err)
}

func (j *journey) items(ctx context.Context) (items []release.Item, r *release.Release, err error) {
	if r, err = j.release(ctx); err != nil {
		return nil, nil, err
	}
	return items, r, j.view(ctx, func(tx *db.Tx) error {
		items, err = j.app.Release.Items(tx, r)
		return err
	})
}

// toBe is the version that the tale tells, or else the next one.
func (j *journey) toBe(i release.Item) string {
	if version, told := j.tale.versions[i.ItemKey]; told {
		return version
	}
	return next(i.AsIs)
}

// make records the build and puts what came of it, and the papers, into the
// package, unless that was done.
func (j *journey) make(ctx context.Context) error {
	sheet, err := j.app.Build.Sheet(ctx, j.as("bruno"), j.key)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(sheet.Builds, func(b build.Build) bool { return b.Result == build.Succeeded })
	if at >= 0 && sheet.Package != nil {
		return nil
	}
	b, err := j.recordBuild(ctx, sheet.Release, build.Succeeded)
	if err != nil || sheet.Package != nil {
		return err
	}
	return j.fill(ctx, sheet.Release, b)
}

// fill puts the media of every included item into the package, and release
// notes where none of them is documentation.
func (j *journey) fill(ctx context.Context, r *release.Release, b *build.Build) error {
	items, _, err := j.items(ctx)
	if err != nil {
		return err
	}
	documented := false
	for _, i := range items {
		kind := dml.Kind(i.ItemKind)
		if i.Decision != release.Included || !kind.Known() {
			continue
		}
		documented = documented || kind == dml.Documentation
		if err := j.addMedia(ctx, r, b, i, kind); err != nil {
			return err
		}
	}
	if documented {
		return nil
	}
	notes := release.Item{ItemKey: "release-notes", ItemName: "Release notes of " + r.ServiceName, ToBe: j.key}
	return j.addMedia(ctx, r, b, notes, dml.Documentation)
}

// addMedia submits the media of an item and adds it to the package. Software is
// an output of the build.
func (j *journey) addMedia(ctx context.Context, r *release.Release, b *build.Build, i release.Item, kind dml.Kind) error {
	bruno := j.as("bruno")
	sub, body := media(r, i, kind)
	err := j.view(ctx, func(tx *db.Tx) error {
		_, err := j.app.DML.FindVersion(tx, sub.ItemKey, sub.Label)
		if err == nil { // another release made it, with other bytes
			sub.Label += "-" + r.Key
		} else if fault.KindOf(err) != fault.NotFound {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	file, err := j.open(i.ItemKey, &sub, body)
	if err != nil {
		return err
	}
	defer file.Close()
	line := release.Component{Kind: release.ComponentKind(kind), ItemID: i.ItemID, Name: i.ItemName}
	if kind == dml.Software {
		out, err := j.app.Build.AddOutput(ctx, bruno, j.key, b.Number, sub, file)
		if err != nil {
			return explain("output "+i.ItemKey, err)
		}
		if err := j.bill(ctx, i.ItemKey, out); err != nil {
			return err
		}
		line.MediaVersionID = out.MediaVersionID
	} else {
		v, err := j.app.DML.Receive(ctx, bruno, sub, file)
		if err != nil {
			return explain("media "+i.ItemKey, err)
		}
		line.MediaVersionID = v.ID
	}
	if i.ItemKey == "brf-radio-licence" { // the entitlement that the text speaks of
		line.LicenceKey, line.Quantity = radioLicence, branchOffices
	}
	return explain("component "+i.ItemKey, j.app.Release.AddComponent(ctx, bruno, j.key, line))
}

// open gives the bytes of a submission: the real ones of Slipway's own release,
// else those that were made up.
func (j *journey) open(itemKey string, sub *dml.Submission, body []byte) (io.ReadCloser, error) {
	if j.tale.own {
		if file, found, err := own(j.program, itemKey, sub); found || err != nil {
			return file, err
		}
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

func (j *journey) recordBuild(ctx context.Context, r *release.Release, result build.Result) (*build.Build, error) {
	now := j.app.DB.Now()
	b, err := j.app.Build.RecordBuild(ctx, j.as("bruno"), j.key, build.Record{Name: strings.ToLower(r.ServiceKey) + " pipeline",
		Inputs: "Revision " + revision(j.key) + " of the main branch; build image of the first of the month.", Instructions: "make dist, as BUILD.md says.",
		Environment: "build host 2, Debian 13", Log: buildLog(r, result), Result: result, StartedAt: now.Add(-14 * time.Minute), EndedAt: now})
	return b, explain("build", err)
}

// baseline fixes the package.
func (j *journey) baseline(ctx context.Context) error {
	r, err := j.release(ctx)
	if err != nil || r.PackageDigest != "" {
		return err
	}
	return explain("baseline", j.app.Release.Baseline(ctx, j.as("bruno"), j.key))
}

// test uploads the reports, judges every criterion and verifies the package,
// unless that was done.
func (j *journey) test(ctx context.Context) error {
	r, err := j.release(ctx)
	if err != nil {
		return err
	}
	var p *release.Package
	err = j.view(ctx, func(tx *db.Tx) error {
		p, _, err = j.app.Release.CurrentPackage(tx, r)
		return err
	})
	if err != nil || p.State != release.PackageBaselined {
		return err
	}
	return inTurn(ctx, j.run, j.judge, j.verify)
}

func (j *journey) verify(ctx context.Context) error {
	return explain("verify", j.app.Build.VerifyPackage(ctx, j.as("tess"), j.key))
}

func (j *journey) run(ctx context.Context) error {
	for _, suite := range []report{{name: "Regression", cases: 128}, {name: "Load", cases: 12}} {
		if err := j.upload(ctx, suite); err != nil {
			return err
		}
	}
	return nil
}

func (j *journey) upload(ctx context.Context, suite report) error {
	_, err := j.app.Build.UploadRun(ctx, j.as("tess"), j.key, build.RunRecord{Name: suite.name, Level: "package", Environment: "staging"}, suite.reader())
	return explain("test run", err)
}

// judge passes every criterion that is not met for this package.
func (j *journey) judge(ctx context.Context) error {
	r, err := j.release(ctx)
	if err != nil {
		return err
	}
	var criteria []build.Criterion
	err = j.view(ctx, func(tx *db.Tx) error {
		criteria, err = j.app.Build.Criteria(tx, r.ID)
		return err
	})
	for _, c := range criteria {
		if err == nil && !c.MetFor(r.PackageDigest) {
			err = j.app.Build.Judge(ctx, j.as("tess"), j.key, c.Number, c.Version, build.Verdict{Verb: build.VerbPass, Measured: measured(c.Target, 0), Evidence: fmt.Sprintf("Report “%s” on staging", c.Aspect)})
		}
	}
	return explain("verdicts", err)
}
