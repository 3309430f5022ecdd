// Package catalog holds what there is: services with their service packages,
// configuration items with versions and relations, release units, baselines.
package catalog

import (
	"regexp"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// ServiceRecord is one service that the organisation runs.
type ServiceRecord struct {
	db.Row
	Key         string `gorm:"column:service_key"` // "PAY"; identifiers of releases begin with it
	Name        string
	Description string
	OwnerID     int64 // the service owner, who approves policies and accepts risks
	OwnerName   string
	Criticality string // low, medium, high or vital
	Contact     string // how operations is reached
}

// TableName is the table of services.
func (ServiceRecord) TableName() string { return "services" }

// Criticalities are the classes of services, from least to most.
var Criticalities = []string{"low", "medium", "high", "vital"}

// Link is the page of the service.
func (s ServiceRecord) Link() string { return "/services/" + s.Key }

var keyPattern = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,7}$`)

func (s *ServiceRecord) validate(c *fault.Check) {
	s.Key, s.Name = strings.TrimSpace(s.Key), strings.TrimSpace(s.Name)
	s.Description, s.Contact = strings.TrimSpace(s.Description), strings.TrimSpace(s.Contact)
	c.Need(keyPattern.MatchString(s.Key), "key", "Use 2 to 8 capital letters and digits, beginning with a letter, such as PAY.")
	c.Need(s.Name != "" && len(s.Name) <= 120, "name", "Name the service in at most 120 characters.")
	c.Need(slices.Contains(Criticalities, s.Criticality), "criticality", "Choose how critical the service is.")
	c.Need(len(s.Description) <= 1000, "description", "Keep the description to 1,000 characters.")
	c.Need(len(s.Contact) <= 200, "contact", "Keep the contact to 200 characters.")
}

// PromiseKind is what part of the service package a promise belongs to.
type PromiseKind string

// Utility is fitness for purpose; the four warranties are fitness for use.
const (
	Utility      PromiseKind = "utility"
	Availability PromiseKind = "availability"
	Capacity     PromiseKind = "capacity"
	Security     PromiseKind = "security"
	Continuity   PromiseKind = "continuity"
	ServiceLevel PromiseKind = "service level"
	Acceptance   PromiseKind = "acceptance criterion"
	Required     PromiseKind = "required item"
)

// PromiseKinds are all parts of a service package, in their order.
var PromiseKinds = []PromiseKind{Utility, Availability, Capacity, Security, Continuity, ServiceLevel, Acceptance, Required}

// Promise is one statement of a service package, such as an availability
// target or an item that every release must bring.
type Promise struct {
	db.Row
	ServiceID int64
	Kind      PromiseKind
	Aspect    string // what it is about, in a word or two
	Statement string // "Payments answer within a second"
	Measure   string // "95th percentile at the gateway"
	Target    string // "≤ 1.0 s"
	Retired   bool
}

// TableName is the table of promises.
func (Promise) TableName() string { return "service_promises" }

// Warranty tells whether the promise is fitness for use.
func (p Promise) Warranty() bool {
	return slices.Contains([]PromiseKind{Availability, Capacity, Security, Continuity, ServiceLevel}, p.Kind)
}

func (p *Promise) validate() error {
	var c fault.Check
	p.Aspect, p.Statement = strings.TrimSpace(p.Aspect), strings.TrimSpace(p.Statement)
	p.Measure, p.Target = strings.TrimSpace(p.Measure), strings.TrimSpace(p.Target)
	c.Need(slices.Contains(PromiseKinds, p.Kind), "kind", "Choose which part of the service package this is.")
	c.Need(p.Statement != "" && len(p.Statement) <= 500, "statement", "Say what is promised, in at most 500 characters.")
	c.Need(len(p.Aspect) <= 60, "aspect", "Say in at most 60 characters what it is about.")
	c.Need(len(p.Measure) <= 300, "measure", "Keep the measure to 300 characters.")
	c.Need(len(p.Target) <= 120, "target", "Keep the target to 120 characters.")
	if p.Warranty() {
		c.Need(p.Measure != "", "measure", "Say how it is measured; a warranty without a measure cannot be judged.")
		c.Need(p.Target != "", "target", "Say the target.")
	}
	return c.Err("The service package was not changed.")
}

// Criterion is a promise that a release is judged by, in test and again live.
type Criterion struct {
	PromiseID int64
	Kind      string // "utility" or "warranty"
	Aspect    string
	Statement string
	Measure   string
	Target    string
}

// criteriaOf leaves out what is no criterion: required items.
func criteriaOf(promises []Promise) []Criterion {
	var criteria []Criterion
	for _, p := range promises {
		if p.Retired || p.Kind == Required {
			continue
		}
		c := Criterion{PromiseID: p.ID, Kind: "utility", Aspect: p.Aspect, Statement: p.Statement, Measure: p.Measure, Target: p.Target}
		if p.Warranty() {
			c.Kind = "warranty"
		}
		if c.Aspect == "" {
			c.Aspect = string(p.Kind)
		}
		criteria = append(criteria, c)
	}
	return criteria
}
