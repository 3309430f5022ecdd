package identity

// Permission is something a service method allows or forbids.
type Permission string

// The permissions. Their rules stand in one table below.
const (
	CatalogEdit        Permission = "catalog.edit"
	PolicyEdit         Permission = "policy.edit"
	PolicyApprove      Permission = "policy.approve"
	ModelEdit          Permission = "model.edit"
	DmlKeys            Permission = "dml.keys"
	DmlSubmit          Permission = "dml.submit"
	DmlDecide          Permission = "dml.decide"
	DmlHold            Permission = "dml.hold"
	DmlKeep            Permission = "dml.keep"
	ReleaseEdit        Permission = "release.edit"
	ReleasePackage     Permission = "release.package"
	PlanEdit           Permission = "plan.edit"
	PlanAgree          Permission = "plan.agree"
	RiskEdit           Permission = "risk.edit"
	RiskAccept         Permission = "risk.accept"
	StakeholderEdit    Permission = "stakeholder.edit"
	NoticeSend         Permission = "notice.send"
	ChangeEdit         Permission = "change.edit"
	ChangeAssess       Permission = "change.assess"
	ChangeAuthorise    Permission = "change.authorise"
	EmergencyAuthorise Permission = "emergency.authorise"
	GlassBreak         Permission = "glass.break"
	WindowOverride     Permission = "window.override"
	FreezeEdit         Permission = "freeze.edit"
	GateDecide         Permission = "gate.decide"
	WaiverRequest      Permission = "waiver.request"
	WaiverApprove      Permission = "waiver.approve"
	ReadinessEdit      Permission = "readiness.edit"
	BuildRecord        Permission = "build.record"
	TestRecord         Permission = "test.record"
	KnownErrorEdit     Permission = "knownerror.edit"
	EnvironmentEdit    Permission = "environment.edit"
	WavePlan           Permission = "wave.plan"
	WaveGo             Permission = "wave.go"
	WaveByPolicy       Permission = "wave.bypolicy"
	WaveControl        Permission = "wave.control"
	StepSign           Permission = "step.sign"
	TargetReport       Permission = "target.report"
	RollbackDecide     Permission = "rollback.decide"
	ElsRun             Permission = "els.run"
	ElsAccept          Permission = "els.accept"
	TransferEdit       Permission = "transfer.edit"
	HandoverOffer      Permission = "handover.offer"
	HandoverAccept     Permission = "handover.accept"
	PirHold            Permission = "pir.hold"
	PirAgree           Permission = "pir.agree"
	ReportRead         Permission = "report.read"
	AuditRead          Permission = "audit.read"
	AdminUsers         Permission = "admin.users"
)

// rule is who holds a permission: roles of people, a token's scope, and
// whether the system's own clocks may do it. No scope can sign or approve.
type rule struct {
	verb   string // completes "You may not …"
	roles  []Role
	scope  string
	system bool
}

// undivided are the permissions that concern every service at once: a role that
// is held for one of them does not give them.
var undivided = []Permission{AuditRead, AdminUsers}

var decisionRoles = []Role{ChangeManager, ChangeAuthority, ServiceOwner, DMLCustodian, Operations, TestManager}

