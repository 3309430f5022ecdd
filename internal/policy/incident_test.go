package policy

import (
	"strings"
	"testing"

	"slipway/internal/fault"
)

func TestWhatNamesAnIncident(t *testing.T) {
	for _, c := range []struct {
		shapes, text string
		names        bool
	}{
		{"", "INC-4711", true},
		{"", "INC-1: refunds are paid twice", true},
		{"", "Refunds are paid twice (OPS-12), see the desk.", true},
		{"", "INC0012345", true},
		{"", "https://tickets.example/4711", true},
		{"", "", false},
		{"", "it is broken", false},
		{"", "x", false},
		{"", "inc-4711", false},
		{"", "INC-", false},
		{"", "INC-4711x", false},
		{"", "A-1", false},
		{"", "https://", false},
		{"", "http://tickets.example/4711", false},
		{"INC{N}", "INC-4711", false},
		{"INC{N}", "INC4711.", true},
		{"INC.{N}", "INCx4711", false},
		{"https://tickets.example/", "https://elsewhere.example/1", false},
		{"https://tickets.example/", "https://tickets.example/1", true},
	} {
		err := Rules{Incidents: c.shapes}.NamesIncident(c.text)
		if (err == nil) != c.names {
			t.Errorf("%q by %q: %v", c.text, c.shapes, err)
		}
		if err != nil && !strings.Contains(err.Error(), "such as ") {
			t.Errorf("%q: %v shows no example", c.text, err)
		}
	}
	if got := (Rules{Incidents: "INC{N} PRB-{N} https://"}).IncidentExamples(); got != "INC4711, PRB-4711 or https://…" {
		t.Errorf("the examples are %q", got)
	}
}

func TestShapesOfIncidentsAreChecked(t *testing.T) {
	for shapes, good := range map[string]bool{"": true, UsualIncidents: true, "{A}-{N}": true, "INC": false, "{X}{N}": false, "INC#{N}": false, "https://a/": true, "INC{N} none": false} {
		r := Standard()
		r.Incidents = shapes
		var c fault.Check
		r.check(&c)
		if err := c.Err("no"); (err == nil) != good {
			t.Errorf("%q: %v", shapes, err)
		} else if f, _ := fault.As(err); err != nil && f.Fields[0].Name != "incidents" {
			t.Errorf("%q is refused beside %s", shapes, f.Fields[0].Name)
		}
	}
}
