package policy

import "slipway/internal/identity"

// Template is a ready-made model to begin from.
type Template struct {
	Key, Name string
	Body      Body
}

// Templates are the ready-made models, the commonest first.
func Templates() []Template {
	return []Template{
		{"rolling-service", "Phased service release", rollingService()},
		{"field-firmware", "Field firmware", fieldFirmware()},
		{"emergency-fix", "Emergency fix", emergencyFix()},
	}
}

func handSteps() []StepTemplate {
	return []StepTemplate{
		{Kind: "install", Title: "Take the target out of service", Instruction: "Drain it and wait until it serves nobody.", Command: "systemctl stop service", Minutes: 5},
		{Kind: "install", Title: "Install the signed package", Instruction: "Copy it from the media library; compare the digest before anything runs.", Command: "sha256sum package && install package", Minutes: 15},
		{Kind: "verify", Title: "Verify what is installed", Instruction: "Read the digest on each target and enter it here; run the smoke test.", Command: "sha256sum /opt/service/package", Minutes: 10, Witness: true},
		{Kind: "back-out", Title: "Put the former version back", Instruction: "Install the as-is package and run the smoke test.", Command: "install former-package", Minutes: 20},
	}
}

func commonRisks() []RiskTemplate {
	return []RiskTemplate{
		{"The new version meets data nobody tested with", "it fails on some targets", "users of those targets cannot work", 2, 4, "Pilot first, soak, and back out by the rehearsed steps"},
		{"The window is short", "the deployment runs out of time", "part of the targets stay on the old version", 3, 2, "Stop at the last step that can be undone and go on in the next window"},
	}
}

func rollingService() Body {
	return Body{
		Purpose: "A service on a handful of hosts, changed host by host by hand while the others carry the load.",
		Scale:   "phased", Delivery: "push", Execution: "manual",
		Structure:  "One package with the program, its documentation and its licences.",
		Processes:  "Change management authorises; deployment staff carry out; early life support watches.",
		Procedures: "The run sheet of each wave.", Resources: "Two deployment staff for each wave; one on call for early life.",
		Environments: []string{"staging", "production"},
		Milestones:   []Milestone{{"Plan agreed", 14}, {"Package baselined", 7}, {"Check-in to the library", 3}, {"First wave", 0}, {"Early life ends", -7}},
		Waves: []WaveTemplate{
			{Name: "Pilot", Environment: "production", Pilot: true, Filter: "tag=pilot", Hours: 8, SoakHours: 1, SuccessPercent: 100, FailurePercent: 1, Trigger: "Any target that fails its smoke test twice", Steps: handSteps()},
			{Name: "The rest", Environment: "production", Days: 1, Hours: 8, SoakHours: 0, SuccessPercent: 100, FailurePercent: 30, Trigger: "Error rate above twice the former one", Steps: handSteps()},
		},
		Risks:     commonRisks(),
		Transfers: []TransferTemplate{{"Run and restart the new version", "Operations on shift", "Walk-through on staging", identity.Operations}},
		Notices:   []NoticeTemplate{{"Everybody who uses the service", "The service is changed in the window; it stays available.", 3}},
		Tests:     "Regression and load on staging; acceptance by the service owner.", Training: "A walk-through for operations.",
		BackOut: "Back-out steps of each wave, rehearsed on staging.", Communication: "Notice before, status page during, summary after.", EarlySupport: "Daily stand-up; one person on call.",
	}
}

func fieldFirmware() Body {
	return Body{
		Purpose: "Firmware for devices in the field that fetch what they are offered.",
		Scale:   "phased", Delivery: "pull", Execution: "manual",
		Structure: "One signed image with release notes and licences.", Processes: "Pilot sites, soak, then regions.",
		Procedures: "Each device is verified by the digest it reports.", Resources: "One person on watch while a wave runs.",
		Environments: []string{"lab", "field"},
		Milestones:   []Milestone{{"Plan agreed", 28}, {"Image built", 14}, {"Pilot", 0}},
		Waves: []WaveTemplate{
			{Name: "Pilot sites", Environment: "field", Pilot: true, Filter: "tag=pilot", Hours: 24, SoakHours: 24, SuccessPercent: 95, FailurePercent: 2, Outage: Away(10), Trigger: "A device that does not come back", Steps: fieldSteps()},
			{Name: "All other sites", Environment: "field", Days: 3, Hours: 168, SoakHours: 0, SuccessPercent: 95, FailurePercent: 5, NoReturn: true, Outage: Away(10), Trigger: "More than one device in a hundred lost", Steps: fieldSteps()},
		},
		Risks:     commonRisks(),
		Transfers: []TransferTemplate{{"Recover a device that does not boot", "Service desk", "Recorded demonstration", identity.Operations}},
		Notices:   []NoticeTemplate{{"Branch managers", "Devices restart once during the night.", 7}},
		Tests:     "Boot, update and fall-back on every hardware revision.", Training: "A recorded demonstration.", BackOut: "The former image is offered as a rollout of its own.",
		Communication: "Notice a week before; status page by region.", EarlySupport: "Daily count of silent devices.",
	}
}

func fieldSteps() []StepTemplate {
	return []StepTemplate{
		{Kind: "install", Title: "Offer the image to the wave", Instruction: "Release the image to the devices of this wave.", Minutes: 10},
		{Kind: "verify", Title: "Verify what the devices report", Instruction: "Enter the digest each device reports after its restart.", Minutes: 60},
		{Kind: "back-out", Title: "Offer the former image", Instruction: "Release the former image to the devices of this wave.", Minutes: 30},
	}
}

func emergencyFix() Body {
	return Body{
		Purpose: "Correct an incident that cannot wait, everywhere at once.",
		Scale:   "big bang", Delivery: "push", Execution: "manual",
		Structure: "The smallest package that corrects the error.", Processes: "Emergency authority, retrospective decision.",
		Procedures: "One run sheet.", Resources: "Whoever is on duty, and a second person as witness.", Environments: []string{"production"},
		Milestones: []Milestone{{"Fix deployed", 0}, {"Retrospective decision", -1}},
		Waves: []WaveTemplate{{Name: "Everywhere", Environment: "production", Hours: 8, SuccessPercent: 100, FailurePercent: 50,
			Trigger: "The incident persists or grows", Steps: handSteps()}},
		Risks:   commonRisks(),
		Notices: []NoticeTemplate{{"Everybody who uses the service", "An incident is being corrected.", 0}},
		Tests:   "The failing case, and a smoke test.", BackOut: "The former package is put back.", Communication: "Status page at once.", EarlySupport: "Watch until the incident is closed.",
	}
}