// permissions is the one policy table of who may do what.
var permissions = map[Permission]rule{
	CatalogEdit:        {"edit services and configuration items", []Role{ServiceOwner, ReleaseManager, Administrator}, "api:write", false},
	PolicyEdit:         {"edit release policies", []Role{ReleaseManager, ChangeManager, ServiceOwner}, "", false},
	PolicyApprove:      {"approve release policies", []Role{ServiceOwner}, "", false},
	ModelEdit:          {"edit release and deployment models", []Role{ReleaseManager, ChangeManager}, "", false},
	DmlKeys:            {"keep the trusted keys", []Role{DMLCustodian, Administrator}, "", false},
	DmlSubmit:          {"submit media to the library", []Role{BuildManager, ReleaseManager, TestManager, DMLCustodian, DeploymentStaff}, "dml:write", false},
	DmlDecide:          {"accept or reject media", []Role{DMLCustodian}, "", false},
	DmlHold:            {"place or lift holds on media", []Role{DMLCustodian, Auditor}, "", false},
	DmlKeep:            {"have the library verified or collected", []Role{DMLCustodian, Administrator}, "dml:write", true},
	ReleaseEdit:        {"plan or change releases", []Role{ReleaseManager}, "api:write", false},
	ReleasePackage:     {"package releases", []Role{BuildManager, ReleaseManager}, "build:report", false},
	PlanEdit:           {"edit the plan", []Role{ReleaseManager}, "", false},
	PlanAgree:          {"agree to the plan", Roles(), "", false},
	RiskEdit:           {"edit risks", []Role{ReleaseManager, TestManager, BuildManager, ChangeManager, ServiceOwner, Operations}, "", false},
	RiskAccept:         {"accept risks above the appetite", []Role{ServiceOwner}, "", false},
	StakeholderEdit:    {"edit stakeholders", []Role{ReleaseManager, ServiceOwner}, "", false},
	NoticeSend:         {"send notices", []Role{ReleaseManager, EarlyLifeSupport}, "", false},
	ChangeEdit:         {"raise or edit changes", []Role{ReleaseManager, ChangeManager, ServiceOwner}, "", false},
	ChangeAssess:       {"assess changes", []Role{ChangeManager, ChangeAuthority}, "", false},
	ChangeAuthorise:    {"authorise changes", []Role{ChangeManager, ChangeAuthority}, "", false},
	EmergencyAuthorise: {"authorise emergencies", []Role{ChangeAuthority, ChangeManager}, "", false},
	GlassBreak:         {"break the glass", []Role{ReleaseManager, ChangeManager, Operations, EarlyLifeSupport}, "", false},
	WindowOverride:     {"let a release start outside its window", []Role{ChangeAuthority, ChangeManager}, "", false},
	FreezeEdit:         {"edit freezes", []Role{ChangeManager}, "", false},
	GateDecide:         {"decide gates", decisionRoles, "", false},
	WaiverRequest:      {"ask for a waiver", []Role{ReleaseManager, BuildManager, TestManager}, "", false},
	WaiverApprove:      {"approve a waiver", []Role{ChangeManager, ChangeAuthority, ServiceOwner}, "", false},
	ReadinessEdit:      {"report readiness", []Role{ReleaseManager, BuildManager, TestManager, Operations, EarlyLifeSupport, DeploymentStaff, ServiceOwner, ChangeManager}, "", false},
	BuildRecord:        {"record builds", []Role{BuildManager}, "build:report", false},
	TestRecord:         {"record tests and verdicts", []Role{TestManager}, "build:report", false},
	KnownErrorEdit:     {"edit known errors", []Role{TestManager, BuildManager, ReleaseManager, EarlyLifeSupport, Operations}, "", false},
	EnvironmentEdit:    {"edit environments and targets", []Role{ReleaseManager, Operations, Administrator}, "api:write", false},
	WavePlan:           {"plan waves", []Role{ReleaseManager}, "", false},
	WaveGo:             {"give go for a wave", []Role{ReleaseManager}, "", false},
	WaveByPolicy:       {"let a wave go by its policy", nil, "", true}, // only the clock, and only where the policy lets it
	WaveControl:        {"pause, resume or remediate a wave", []Role{ReleaseManager, DeploymentStaff, EarlyLifeSupport}, "", true},
	StepSign:           {"claim and sign steps", []Role{DeploymentStaff}, "", false},
	TargetReport:       {"report on targets", []Role{DeploymentStaff, ReleaseManager}, "deploy:report", true},
	RollbackDecide:     {"decide a rollback past the point of no return", []Role{ChangeManager, ChangeAuthority}, "", false},
	ElsRun:             {"run early life support", []Role{EarlyLifeSupport}, "", false},
	ElsAccept:          {"accept the end of early life support", []Role{Operations}, "", false},
	TransferEdit:       {"plan knowledge transfer", []Role{ReleaseManager, EarlyLifeSupport}, "", false},
	HandoverOffer:      {"offer the handover", []Role{ReleaseManager, EarlyLifeSupport}, "", false},
	HandoverAccept:     {"accept the handover", []Role{Operations}, "", false},
	PirHold:            {"hold the post-implementation review", []Role{ReleaseManager, ChangeManager}, "", false},
	PirAgree:           {"agree the post-implementation review", []Role{ServiceOwner, ChangeManager}, "", false},
	ReportRead:         {"read reports", []Role{ReleaseManager, BuildManager, TestManager, ChangeManager, ChangeAuthority, DeploymentStaff, EarlyLifeSupport, Operations, ServiceOwner, DMLCustodian, Auditor, Administrator}, "api:read", false},
	AuditRead:          {"read the audit record", []Role{Auditor, Administrator, ChangeManager}, "api:read", false},
	AdminUsers:         {"administer accounts", []Role{Administrator}, "", false},
}
