package deploy

import (
	"context"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

const maxVersionWords = 200

// ReportInstalled keeps what a machine says that a target runs. It changes no
// record: what differs from the records is drift, and is shown.
func (s *Service) ReportInstalled(ctx context.Context, actor identity.Actor, targetKey, digest, version string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		t, err := targetByKey(tx, targetKey)
		if err != nil {
			return err
		}
		return s.reportInstalled(tx, actor, t, digest, version)
	})
}

func (s *Service) reportInstalled(tx *db.Tx, actor identity.Actor, t *Target, digest, version string) error {
	if err := identity.Authorize(actor, identity.TargetReport, 0); err != nil {
		return err
	}
	digest, ok := tidyDigest(digest)
	if !ok {
		return wrong("The report was not kept.", "digest", "Enter the digest that the target reports: sha256: and 64 hexadecimal digits.", nil)
	}
	version = strings.TrimSpace(version)
	if len(version) > maxVersionWords {
		version = strings.ToValidUTF8(version[:maxVersionWords], "")
	}
	was := t.ReportedDigest
	t.ReportedDigest, t.ReportedVersion, t.ReportedBy, t.ReportedAt = digest, version, actor.Name, tx.Now
	if err := keepReport(tx, t); err != nil {
		return err
	}
	if was == digest || !t.drifts() {
		return nil
	}
	known, err := authorised(tx, digest)
	if err != nil {
		return err
	}
	if known {
		return recordPlace(tx, actor, "target", t.Key, "drift", "", "reported that %s runs %s, where the records say %s", t.Key, digest, shown(t.InstalledDigest))
	}
	return recordPlace(tx, actor, "target", t.Key, "drift", "", "reported that %s runs %s, which no authorised package holds", t.Key, digest)
}

// AcceptReport takes what a target reports into the records, with a reason. What
// no authorised package holds is not taken: a release puts the target right.
func (s *Service) AcceptReport(ctx context.Context, actor identity.Actor, key string, version int64, reason string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		t, err := targetByKey(tx, key)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(t, version); err != nil {
			return err
		}
		if err := because(&reason, "reason", "Say how it came to run this."); err != nil {
			return err
		}
		kind, err := driftOf(tx, t)
		if err != nil {
			return err
		}
		b := fault.Blocker{Code: "target.drift", Owner: placeOwner, Link: t.Link(), Action: "Open the target"}
		switch kind {
		case NoDrift:
			b.Sentence = "What " + t.Key + " reports is what the records say."
			return fault.Refuse("Nothing was changed.", b)
		case Unauthorised:
			b.Sentence = "No authorised package holds " + t.ReportedDigest + "; a release puts " + t.Key + " right."
			return fault.Refuse("The report was not taken into the records.", b)
		}
		t.FormerDigest, t.FormerVersion, t.FormerRelease = t.InstalledDigest, t.InstalledVersion, t.InstalledRelease
		t.InstalledDigest, t.InstalledVersion, t.InstalledRelease, t.InstalledAt = t.ReportedDigest, t.ReportedVersion, "", t.ReportedAt
		if err := save(tx, t); err != nil {
			return err
		}
		return recordPlace(tx, actor, "target", t.Key, "drift.accept", reason, "took into the records that %s runs %s", t.Key, t.InstalledDigest)
	})
}

// driftOf says how one target drifts.
func driftOf(tx *db.Tx, t *Target) (Drift, error) {
	if !t.drifts() {
		return NoDrift, nil
	}
	known, err := authorised(tx, t.ReportedDigest)
	if err != nil || known {
		return Drifted, err
	}
	return Unauthorised, nil
}

// Drift counts the targets in use that drift.
func (s *Service) Drift(tx *db.Tx) (DriftCount, error) {
	byPlace, err := driftPerEnvironment(tx)
	var all DriftCount
	for _, one := range byPlace {
		all.Drifted, all.Unauthorised = all.Drifted+one.Drifted, all.Unauthorised+one.Unauthorised
	}
	return all, err
}

// DriftNow is Drift for those who may see targets; others are told of none.
func (s *Service) DriftNow(ctx context.Context, actor identity.Actor) (n DriftCount, err error) {
	if !actor.Can(identity.ReportRead, 0) {
		return n, nil
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		n, err = s.Drift(tx)
		return err
	})
	return n, err
}
