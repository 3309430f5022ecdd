package sample

import (
	"context"

	"slipway/internal/app"
	"slipway/internal/catalog"
)

type service struct {
	record   catalog.ServiceRecord
	promises []catalog.Promise
}

func promise(kind catalog.PromiseKind, aspect, statement, measure, target string) catalog.Promise {
	return catalog.Promise{Kind: kind, Aspect: aspect, Statement: statement, Measure: measure, Target: target}
}

// services are what the organisation runs, each with its service package.
func services() []service {
	return []service{
		{catalog.ServiceRecord{Key: "PAY", Name: "Payments API", Criticality: "vital", Contact: "payments-ops@nordhavn.example, extension 4100",
			Description: "Takes card and account payments for tills, web shop and invoices, and settles them with the banks every night."},
			[]catalog.Promise{
				promise(catalog.Utility, "Taking payments", "A customer pays by card, account or voucher in shop and web", "Test cases of the three ways to pay", "All pass"),
				promise(catalog.Utility, "Refunds", "A clerk refunds a payment in full or in part, once", "Test cases of refunds", "All pass"),
				promise(catalog.Availability, "Answering", "Payments are answered while any shop is open", "Answered requests at the gateway, 06:00 to 24:00", "≥ 99.95 % a month"),
				promise(catalog.Capacity, "Christmas load", "The Saturday before Christmas is served without a queue", "Payments a second for an hour", "≥ 450"),
				promise(catalog.Security, "Card data", "No card number is stored or logged in clear", "Scan of stores and logs", "None found"),
				promise(catalog.Continuity, "Loss of a site", "Payments go on from the other site", "Time without answers when a site is lost", "≤ 60 s"),
				promise(catalog.ServiceLevel, "Speed", "A payment is answered quickly", "95th percentile at the gateway", "≤ 1.0 s"),
				promise(catalog.Acceptance, "Settlement", "The nightly settlement balances", "Difference of a settlement run", "0.00"),
				promise(catalog.Required, "Runbook", "Every release brings an up-to-date runbook", "", ""),
				promise(catalog.Required, "API guide", "Every release brings the guide for partners", "", ""),
			}},
		{catalog.ServiceRecord{Key: "BRF", Name: "Branch office firmware", Criticality: "high", Contact: "branch-desk@nordhavn.example, extension 4200",
			Description: "The routers that connect 212 branches: image, boot loader and their settings, fetched by the devices themselves."},
			[]catalog.Promise{
				promise(catalog.Utility, "Connection", "Tills and telephones of a branch reach head office", "Test cases on each hardware revision", "All pass"),
				promise(catalog.Utility, "Fall-back", "A device that does not start with a new image starts with the former one", "Interrupted updates", "20 of 20 return"),
				promise(catalog.Availability, "Connection", "A branch is connected in opening hours", "Minutes connected, 07:00 to 22:00", "≥ 99.9 % a month"),
				promise(catalog.Capacity, "Sessions", "A branch at its busiest is served", "Concurrent sessions on revision C", "≥ 2,000"),
				promise(catalog.Security, "Signed images", "A device starts images with our signature only", "Attempts with foreign images", "All refused"),
				promise(catalog.Continuity, "Line lost", "Payments go on over the radio modem", "Time to switch over", "≤ 30 s"),
				promise(catalog.ServiceLevel, "Restart", "A device is back soon after an update", "Time from restart to connection", "≤ 4 min"),
				promise(catalog.Acceptance, "Night", "No branch is updated in its opening hours", "Restarts in opening hours", "0"),
				promise(catalog.Required, "Recovery guide", "Every release brings the recovery guide for the branch desk", "", ""),
			}},
		{catalog.ServiceRecord{Key: "WHS", Name: "Warehouse handhelds", Criticality: "high", Contact: "warehouse-it@nordhavn.example, extension 4300",
			Description: "The picking and stock-taking application on the handheld scanners of three warehouses, and the server they synchronise with."},
			[]catalog.Promise{
				promise(catalog.Utility, "Picking", "A picker is led along the shortest way and scans every item", "Test cases of picking", "All pass"),
				promise(catalog.Utility, "Stock-taking", "Stock is counted without the network and synchronised later", "Test cases without network", "All pass"),
				promise(catalog.Availability, "Shift", "Handhelds can be used through a whole shift", "Handhelds out of use in a shift", "≤ 1 %"),
				promise(catalog.Capacity, "Peak", "All pickers of a warehouse synchronise at once", "Handhelds synchronising in a minute", "≥ 180"),
				promise(catalog.Security, "Lost devices", "A lost handheld shows nothing", "Time until a lost device is locked", "≤ 15 min"),
				promise(catalog.Continuity, "Server lost", "Picking goes on without the server", "Hours of picking from the device alone", "≥ 8 h"),
				promise(catalog.ServiceLevel, "Scan", "A scan is confirmed at once", "99th percentile on the device", "≤ 150 ms"),
				promise(catalog.Acceptance, "Gloves", "Every button can be pressed with gloves on", "Pickers of a trial shift", "8 of 8 agree"),
				promise(catalog.Required, "Quick card", "Every release brings the quick card that hangs at the charging racks", "", ""),
			}},
		{catalog.ServiceRecord{Key: "LOY", Name: "Loyalty points", Criticality: "medium", Contact: "loyalty-ops@nordhavn.example, extension 4500",
			Description: "Counts and redeems the points of members, in shops and in the web shop."},
			[]catalog.Promise{
				promise(catalog.Utility, "Collecting", "A member collects points with every purchase", "Test cases of collecting", "All pass"),
				promise(catalog.Utility, "Redeeming", "A member pays with points in part or in full", "Test cases of redeeming", "All pass"),
				promise(catalog.Availability, "Opening hours", "Points are shown at the till while shops are open", "Answered requests, 07:00 to 22:00", "≥ 99.7 % a month"),
				promise(catalog.Capacity, "Members' day", "The members' day is served", "Bookings of points a second", "≥ 220"),
				promise(catalog.Security, "Balances", "Nobody sees another's balance", "Attempts from a foreign account", "All refused"),
				promise(catalog.Continuity, "Away", "Tills go on without points and book them later", "Bookings lost after an hour away", "0"),
				promise(catalog.ServiceLevel, "Balance", "A balance is shown quickly", "95th percentile at the till", "≤ 0.8 s"),
				promise(catalog.Required, "Runbook", "Every release brings an up-to-date runbook", "", ""),
			}},
		{catalog.ServiceRecord{Key: "SLW", Name: "Slipway", Criticality: "medium", Contact: "release-desk@nordhavn.example, extension 4400",
			Description: "This release and deployment manager itself, released by its own rules."},
			[]catalog.Promise{
				promise(catalog.Utility, "The path", "A release is taken from plan to close by the people around it", "Journeys in a browser", "All pass"),
				promise(catalog.Availability, "Office hours", "Pages are served in office hours and in every deployment window", "Answered requests", "≥ 99.5 % a month"),
				promise(catalog.Capacity, "Releases", "The list stays as quick with many releases", "Cost of the list at 100,000 releases against 1,000", "≤ 1.3 times"),
				promise(catalog.Security, "Record", "Nobody changes what happened", "Verification of the whole record", "The chain holds"),
				promise(catalog.Continuity, "Restore", "Database and media are restored from one archive", "Time to restore last night's archive", "≤ 1 h"),
				promise(catalog.ServiceLevel, "Pages", "Pages are drawn quickly", "99th percentile of the list", "≤ 250 ms"),
				promise(catalog.Required, "Licence texts", "Every release brings the licence texts of what it is built from", "", ""),
			}},
	}
}

// addServices adds the services, owned by the service owner.
func addServices(ctx context.Context, a *app.App, who cast) (map[string]catalog.ServiceRecord, error) {
	owner, added := who["sofia"], map[string]catalog.ServiceRecord{}
	for _, s := range services() {
		s.record.OwnerID = owner.UserID
		if err := a.Catalog.SaveService(ctx, owner, &s.record); err != nil {
			return nil, err
		}
		for i := range s.promises {
			s.promises[i].ServiceID = s.record.ID
			if err := a.Catalog.SavePromise(ctx, owner, &s.promises[i]); err != nil {
				return nil, err
			}
		}
		added[s.record.Key] = s.record
	}
	return added, nil
}
