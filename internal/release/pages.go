package release

import (
	"context"
	"errors"
	"slices"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// PackageRecord is one version of a package with its lines.
type PackageRecord struct {
	Package
	Lines []Component
}

// HistorySheet is the whole record of a release in one page.
type HistorySheet struct {
	Head
	Phases       []Phase
	Decisions    []Decision // of all gates, the first first
	Waivers      []Waiver
	Attestations []Attestation
	Criteria     map[string]string // the policy's own criteria in words, by code
	Packages     []PackageRecord   // the newest first
	Authority    *Authority
	Overrides    []WindowOverride
	Files        []dml.Attachment // evidence that people attached
	Entries      []audit.Logged   // the newest first
	Next         int64            // the before of the next page of entries, 0 at the end
	Chain        *Chain           // where the record was checked
}

// Chain is what a check of a release's entries found.
type Chain struct {
	Entries int64
	Broken  string // where it does not hold, and why; empty where it holds
}

// Chapter is a part of the record that may be read alone: what was done in one
// room.
type Chapter struct {
	Code, Name string
	actions    []string // what its entries' actions begin with
}

// Chapters lists the parts of a release's record.
func Chapters() []Chapter {
	return []Chapter{
		{"release", "The release", []string{"release.", "status."}},
		{"gates", "Authorisations", []string{"gate.", "waiver.", "criterion.attest", "readiness.", "emergency.", "window."}},
		{"plan", "Plan and risks", []string{"plan.", "risk.", "stakeholder.", "notice.", "conflict."}},
		{"package", "Package", []string{"package.", "item."}},
		{"tests", "Build and test", []string{"build.", "test.", "criterion.draw", "criterion.judge", "knownerror.", "backout."}},
		{"change", "Change", []string{"change."}},
		{"deployment", "Deployment", []string{"wave.", "target.", "licence."}},
		{"handover", "Early life and handover", []string{"els.", "incident.", "value.", "transfer.", "handover.", "promise.", "pir.", "action.", "baseline."}},
	}
}

// Leaf says which part of a release's record is read.
type Leaf struct {
	Chapter string // code of one; another word reads all
	Before  int64  // the entry that the page ends before; 0 begins with the newest
	Verify  bool   // check the entries against their hashes too
}

func (q Leaf) actions() []string {
	at := slices.IndexFunc(Chapters(), func(c Chapter) bool { return c.Code == q.Chapter })
	if at < 0 {
		return nil
	}
	return Chapters()[at].actions
}

// historyLines is how many entries of the record a page shows.
const historyLines = 100

// History gives the whole record of a release, and of its entries the leaf that
// was asked for.
func (s *Service) History(ctx context.Context, actor identity.Actor, key string, leaf Leaf) (v *HistorySheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		head, err := s.HeadIn(tx, actor, key)
		if err != nil {
			return err
		}
		v = &HistorySheet{Head: *head, Criteria: map[string]string{}}
		rules, err := s.rules(tx, head.Release)
		if err != nil {
			return err
		}
		for _, code := range GateCodes() {
			for _, criterion := range rules.CriteriaFor(string(code)) {
				v.Criteria[criterion.Code] = criterion.Text
			}
		}
		return v.fill(tx, head.Release, leaf)
	})
	return v, err
}

func (v *HistorySheet) fill(tx *db.Tx, r *Release, leaf Leaf) (err error) {
	if v.Phases, err = phasesOf(tx, r.ID); err != nil {
		return err
	}
	if v.Decisions, err = decisionsOfRelease(tx, r.ID); err != nil {
		return err
	}
	if v.Waivers, err = waiversOf(tx, r.ID); err != nil {
		return err
	}
	if v.Attestations, err = attestationsOf(tx, r.ID); err != nil {
		return err
	}
	if v.Authority, err = authorityOf(tx, r.ID); err != nil {
		return err
	}
	if v.Overrides, err = windowOverridesOf(tx, r.ID); err != nil {
		return err
	}
	if v.Packages, err = packageRecords(tx, r.ID); err != nil {
		return err
	}
	if v.Files, err = dml.AttachmentsOf(tx, r.ID); err != nil {
		return err
	}
	withFiles(v.Decisions, v.Files)
	for i := range v.Attestations {
		a := &v.Attestations[i]
		a.Files = dml.Said(dml.To(v.Files, attestSubject(a.Criterion), r.ID), a.ByID, a.CreatedAt)
	}
	v.Entries, err = audit.ForReleaseOf(tx, r.Key, leaf.actions(), leaf.Before, historyLines+1)
	if len(v.Entries) > historyLines {
		v.Entries = v.Entries[:historyLines]
		v.Next = v.Entries[historyLines-1].Seq
	}
	if err != nil || !leaf.Verify {
		return err
	}
	n, err := audit.VerifyRelease(tx, r.Key)
	var broken audit.Broken
	if errors.As(err, &broken) {
		v.Chain = &Chain{n, broken.Error()}
		return nil
	}
	v.Chain = &Chain{Entries: n}
	return err
}

func packageRecords(tx *db.Tx, releaseID int64) ([]PackageRecord, error) {
	packages, err := packagesOf(tx, releaseID)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(packages))
	for i, p := range packages {
		ids[i] = p.ID
	}
	lines, err := componentsOfAll(tx, ids)
	list := make([]PackageRecord, len(packages))
	for i, p := range packages {
		list[i] = PackageRecord{Package: p, Lines: slices.Clone(lines)}
		list[i].Lines = slices.DeleteFunc(list[i].Lines, func(c Component) bool { return c.PackageID != p.ID })
	}
	return list, err
}

// EmergencyPage is the emergency path with the top of the page and everything
// that is in the viewer's way.
type EmergencyPage struct {
	Head
	Path     *EmergencySheet
	Against  []fault.Blocker // why the viewer cannot authorise it
	Blockers []fault.Blocker // why the gate it stands before cannot pass yet
}

// EmergencyPage gives the page of the emergency path.
func (s *Service) EmergencyPage(ctx context.Context, actor identity.Actor, key string) (*EmergencyPage, error) {
	path, err := s.Emergency(ctx, actor, key)
	if err != nil {
		return nil, err
	}
	v := &EmergencyPage{Path: path}
	return v, s.db.View(ctx, func(tx *db.Tx) error {
		head, err := s.HeadIn(tx, actor, key)
		if err != nil {
			return err
		}
		v.Head = *head
		if f, refused := fault.As(s.emergencyBlockers(tx, actor, head.Release)); refused {
			v.Against = f.Blockers
		}
		if !path.MayProceed {
			return nil
		}
		findings, err := s.Findings(tx, head.Release, path.Gate)
		v.Blockers = blockersOf(findings)
		return err
	})
}

// OverrideHead gives the top of the page that lets a release start outside its
// window, to those who may.
func (s *Service) OverrideHead(ctx context.Context, actor identity.Actor, key string) (h *Head, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if h, err = s.HeadIn(tx, actor, key); err != nil {
			return err
		}
		return identity.Authorize(actor, identity.WindowOverride, h.ServiceID)
	})
	return h, err
}
