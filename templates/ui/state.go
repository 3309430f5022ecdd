package ui

import "slipway/internal/state"

// families says for every state of the product which sign it carries: neutral
// is not begun, active in progress or awaited, good met, warn permitted but
// mind it, bad failed, late or blocking, void voided, cancelled or retired.
var families = map[string]string{
	// release
	"Draft": "neutral", "Proposed": "active", "Planning": "active", "BuildTest": "active", "Ready": "good", "Deploying": "active",
	"Paused": "void g-pause", "Remediating": "bad", "EarlyLife": "active", "RolledBack": "bad", "Review": "active", "Closed": "good",
	"OnHold": "void g-pause", "Cancelled": "void",
	// plan, policy, package
	"InAgreement": "active", "Agreed": "good", "Superseded": "void", "Approved": "good", "Active": "good", "Assembling": "neutral",
	"Baselined": "active", "Verified": "good", "SignedOff": "good", "Deployed": "good", "Withdrawn": "void",
	// media
	"Quarantined": "warn", "Checking": "active", "Accepted": "good", "Rejected": "bad", "Suspect": "bad", "Retired": "void",
	// gate
	"Pending": "neutral g-lock", "Open": "active", "Expired": "bad g-clock", "Waived": "warn", "Voided": "void",
	// change
	"Submitted": "active", "Assessing": "active", "Authorised": "good", "Scheduled": "good", "Implementing": "active", "Reviewing": "active",
	"ECABAuthorised": "warn", "RetroDue": "bad g-clock", "RetroApproved": "good", "RetroRefused": "bad",
	// wave, target, step
	"Planned": "neutral", "Go": "active", "NoGo": "bad", "Running": "active", "Verifying": "active", "Complete": "good", "Failed": "bad",
	"Staged": "neutral", "Excluded": "void", "Offered": "neutral", "Taken": "active", "Installed": "active", "Overdue": "bad g-clock",
	"Waiting": "neutral g-clock", "Claimable": "active", "InProgress": "active", "Done": "good", "NotApplicable": "void",
	// criterion, risk, known error, transfer, early life, handover, review
	"Pass": "good", "Fail": "bad", "Blocked": "bad", "Treating": "active", "Materialised": "bad", "Found": "active", "Assessed": "active",
	"Tolerated": "warn", "MustFix": "bad", "Transferred": "good", "Resolved": "good", "Delivered": "active", "Confirmed": "good",
	"Repeat": "warn", "ExitRequested": "active", "Extended": "warn", "Returned": "bad", "Due": "warn", "Held": "active",
	// outcome and evidence
	"Succeeded": "good", "WithKnownErrors": "warn", "Partial": "warn", "Met": "good", "Unmet": "bad", "Unknown": "warn g-unknown",
	"Ended": "void", "Green": "good", "Amber": "warn", "Red": "bad",
}

// Family gives the sign of a state; a state nobody listed is unknown.
func Family(state string) string {
	if family, ok := families[state]; ok {
		return family
	}
	return "neutral g-unknown"
}

// StateWord is a state as it is read: "EarlyLife" becomes "Early life".
func StateWord(code string) string { return state.Word(code) }

// familyClass turns "void g-pause" into the classes of a badge.
func familyClass(family string) string { return "st-" + family }
