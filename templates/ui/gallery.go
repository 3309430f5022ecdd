package ui

import (
	"slices"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// galleryNow is the moment of the canned data, so that two pictures of the
// gallery differ only where a component changed.
var galleryNow = time.Date(2026, 11, 23, 13, 32, 0, 0, time.UTC)

func galleryAt(d time.Duration) db.Time { return db.At(galleryNow.Add(d)) }

const galleryDigest = "sha256:9f2c4e0b7d81a6c35e94f07b12d8ac6e5530b9f4417c2e8d06fa93be71d541ab"

// galleryRail is a release that waits before A4.
var galleryRail = RailView{Label: "Phases and authorisations of MGW-4.12.0", Phases: []RailPhase{
	{Name: "Planning", Note: "7 Sep – 2 Oct", Done: true, Parts: []RailPart{
		{Done: true}, {Gate: &RailGate{Code: "A1", Name: "plan", State: "Approved", Note: "14 Sep, A. Okafor", Href: "#rail"}},
		{Done: true, Long: true}, {Gate: &RailGate{Code: "A2", Name: "build", State: "Approved", Note: "2 Oct, A. Okafor", Href: "#rail"}}}},
	{Name: "Build and test", Note: "2 Oct – now in Ready", Now: true, Parts: []RailPart{
		{Done: true, Long: true}, {Gate: &RailGate{Code: "A3", Name: "check-in", State: "Approved", Note: "20 Nov, H. Brandt", Href: "#rail"}},
		{Done: true, Here: true}, {Gate: &RailGate{Code: "A4", Name: "deploy", State: "Not ready", Family: "warn g-lock", Note: "awaits A. Okafor", Href: "#rail", Next: true}}}},
	{Name: "Deployment", Note: "1 Dec – 8 Jan planned", Parts: []RailPart{{}, {}}},
	{Name: "Review and close", Note: "until 29 Jan", Parts: []RailPart{
		{}, {Gate: &RailGate{Code: "A5", Name: "close", State: "Pending", Note: "awaits PIR, handover", Href: "#rail"}}}},
}}

// galleryGates are the five gates of the same release, as a list shows them.
var galleryGates = []RailGate{{Code: "A1", State: "Approved"}, {Code: "A2", State: "Approved"}, {Code: "A3", State: "Approved"},
	{Code: "A4", State: "Open", Next: true}, {Code: "A5", State: "Pending"}}

var galleryBlockers = []fault.Blocker{
	{Sentence: "The back-out rehearsal of 20 Nov has no second witness.", Owner: "Mei Tanaka", Link: "#blockers", Action: "Open rehearsal", Due: galleryNow.Add(50 * time.Hour)},
	{Sentence: "Operations has not confirmed the transfer “Gateway recovery console”.", Owner: "Yusuf Demir", Link: "#blockers", Action: "Remind Yusuf", Due: galleryNow.Add(46 * time.Hour)},
	{Sentence: "The outage notice to 14 municipal customers has not been sent.", Owner: "Ingrid Solberg", Link: "#blockers", Action: "Send notice"},
}

var galleryMoments = []Moment{
	{Family: "active", Who: "Helena Brandt", Text: "accepted package v3 into the DML", At: galleryAt(-72 * time.Hour)},
	{Family: "good", Who: "Amara Okafor", Text: "approved A3 check-in", At: galleryAt(-73 * time.Hour), Href: "#timeline"},
	{Family: "bad", Text: "Test run 41 failed", Note: "watchdog reset on HW rev C", At: galleryAt(-260 * time.Hour)},
}

var gallerySegments = []Segment{{Family: "good", Label: "Verified", Count: 1840}, {Family: "active", Label: "Installed", Count: 210},
	{Family: "warn", Label: "Overdue", Count: 31}, {Family: "bad", Label: "Failed", Count: 4}, {Family: "neutral", Label: "Offered", Count: 2715}}

var galleryRisks = []HeatRisk{{Label: "R-7", Href: "#heat", Probability: 3, Impact: 3}, {Label: "R-2", Href: "#heat", Probability: 2, Impact: 4},
	{Label: "R-9", Href: "#heat", Probability: 4, Impact: 4}, {Label: "R-1", Href: "#heat", Probability: 1, Impact: 2}}

// galleryStates are all states of the product, each once.
func galleryStates() []string {
	states := make([]string, 0, len(families))
	for state := range families {
		states = append(states, state)
	}
	slices.Sort(states)
	return states
}

func galleryIcons() []string {
	names := make([]string, 0, len(icons))
	for name := range icons {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
