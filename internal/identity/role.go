// Package identity knows who acts: people, their roles per service, sessions,
// tokens, and the one table of who may do what.
package identity

import "slices"

// Role is one of the roles of release and deployment management, or of the
// people around it. A person may hold several, each for one service or for all.
type Role string

// The roles, as CONTRACT.md names them.
const (
	ReleaseManager   Role = "release-manager"
	BuildManager     Role = "build-manager"
	TestManager      Role = "test-manager"
	ChangeManager    Role = "change-manager"
	ChangeAuthority  Role = "change-authority"
	DeploymentStaff  Role = "deployment-staff"
	EarlyLifeSupport Role = "early-life-support"
	Operations       Role = "operations"
	ServiceOwner     Role = "service-owner"
	DMLCustodian     Role = "dml-custodian"
	Stakeholder      Role = "stakeholder"
	Auditor          Role = "auditor"
	Administrator    Role = "administrator"
)

var roleLabels = map[Role]string{
	ReleaseManager: "Release and deployment manager", BuildManager: "Packaging and build manager",
	TestManager: "Test manager", ChangeManager: "Change manager", ChangeAuthority: "Change authority",
	DeploymentStaff: "Deployment staff", EarlyLifeSupport: "Early life support", Operations: "Operations",
	ServiceOwner: "Service owner", DMLCustodian: "DML custodian", Stakeholder: "Stakeholder",
	Auditor: "Auditor", Administrator: "Administrator",
}

var roleDuties = map[Role]string{
	ReleaseManager:   "Plans releases, asks for authorisation, gives go for waves and closes.",
	BuildManager:     "Assembles packages, records builds and submits media to the library.",
	TestManager:      "Records test runs and judges utility and warranty; never what they built.",
	ChangeManager:    "Decides the authorisations A1 to A5 and assesses changes.",
	ChangeAuthority:  "Decides beside the change manager where the policy asks for it.",
	DeploymentStaff:  "Claims, carries out and signs the steps of run sheets.",
	EarlyLifeSupport: "Watches a release after it went live, and asks operations to take it.",
	Operations:       "Accepts knowledge, handover items and the end of early life support.",
	ServiceOwner:     "Owns a service and its package, approves policies and accepts risks.",
	DMLCustodian:     "Accepts or rejects media, and keeps the definitive media library.",
	Stakeholder:      "Reads, agrees to plans and acknowledges what concerns them.",
	Auditor:          "Reads every release, restricted ones too, and the audit record; may place holds on media.",
	Administrator:    "Creates accounts and gives roles; keeps services, environments and targets.",
}

// Duty is what somebody in the role does, in a sentence.
func (r Role) Duty() string { return roleDuties[r] }

// Roles lists every role in the order people meet them in a release.
func Roles() []Role {
	return []Role{ReleaseManager, BuildManager, TestManager, ChangeManager, ChangeAuthority, DeploymentStaff,
		EarlyLifeSupport, Operations, ServiceOwner, DMLCustodian, Stakeholder, Auditor, Administrator}
}

// Label is the role as a person reads it.
func (r Role) Label() string {
	if label, ok := roleLabels[r]; ok {
		return label
	}
	return string(r)
}

// Known tells whether r is one of the roles.
func (r Role) Known() bool { _, ok := roleLabels[r]; return ok }

// beside are the roles that no release waits for, unless a policy asks for them.
var beside = []Role{ChangeAuthority, Stakeholder, Auditor}

// needed are the roles without which a release stops somewhere between its plan
// and its closing.
func needed() []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return slices.Contains(beside, r) })
}
