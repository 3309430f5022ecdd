package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// Attestation is a person's word, with evidence, that a criterion of the policy
// is met.
type Attestation struct {
	db.Row
	ReleaseID int64
	Gate      GateCode
	Criterion string
	Evidence  string
	ByID      int64
	ByName    string

	PlanVersion   int64  // that it was said of, at the gates that hang on the plan
	PackageDigest string // that it was said of, at the gates that hang on the package

	Files []dml.Attachment `gorm:"-"` // that were attached to it
}

// bind says what of the release the word is said of.
func (a *Attestation) bind(r *Release) {
	if a.Gate.onPlan() {
		a.PlanVersion = r.PlanVersion
	}
	if a.Gate.onPackage() {
		a.PackageDigest = r.PackageDigest
	}
}

// lapsed says why the word no longer counts: it was said of another plan or
// package than the release has now. It is empty while the word holds.
func (a *Attestation) lapsed(r *Release) string {
	var of []string
	if a.Gate.onPlan() && a.PlanVersion != r.PlanVersion {
		of = append(of, fmt.Sprintf("plan v%d, which is now v%d", a.PlanVersion, r.PlanVersion))
	}
	if a.Gate.onPackage() && a.PackageDigest != r.PackageDigest {
		of = append(of, fmt.Sprintf("package %s, which is now %s", short(a.PackageDigest), short(r.PackageDigest)))
	}
	if len(of) == 0 {
		return ""
	}
	return fmt.Sprintf("%s confirmed it for %s.", a.ByName, strings.Join(of, ", and for "))
}

// attested gives the policy's own criteria of a gate, met where somebody of the
// named role confirmed them.
func (s *Service) attested(tx *db.Tx, r *Release, code GateCode, rules policy.Rules) ([]Finding, error) {
	criteria := rules.CriteriaFor(string(code))
	if len(criteria) == 0 {
		return nil, nil
	}
	given, err := attestationsOf(tx, r.ID)
	var list []Finding
	for _, criterion := range criteria {
		f := weigh(false, criterion.Code, criterion.Text, "Nobody has confirmed it.", criterion.Role.Label(), r.Link("gates", string(code))+"#"+attestAnchor(criterion.Code), "Confirm it")
		f.Waivable = true
		for _, a := range given {
			if a.Criterion != criterion.Code || f.State == Met {
				continue
			}
			if f.Detail = a.lapsed(r); f.Detail == "" {
				f.State, f.Detail, f.CheckedAt = Met, a.Evidence+" ("+a.ByName+")", a.UpdatedAt
			}
		}
		list = append(list, f)
	}
	return list, err
}

// lapsed gives the plan version that unmet criteria of the policy were last
// confirmed for, by code.
func (s *Service) lapsed(tx *db.Tx, r *Release, v *GateSheet) (map[string]int64, error) {
	if !v.Gate.Code.onPlan() || len(v.Confirmed) == 0 {
		return nil, nil
	}
	given, err := attestationsOf(tx, r.ID)
	was := map[string]int64{}
	for _, a := range given {
		met := slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Code == a.Criterion && f.State == Met })
		if a.Gate == v.Gate.Code && !met && a.PlanVersion != 0 && a.PlanVersion != r.PlanVersion {
			was[a.Criterion] = a.PlanVersion
		}
	}
	return was, err
}

func attestAnchor(code string) string { return "criterion-" + strings.ReplaceAll(code, ".", "-") }

// Attest confirms a criterion of the policy with evidence. It takes the role
// that the policy names.
func (s *Service) Attest(ctx context.Context, actor identity.Actor, key string, code GateCode, criterion, evidence string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, rule, err := s.confirmable(tx, actor, key, code, criterion)
		if err != nil {
			return err
		}
		evidence = strings.TrimSpace(evidence)
		if evidence == "" || len(evidence) > 2000 {
			return invalid("evidence_"+criterion, "Say what you saw, in at most 2,000 characters.")
		}
		a := &Attestation{ReleaseID: r.ID, Gate: code, Criterion: criterion, Evidence: evidence, ByID: actor.UserID, ByName: actor.Name}
		a.bind(r)
		if err := insert(tx, a); err != nil {
			return err
		}
		files, err := dml.Vouch(tx, actor, attestSubject(criterion), r.ID)
		if err != nil {
			return err
		}
		return s.recordDetail(tx, actor, r, "criterion.attest", evidence, strings.Join(files, "\n"), "confirmed for %s: %s", code, fmt.Sprintf("“%s”", rule.Text))
	})
}

// confirmable finds a criterion of the policy that the actor may confirm now.
func (s *Service) confirmable(tx *db.Tx, actor identity.Actor, key string, code GateCode, criterion string) (r *Release, rule policy.CriterionRule, err error) {
	if r, err = s.FindIn(tx, actor, key); err != nil {
		return r, rule, err
	}
	if err := actor.MustBePerson(); err != nil {
		return r, rule, err
	}
	if err := open(r); err != nil {
		return r, rule, err
	}
	rules, err := s.rules(tx, r)
	if err != nil {
		return r, rule, err
	}
	criteria := rules.CriteriaFor(string(code))
	at := slices.IndexFunc(criteria, func(c policy.CriterionRule) bool { return c.Code == criterion })
	if at < 0 {
		return r, rule, fault.New(fault.NotFound, "The policy has no such criterion at %s.", code)
	}
	if rule = criteria[at]; !actor.Has(rule.Role, r.ServiceID) {
		return r, rule, fault.New(fault.Forbidden, "The policy has this confirmed by the role %s.", rule.Role.Label())
	}
	given, err := attestationsOf(tx, r.ID)
	if err == nil && slices.ContainsFunc(given, func(a Attestation) bool { return a.Criterion == criterion && a.lapsed(r) == "" }) {
		err = fault.New(fault.Conflict, "This criterion is confirmed already.")
	}
	return r, rule, err
}
