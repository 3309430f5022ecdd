package dml

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// Metric is what a licence counts.
type Metric string

// The metrics; a site licence and an unlimited one count nothing.
const (
	PerDevice    Metric = "device"
	PerUser      Metric = "user"
	PerInstance  Metric = "instance"
	PerCore      Metric = "core"
	PerSite      Metric = "site"
	Unlimited    Metric = "unlimited"
	licenceClock        = "2 Jan 2006"
)

// Metrics lists them.
func Metrics() []Metric {
	return []Metric{PerDevice, PerUser, PerInstance, PerCore, PerSite, Unlimited}
}

// Licence is an entitlement: how much may be used, by what count, and when.
type Licence struct {
	db.Row
	Key           string `gorm:"column:licence_key"`
	Name          string
	Supplier      string
	Terms         string // SPDX expression or "commercial"
	Metric        Metric
	Entitled      int64
	ValidFrom     db.Time
	ValidTo       db.Time // 0: without end
	PurchaseOrder string
	ProofKey      string // media item with the licence text or contract
	OwnerID       int64
	OwnerName     string
}

// TableName is the table of licences.
func (Licence) TableName() string { return "licences" }

// AllocationState is where a part of an entitlement stands.
type AllocationState string

// A part is reserved for a release, consumed by its deployment, or released.
const (
	Reserved AllocationState = "Reserved"
	Consumed AllocationState = "Consumed"
	Released AllocationState = "Released"
)

// Allocation is a part of an entitlement held for a release.
type Allocation struct {
	db.Row
	LicenceID  int64
	LicenceKey string
	ReleaseKey string
	Purpose    string // environment or wave, if the release holds several parts
	Quantity   int64  // held now; of a released part, what was held
	Installed  int64  // of it, on verified targets
	Returned   int64  // given back with targets that were left out
	State      AllocationState
	ByID       int64
	ByName     string
}

// TableName is the table of allocations.
func (Allocation) TableName() string { return "licence_allocations" }

var allocationMoves = map[AllocationState][]AllocationState{
	Reserved: {Consumed, Released},
	Consumed: {Reserved, Released},
	Released: {Reserved},
}

func (a *Allocation) move(to AllocationState) error {
	if !slices.Contains(allocationMoves[a.State], to) {
		return fault.New(fault.Conflict, "%d of licence %s for %s are %s; they cannot become %s.",
			a.Quantity, a.LicenceKey, a.ReleaseKey, strings.ToLower(string(a.State)), strings.ToLower(string(to)))
	}
	a.State = to
	return nil
}

// Link is the licence's page.
func (l *Licence) Link() string { return LicenceLink(l.Key) }

// LicenceLink is the page of the licence with a key.
func LicenceLink(key string) string { return "/dml/licences/" + key }

// ExpiryNotice is how long ahead the end of a licence is announced.
const ExpiryNotice = 30 * 24 * time.Hour

// Ending tells whether the licence ends so soon that it is announced.
func (l *Licence) Ending(at db.Time) bool {
	return l.Valid(at) && !l.ValidTo.IsZero() && l.ValidTo.Before(at.Add(ExpiryNotice))
}

// Valid tells whether the licence holds at a moment.
func (l *Licence) Valid(at db.Time) bool {
	return !at.Before(l.ValidFrom) && (l.ValidTo.IsZero() || at.Before(l.ValidTo))
}

// Counts tells whether the metric limits a quantity.
func (l *Licence) Counts() bool { return l.Metric != Unlimited && l.Metric != PerSite }

// PerTarget tells whether each target takes one.
func (l *Licence) PerTarget() bool { return l.Metric == PerDevice || l.Metric == PerInstance }

// Blockers names everything that forbids using quantity more at a moment, when
// taken are held already.
func (l *Licence) Blockers(quantity, taken int64, at db.Time) []fault.Blocker {
	var list []fault.Blocker
	block := func(code, sentence string) {
		list = append(list, fault.Blocker{Code: code, Sentence: sentence, Owner: l.OwnerName, Link: l.Link(), Action: "Open the licence"})
	}
	if at.Before(l.ValidFrom) {
		block("licence.early", fmt.Sprintf("Licence %s is valid only from %s.", l.Key, l.ValidFrom.Std().Format(licenceClock)))
	}
	if !l.ValidTo.IsZero() && !at.Before(l.ValidTo) {
		block("licence.expired", fmt.Sprintf("Licence %s expired on %s.", l.Key, l.ValidTo.Std().Format(licenceClock)))
	}
	if l.Counts() && taken+quantity > l.Entitled {
		block("licence.short", fmt.Sprintf("Licence %s entitles to %d (%s); %d are held and %d more are wanted.", l.Key, l.Entitled, l.Metric, taken, quantity))
	}
	return list
}

func (l *Licence) validate(c *fault.Check) {
	c.Need(isLabel(l.Key), "key", "Give a key of letters, digits, . _ and -, for example ENT-0442.")
	c.Need(strings.TrimSpace(l.Name) != "", "name", "Give the licence a name.")
	c.Need(slices.Contains(Metrics(), l.Metric), "metric", "Choose what the licence counts.")
	c.Need(!l.Counts() || l.Entitled > 0, "entitled", "Say how many it entitles to.")
	c.Need(l.ValidTo.IsZero() || l.ValidFrom.Before(l.ValidTo), "valid_to", "The licence must end after it begins.")
	if l.ProofKey != "" {
		if why := checkKey(l.ProofKey); why != "" {
			c.Field("proof", why)
		}
	}
}
