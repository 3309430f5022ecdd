package review

import (
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/internal/state"
)

// Findings says what transfer, early life, handover and review have to tell a
// gate: A4 asks whether people are ready, A5 whether nothing is left open.
func (s *Service) Findings(tx *db.Tx, r *release.Release, gate release.GateCode) ([]release.Finding, error) {
	switch gate {
	case release.A4:
		return s.goLive(tx, r)
	case release.A5:
		return s.closing(tx, r)
	}
	return nil, nil
}

// judge makes a finding on the handover page.
func judge(tx *db.Tx, r *release.Release, code, title string, open []string, met string, owner, anchor, action string) release.Finding {
	f := release.Finding{Code: code, Title: title, State: release.Met, Detail: met, Owner: owner, Link: page(r, anchor), Action: action, CheckedAt: tx.Now, Waivable: true}
	if len(open) > 0 {
		f.State, f.Detail = release.Unmet, brief(open)
	}
	return f
}

// brief names the first of a list, so that a gate stays readable.
func brief(list []string) string {
	const most = 4
	if len(list) <= most {
		return strings.Join(list, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(list[:most], "; "), len(list)-most)
}

func (s *Service) goLive(tx *db.Tx, r *release.Release) ([]release.Finding, error) {
	transfers, err := all[Transfer](tx, r.ID, "number")
	if err != nil {
		return nil, err
	}
	roster, err := all[Shift](tx, r.ID, "day, shift")
	if err != nil {
		return nil, err
	}
	required, err := s.transferRequired(tx, r)
	if err != nil {
		return nil, err
	}
	var open []string
	for _, day := range uncovered(roster, r.ELSDays) {
		open = append(open, fmt.Sprintf("day %d", day))
	}
	if len(open) > 0 {
		open = []string{"nobody on " + brief(open)}
	}
	return []release.Finding{
		transferFinding(tx, r, transfers, required),
		judge(tx, r, "els.roster", "Early life support is rostered for every agreed day", open,
			fmt.Sprintf("%s for %s", noun.Count(len(roster), "shift"), noun.Count(r.ELSDays, "day")), identity.EarlyLifeSupport.Label(), "#roster", "Complete the roster"),
	}, nil
}

// transferFinding asks for confirmed transfers before going live where the policy
// says so, and for planned ones everywhere.
func transferFinding(tx *db.Tx, r *release.Release, transfers []Transfer, required bool) release.Finding {
	var open []string
	for i := range transfers {
		t := &transfers[i]
		if lacks := t.missing(); len(lacks) > 0 {
			open = append(open, fmt.Sprintf("“%s” has no %s", t.Topic, strings.Join(lacks, ", no ")))
		} else if required && t.State != TransferConfirmed {
			open = append(open, fmt.Sprintf("“%s” is %s, waiting for %s", t.Topic, state.Word(t.State), t.waitsFor()))
		}
	}
	title, met := "Knowledge transfer is planned; the policy lets it be confirmed before handover", "all planned"
	if required {
		title, met = "Knowledge transfer is confirmed by its receivers", fmt.Sprintf("%d of %d confirmed", len(transfers), len(transfers))
		if len(transfers) == 0 {
			open = append(open, "no transfer is planned")
		}
	}
	return judge(tx, r, "transfer.confirmed", title, open, met, identity.ReleaseManager.Label(), "#transfer", "Open the transfers")
}

// closing are the findings of A5. A release that was rolled back left no service
// behind, so that only its review remains.
func (s *Service) closing(tx *db.Tx, r *release.Release) ([]release.Finding, error) {
	f, err := s.closeFacts(tx, r)
	if err != nil {
		return nil, err
	}
	findings := []release.Finding{f.reviewAgreed(tx, r), f.actionsOwned(tx, r)}
	if f.rolledBack {
		return findings, nil
	}
	known, err := s.untransferred(tx, r)
	if err != nil {
		return nil, err
	}
	var errors []string
	for _, b := range known {
		errors = append(errors, strings.TrimSuffix(b.Sentence, "."))
	}
	errorsFinding := judge(tx, r, "knownerrors.transferred", "Known errors are transferred to operations", errors, "none is left behind", identity.TestManager.Label(), "#handover", "Transfer the known errors")
	errorsFinding.Link = "/releases/" + r.Key + "/tests#known-errors"
	return append(findings, f.earlyLife(tx, r), f.transfers(tx, r), f.handedOver(tx, r), f.reconciled(tx, r), f.valueLive(tx, r), f.delivered(tx, r), errorsFinding), nil
}

// closeFacts are the rows that closing weighs.
type closeFacts struct {
	els        *EarlyLife
	review     *PIR
	actions    []Action
	items      []HandoverItem
	values     []Value
	promises   []Promise
	moved      []Transfer
	rolledBack bool
}

func (s *Service) closeFacts(tx *db.Tx, r *release.Release) (*closeFacts, error) {
	f := &closeFacts{}
	var err error
	read := func(fn func() error) {
		if err == nil {
			err = fn()
		}
	}
	read(func() (e error) { f.els, e = only[EarlyLife](tx, r.ID); return })
	read(func() (e error) { f.review, e = only[PIR](tx, r.ID); return })
	read(func() (e error) { f.actions, e = all[Action](tx, r.ID, "number"); return })
	read(func() (e error) { f.items, e = all[HandoverItem](tx, r.ID, "number"); return })
	read(func() (e error) { f.values, e = s.values(tx, r); return })
	read(func() (e error) { f.promises, e = all[Promise](tx, r.ID, "number"); return })
	read(func() (e error) { f.moved, e = all[Transfer](tx, r.ID, "number"); return })
	f.rolledBack = rolledBack(r, f.els)
	return f, err
}

func (f *closeFacts) reviewAgreed(tx *db.Tx, r *release.Release) release.Finding {
	var open []string
	switch {
	case f.review == nil || f.review.State == PirDue:
		open = []string{"the review has not been held"}
	case f.review.State == PirHeld:
		open = []string{"held by " + f.review.HeldBy + ", not agreed yet"}
	}
	met := ""
	if len(open) == 0 {
		met = "agreed by " + f.review.AgreedBy
	}
	finding := judge(tx, r, "pir.agreed", "The post-implementation review is agreed", open, met, identity.ServiceOwner.Label(), "#review", "Open the review")
	if f.review != nil {
		finding.Due = f.review.Due
	}
	return finding.NotWaived("Without the review nobody knows whether the release did what it was made for; it is held, and then the release closes.")
}

func (f *closeFacts) actionsOwned(tx *db.Tx, r *release.Release) release.Finding {
	var open []string
	for i := range f.actions {
		if !f.actions[i].Owned() {
			open = append(open, "“"+f.actions[i].Title+"” has no owner or date")
		}
	}
	return judge(tx, r, "actions.owned", "Every action has an owner and a date", open, noun.Count(len(f.actions), "action"), identity.ReleaseManager.Label(), "#actions", "Name the owners")
}

func (f *closeFacts) earlyLife(tx *db.Tx, r *release.Release) release.Finding {
	var open []string
	met := ""
	switch {
	case f.els == nil:
		open = []string{"early life support has not begun"}
	case f.els.State != Accepted:
		open = []string{"early life support is " + string(f.els.State)}
	default:
		met = "accepted by " + f.els.DecidedBy
	}
	return judge(tx, r, "els.accepted", "Operations accepted the end of early life support", open, met, identity.Operations.Label(), "#early-life", "Open early life support")
}

func (f *closeFacts) transfers(tx *db.Tx, r *release.Release) release.Finding {
	finding := transferFinding(tx, r, f.moved, true)
	if len(f.moved) == 0 {
		finding.State, finding.Detail = release.Met, "none was planned"
	}
	return finding
}

// handedOver asks for every subject of the handover.
func (f *closeFacts) handedOver(tx *db.Tx, r *release.Release) release.Finding {
	open := f.openItems(func(string) bool { return true })
	if len(f.items) == 0 {
		open = []string{"nothing has been offered"}
	}
	return judge(tx, r, "handover.accepted", "Operations accepted every handover item", open, fmt.Sprintf("%d items", len(f.items)), identity.Operations.Label(), "#handover", "Open the handover").
		NotWaived("Until operations accepted it, nobody operates the service; what they do not take they return, with a reason.")
}

// reconciled asks for the two subjects in which operations compares the record
// with what is installed.
func (f *closeFacts) reconciled(tx *db.Tx, r *release.Release) release.Finding {
	open := f.openItems(func(kind string) bool { return kind == "licences" || kind == "configuration-items" })
	if len(f.items) == 0 {
		open = []string{"nothing has been offered"}
	}
	return judge(tx, r, "items.reconciled", "Configuration items and licences are reconciled", open, "both accepted by operations", identity.Operations.Label(), "#handover", "Open the handover").
		NotWaived("A closed release is proved by records that agree with what is installed.")
}

func (f *closeFacts) openItems(counts func(kind string) bool) []string {
	var open []string
	for _, item := range f.items {
		if counts(item.Kind) && item.State != HandoverAccepted {
			open = append(open, KindLabel(item.Kind)+" is "+strings.ToLower(string(item.State)))
		}
	}
	return open
}

func (f *closeFacts) valueLive(tx *db.Tx, r *release.Release) release.Finding {
	var open []string
	for _, b := range unmetValues(r, f.values, r.PackageDigest) {
		open = append(open, strings.TrimSuffix(b.Sentence, "."))
	}
	return judge(tx, r, "value.live", "Utility and warranty hold in live use", open, fmt.Sprintf("%d criteria", len(f.values)), identity.EarlyLifeSupport.Label(), "#value", "Record live verdicts")
}

func (f *closeFacts) delivered(tx *db.Tx, r *release.Release) release.Finding {
	var open []string
	met, other := 0, 0
	for i := range f.promises {
		switch p := &f.promises[i]; {
		case p.Outcome == Undecided:
			open = append(open, "“"+p.Title+"” is undecided")
		case p.NeedsApproval():
			open = append(open, fmt.Sprintf("“%s” is %s, not approved", p.Title, strings.ToLower(string(p.Outcome))))
		case p.Outcome == Met:
			met++
		default:
			other++
		}
	}
	return judge(tx, r, "package.delivered", "Every item of the service package is met, or its exception approved", open,
		fmt.Sprintf("%d met, %d deferred or deviated with approval", met, other), identity.ServiceOwner.Label(), "#package", "Open the service package")
}

// rolledBack tells whether the release ended without going into service.
func rolledBack(r *release.Release, els *EarlyLife) bool {
	return r.Outcome == string(release.OutcomeRolledBack) || (els == nil && r.State == release.Review)
}
