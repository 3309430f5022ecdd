package dml

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func TestWhatDiffers(t *testing.T) {
	before := []facet{{"a", "a", "1", "MIT"}, {"b", "b", "1", "MIT"}, {"c", "c", "1", "MIT"}, {"d", "d", "1", ""}, {"e", "e", "1", ""}, {"e", "e", "2", ""}}
	after := []facet{{"a", "a", "1", "MIT"}, {"b", "b", "2", "MIT"}, {"c", "c", "1", "GPL-2.0-only"}, {"e", "e", "2", ""}, {"f", "f", "9", ""}}
	var words []string
	for _, l := range differ(before, after) {
		words = append(words, fmt.Sprintf("%s %s|%s %s", l.Name, l.Before, l.After, l.Change))
	}
	want := "b 1|2 Changed; c 1, MIT|1, GPL-2.0-only Licence changed; f |9 Added; d 1| Removed; e 1| Removed; a 1|1 Same; e 2|2 Same"
	if got := strings.Join(words, "; "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestComparingTwoVersions(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	a, b := l.accepted("1.4.0", "the program"), l.accepted("1.5.0", "another program")
	bill := func(v *Version, parts string) {
		t.Helper()
		text := `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"server","version":"` + v.Label + `"}},"components":[` + parts + `]}`
		if _, err := l.Attach(ctx, l.bruno, v.ID, "bom.json", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	part := func(name, version, licence string) string {
		return fmt.Sprintf(`{"type":"library","name":%q,"version":%q,"purl":"pkg:golang/%s@%s","licenses":[{"license":{"id":%q}}]}`, name, version, name, version, licence)
	}
	bill(a, part("log4j", "2.14", "Apache-2.0")+","+part("zip", "1", "MIT"))
	bill(b, part("log4j", "2.17", "Apache-2.0")+","+part("zip", "1", "MIT"))
	c, err := l.Compare(ctx, l.bruno, a.ID, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Files) != 1 || c.Files[0].Change != Changed || !strings.HasPrefix(c.Files[0].Before, "11 bytes") {
		t.Errorf("%+v", c.Files)
	}
	if len(c.Components) != 1 || c.Components[0] != (Line{"log4j", "2.14", "2.17", Changed}) || c.Unchanged != 1 || !c.Billed {
		t.Errorf("%+v, %d unchanged", c.Components, c.Unchanged)
	}
	if len(c.Licences) != 2 || c.Licences[0].Change != Same || len(c.Evidence) != 1 || c.Evidence[0].Change != Changed {
		t.Errorf("%+v %+v", c.Licences, c.Evidence)
	}
	other := submission("1")
	other.ItemKey, other.ItemName = "payments-api/other", "Other"
	v, err := l.Receive(ctx, l.bruno, other, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Compare(ctx, l.bruno, a.ID, v.ID)
	wantKind(t, err, fault.Invalid, "two versions of one item")
	_, err = l.Compare(ctx, dbtest.User(t, l.db, "stefan", identity.Stakeholder), a.ID, b.ID)
	wantKind(t, err, fault.NotFound, "")
}
