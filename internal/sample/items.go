package sample

import (
	"context"
	"fmt"

	"slipway/internal/app"
	"slipway/internal/catalog"
)

type item struct{ key, name, kind, version, location, serial string }

type unit struct {
	name, description string
	items             []string
}

// inventory is what a service consists of.
type inventory struct {
	service string
	items   []item
	units   []unit
}

func inventories() []inventory {
	return []inventory{
		{"PAY", []item{
			{key: "pay-server", name: "Payment server", kind: "software", version: "4.1.2"},
			{key: "pay-gateway", name: "Card gateway adapter", kind: "software", version: "2.7.0"},
			{key: "pay-settings", name: "Settings of the payment server", kind: "software", version: "2026.05"},
			{key: "pay-database", name: "Payment database", kind: "software", version: "16.3"},
			{key: "pay-hsm-a", name: "Key safe, site A", kind: "hardware", version: "firmware 12", location: "Fornebu, rack 4", serial: "HSM-0417-22"},
			{key: "pay-api-guide", name: "API guide for partners", kind: "documentation", version: "11"},
			{key: "pay-runbook", name: "Payments runbook", kind: "documentation", version: "8"},
			{key: "pay-refund-process", name: "Refunding a customer", kind: "process", version: "3"},
		}, []unit{
			{"Payment server and papers", "The server with its settings, runbook and guide.", []string{"pay-server", "pay-settings", "pay-runbook", "pay-api-guide"}},
			{"Card gateway", "The adapter towards the card schemes.", []string{"pay-gateway", "pay-api-guide"}},
		}},
		{"BRF", []item{
			{key: "brf-image", name: "Branch router image", kind: "software", version: "7.3.1"},
			{key: "brf-boot", name: "Boot loader", kind: "software", version: "2.2"},
			{key: "brf-router", name: "Branch router, revision C", kind: "hardware", version: "C4", location: "212 branches; spares in Lørenskog, shelf B7", serial: "NH-RC-series"},
			{key: "brf-recovery-guide", name: "Recovery guide for the branch desk", kind: "documentation", version: "6"},
			{key: "brf-radio-licence", name: "Licence of the radio modem's software", kind: "licence", version: "2026"},
			{key: "brf-swap-process", name: "Swapping a router in a branch", kind: "process", version: "2"},
		}, []unit{
			{"Branch image", "The image with its recovery guide and licence.", []string{"brf-image", "brf-recovery-guide", "brf-radio-licence"}},
		}},
		{"WHS", []item{
			{key: "whs-app", name: "Handheld application", kind: "software", version: "3.4.0"},
			{key: "whs-sync", name: "Synchronisation server", kind: "software", version: "1.9.2"},
			{key: "whs-scanner", name: "Handheld scanner TC-5", kind: "hardware", version: "TC-5", location: "Lørenskog, Malmö and Aarhus", serial: "TC5-pool"},
			{key: "whs-quick-card", name: "Quick card for pickers", kind: "documentation", version: "4"},
			{key: "whs-picking-process", name: "Picking with handhelds", kind: "process", version: "5"},
		}, []unit{
			{"Handheld application", "The application and the card that explains it.", []string{"whs-app", "whs-quick-card"}},
			{"Synchronisation", "The server side.", []string{"whs-sync"}},
		}},
		{"LOY", []item{
			{key: "loy-server", name: "Loyalty server", kind: "software", version: "5.2.1"},
			{key: "loy-rules", name: "Rules of points", kind: "software", version: "88"},
			{key: "loy-runbook", name: "Loyalty runbook", kind: "documentation", version: "14"},
			{key: "loy-complaints-process", name: "Missing points", kind: "process", version: "2"},
		}, []unit{
			{"Loyalty server", "The server, its rules and its runbook.", []string{"loy-server", "loy-rules", "loy-runbook"}},
		}},
		{"SLW", []item{
			{key: "slw-program", name: "Slipway program", kind: "software"},
			{key: "slw-readme", name: "Slipway README", kind: "documentation"},
			{key: "slw-licence-texts", name: "Licence texts of what Slipway is built from", kind: "licence"},
			{key: "slw-host", name: "Release desk host", kind: "hardware", version: "R2", location: "Fornebu, rack 2", serial: "NH-SRV-0093"},
		}, []unit{
			{"Slipway", "The program, its README and the licence texts.", []string{"slw-program", "slw-readme", "slw-licence-texts"}},
		}},
	}
}

// relations lead from an item to what it is part of or depends on. Branches
// reach payments through their router, so a release of either meets the other.
var relations = []struct {
	from, to string
	kind     catalog.RelationKind
}{
	{"pay-settings", "pay-server", catalog.PartOf},
	{"pay-gateway", "pay-server", catalog.DependsOn},
	{"pay-server", "pay-database", catalog.DependsOn},
	{"pay-server", "pay-hsm-a", catalog.DependsOn},
	{"pay-refund-process", "pay-server", catalog.DependsOn},
	{"brf-boot", "brf-router", catalog.PartOf},
	{"brf-image", "brf-boot", catalog.DependsOn},
	{"pay-gateway", "brf-image", catalog.DependsOn},
	{"whs-app", "whs-sync", catalog.DependsOn},
	{"whs-app", "whs-scanner", catalog.DependsOn},
	{"whs-picking-process", "whs-app", catalog.DependsOn},
	{"loy-rules", "loy-server", catalog.PartOf},
	{"loy-complaints-process", "loy-server", catalog.DependsOn},
	{"slw-program", "slw-host", catalog.DependsOn},
}

// addItems adds the configuration items, their relations, the release units and
// a first baseline of each service.
func addItems(ctx context.Context, a *app.App, who cast, added map[string]catalog.ServiceRecord) error {
	owner := who["sofia"]
	for _, inv := range inventories() {
		ids := map[string]int64{}
		for _, i := range inv.items {
			row := catalog.Item{Key: i.key, Name: i.name, Kind: i.kind, ServiceID: added[inv.service].ID, CurrentVersion: i.version, Location: i.location, Serial: i.serial}
			if err := a.Catalog.SaveItem(ctx, owner, &row); err != nil {
				return fmt.Errorf("item %s: %w", i.key, err)
			}
			ids[i.key] = row.ID
		}
		for _, u := range inv.units {
			members := make([]int64, len(u.items))
			for i, key := range u.items {
				members[i] = ids[key]
			}
			row := catalog.Unit{ServiceID: added[inv.service].ID, Name: u.name, Description: u.description}
			if err := a.Catalog.SaveUnit(ctx, who["maya"], &row, members); err != nil {
				return fmt.Errorf("unit %s: %w", u.name, err)
			}
		}
		if _, err := a.Catalog.Snapshot(ctx, owner, added[inv.service].ID, "as found"); err != nil {
			return err
		}
	}
	for _, r := range relations {
		if err := a.Catalog.Relate(ctx, owner, r.from, r.to, r.kind); err != nil {
			return fmt.Errorf("relation of %s: %w", r.from, err)
		}
	}
	return nil
}
