package sample_test

import (
	"context"
	"strings"
	"testing"

	"slipway/internal/app"
	"slipway/internal/dml"
	"slipway/internal/identity"
)

// found lists "name version in item label" of the components that a search finds.
func found(t *testing.T, a *app.App, actor identity.Actor, text string) (list []string, uses int) {
	t.Helper()
	components, _, err := a.DML.FindComponents(context.Background(), actor, dml.ComponentQuery{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range components {
		list, uses = append(list, c.Name+" "+c.Label+" in "+c.Version.ItemKey+" "+c.Version.Label), uses+len(c.Releases)
	}
	return list, uses
}

// billsTell asserts that a component is found in the media of the demonstration,
// and in the releases that hold it.
func billsTell(t *testing.T, a *app.App, maya identity.Actor) {
	t.Helper()
	for text, want := range map[string]string{
		"log4j":           "org.apache.logging.log4j/log4j-core 2.17.1 in pay/pay-server 4.1.3",
		"log4j-core 2.24": "org.apache.logging.log4j/log4j-core 2.24.3 in pay/pay-server 4.3.0",
		"openssl 3.0.15":  "openssl 3.0.15 in whs/whs-sync 1.9.3",
		"std 1":           "std 1.", // Slipway itself; a test's program says no more of what it is made of
	} {
		list, uses := found(t, a, maya, text)
		if !strings.Contains(strings.Join(list, "\n"), want) || uses == 0 {
			t.Errorf("%s is found as %q, in %d releases", text, list, uses)
		}
	}
	if list, _ := found(t, a, maya, "log4j 2.24"); strings.Contains(strings.Join(list, "\n"), "4.1.3") {
		t.Errorf("an old version holds a new library: %q", list)
	}
	for item, format := range map[string]string{"pay/pay-server": "CycloneDX 1.6", "brf/brf-image": "SPDX 2.3", "slw/slw-program": "CycloneDX 1.6"} {
		detail, err := a.DML.Detail(context.Background(), maya, item)
		if err != nil {
			t.Fatal(err)
		}
		told := false
		for _, v := range detail.Versions {
			for _, e := range v.Evidence {
				told = told || e.Kind == dml.BillOfMaterials && e.Format == format && e.Verdict == dml.Met && e.Components > 0
			}
		}
		if !told {
			t.Errorf("no version of %s has a bill in %s that names its digest", item, format)
		}
	}
}
