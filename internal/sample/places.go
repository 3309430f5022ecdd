package sample

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/app"
	"slipway/internal/deploy"
	"slipway/internal/dml/blob"
)

var environments = []deploy.EnvironmentDraft{
	{Key: "lab", Name: "Device laboratory", Zone: Zone, Position: 1},
	{Key: "staging", Name: "Staging", Zone: Zone, Position: 2},
	{Key: "production", Name: "Production", Zone: Zone, Production: true, Position: 3},
	{Key: "field", Name: "Branches and warehouses", Zone: Zone, Production: true, Position: 4, Method: deploy.MethodDDI},
}

// hosts are the targets whose present version is known.
var hosts = []struct{ environment, key, name, service, site, tags, version string }{
	{"staging", "pay-stage-1", "Payment host, staging", "PAY", "Fornebu", "", "4.1.2"},
	{"staging", "loy-stage-1", "Loyalty host, staging", "LOY", "Fornebu", "", "5.2.1"},
	{"production", "pay-osl-1", "Payment host Fornebu 1", "PAY", "Fornebu", "pilot", "4.1.2"},
	{"production", "pay-osl-2", "Payment host Fornebu 2", "PAY", "Fornebu", "", "4.1.2"},
	{"production", "pay-osl-3", "Payment host Fornebu 3", "PAY", "Fornebu", "", "4.1.2"},
	{"production", "pay-mma-1", "Payment host Malmö 1", "PAY", "Malmö", "", "4.1.2"},
	{"production", "pay-mma-2", "Payment host Malmö 2", "PAY", "Malmö", "", "4.1.2"},
	{"production", "loy-osl-1", "Loyalty host Fornebu 1", "LOY", "Fornebu", "pilot", "5.2.1"},
	{"production", "loy-osl-2", "Loyalty host Fornebu 2", "LOY", "Fornebu", "pilot", "5.2.1"},
	{"production", "loy-osl-3", "Loyalty host Fornebu 3", "LOY", "Fornebu", "", "5.2.1"},
	{"production", "loy-mma-1", "Loyalty host Malmö 1", "LOY", "Malmö", "", "5.2.1"},
	{"production", "whs-lsk-1", "Synchronisation host Lørenskog", "WHS", "Lørenskog", "pilot", "1.9.2"},
	{"production", "whs-mma-1", "Synchronisation host Malmö", "WHS", "Malmö", "", "1.9.2"},
	{"production", "whs-aar-1", "Synchronisation host Aarhus", "WHS", "Aarhus", "", "1.9.2"},
	{"production", "slw-osl-1", "Release desk host", "SLW", "Fornebu", "pilot", ""},
	{"production", "slw-mma-1", "Release desk standby", "SLW", "Malmö", "", ""},
}

var branches = []string{"Oslo", "Bergen", "Trondheim", "Stavanger", "Tromsø", "Gothenburg", "Malmö", "Aarhus"}

// how many devices the demonstration has at least.
const knownRouters, knownHandhelds = 48, 24

var halls = []string{"Lørenskog", "Malmö", "Aarhus"}

// addPlaces adds environments and targets, by operations.
func addPlaces(ctx context.Context, a *app.App, who cast) error {
	omar := who["omar"]
	for _, e := range environments {
		if err := a.Deploy.AddEnvironment(ctx, omar, e); err != nil {
			return explain("environment "+e.Key, err)
		}
	}
	if _, err := a.Deploy.RotateGateway(ctx, omar, "field"); err != nil { // nobody is told it: whoever plays devices makes another
		return explain("gateway token", err)
	}
	for _, h := range hosts {
		d := deploy.TargetDraft{Key: h.key, Name: h.name, EnvironmentKey: h.environment, Tags: h.tags, Attributes: "service=" + h.service + "\nsite=" + h.site, InstalledVersion: h.version}
		if h.version != "" {
			d.InstalledDigest = blob.Of([]byte(h.service + " " + h.version)).String()
		}
		if err := a.Deploy.AddTarget(ctx, omar, d); err != nil {
			return explain("target "+h.key, err)
		}
	}
	for _, fleet := range []struct{ environment, lines string }{
		{"lab", "brf-lab-c\tRouter on the bench, revision C\tbench\tservice=BRF\trev=C\nwhs-lab-1\tHandheld on the bench\tbench\tservice=WHS\trev=TC-5\n"},
		{"field", routers(0, knownRouters) + handhelds(knownHandhelds)},
	} {
		if _, err := a.Deploy.ImportTargets(ctx, omar, fleet.environment, fleet.lines); err != nil {
			return explain("targets of "+fleet.environment, err)
		}
	}
	return nil
}

// routers are the lines of branch routers, the first of each town a pilot.
func routers(from, count int) string {
	var b strings.Builder
	for n := from; n < from+count; n++ {
		site, tag := branches[n%len(branches)], "branch"
		if n < len(branches) {
			tag += " pilot"
		}
		fmt.Fprintf(&b, "brf-%04d\tBranch %s %d\t%s\tservice=BRF\tsite=%s\trev=C\n", n+1, site, n/len(branches)+1, tag, site)
	}
	return b.String()
}

func handhelds(count int) string {
	var b strings.Builder
	for n := range count {
		hall, tag := halls[n%len(halls)], "handheld"
		if n < len(halls) {
			tag += " pilot"
		}
		fmt.Fprintf(&b, "whs-hh-%03d\tHandheld %s %d\t%s\tservice=WHS\tsite=%s\n", n+1, hall, n/len(halls)+1, tag, hall)
	}
	return b.String()
}
