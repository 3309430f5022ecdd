package deploy

import (
	"strings"
	"testing"

	"slipway/internal/fault"
)

// faults are the messages of a check.
func faults(c *fault.Check) (list []string) {
	if f, ok := fault.As(c.Err("no")); ok {
		for _, field := range f.Fields {
			list = append(list, field.Name+": "+field.Message)
		}
	}
	return list
}

func TestLinesWithoutAHeading(t *testing.T) {
	for name, text := range map[string]string{
		"commas":     "# hosts\nosl-1, Oslo S, pilot edge, site=Oslo, rev=C\n\nsvg-1,site=Stavanger\n",
		"semicolons": "osl-1;Oslo S;pilot edge;site=Oslo;rev=C\r\nsvg-1;site=Stavanger",
		"tabs":       "\ufeffosl-1\tOslo S\tpilot,edge\tsite=Oslo\trev=C\nsvg-1\tsite=Stavanger\n",
		"quotes":     "\"osl-1\",\"Oslo S\",pilot edge,site=Oslo,\"rev=C\"\nsvg-1,,,site=Stavanger\n",
	} {
		var c fault.Check
		list := readLines(&c, text, "production")
		if c.Failed() || len(list) != 2 {
			t.Errorf("%s: %+v, %v", name, list, faults(&c))
			continue
		}
		one, two := list[0].draft, list[1].draft
		if one.Key != "osl-1" || one.Name != "Oslo S" || one.Tags != "pilot edge" || one.Attributes != "site=Oslo\nrev=C" || one.EnvironmentKey != "production" ||
			two.Name != "svg-1" || two.Attributes != "site=Stavanger" {
			t.Errorf("%s: read %+v and %+v", name, one, two)
		}
	}
}

func TestLinesUnderAHeading(t *testing.T) {
	var c fault.Check
	list := readLines(&c, "Key;Tags;site;Version;digest;environment\nosl-1;pilot edge;Oslo;1.0;"+strings.Repeat("ab", 32)+";production\n\nbgo-1;;;;;\n", "production")
	if c.Failed() || len(list) != 2 {
		t.Fatalf("%+v, %v", list, faults(&c))
	}
	if d := list[0].draft; d.Name != "osl-1" || d.Tags != "pilot edge" || d.Attributes != "site=Oslo" || d.InstalledVersion != "1.0" || d.InstalledDigest != "sha256:"+strings.Repeat("ab", 32) {
		t.Errorf("read %+v", d)
	}
	if list[1].number != 4 {
		t.Errorf("bgo-1 stands in line %d", list[1].number)
	}
}

func TestEveryBadLineIsNamed(t *testing.T) {
	for text, want := range map[string][]string{
		"a b\nosl-1\nosl-1\nnew":                  {"Line 1: Give a key", "Line 3: osl-1 stands in line 2", "Line 4: This word"},
		"key,site,SITE,,tag\nosl-1":               {"Line 1: there are two columns SITE", "column 4 has no name", `"tag" cannot be`},
		"key,site\nosl-1,Oslo,more\nosl-2,a|b":    {"Line 2: it has 3 cells, and the heading has 2", "Line 3: The value of site may not hold |"},
		"key,environment\nosl-1,lab":              {"Line 2: it says lab, and this list goes to production"},
		"key,name\nosl-1,19\" rack\nosl 2,\"open": {"Line 2: a quote", "Line 3: a quote"},
		"key,digest\nosl-1,abc":                   {"Line 2: A digest is"},
		"osl-1,site=a,name=b":                     {"Line 1: name is not an attribute"},
		"":                                        {"Give at least one target."},
		"key,name":                                {"Give at least one target."},
		"osl-1,Oslo\xe5":                          {"not UTF-8"},
		"\xff\xfeo\x00s\x00l\x00":                 {"not UTF-8"},
		strings.Repeat("x\n", maxImport+1)[:2*maxImport+2]: {"at most 20,000"},
	} {
		var c fault.Check
		readLines(&c, text, "production")
		got := faults(&c)
		if len(want) > 1 && len(got) != len(want) {
			t.Errorf("%.40q: %v", text, got)
		}
		for i, part := range want {
			if i >= len(got) || !strings.Contains(got[i], "lines: ") || !strings.Contains(got[i], part) {
				t.Errorf("%.40q: %.200v, want %q", text, got, part)
			}
		}
	}
}

func TestOnlyTheColumnsOfTheHeadingCount(t *testing.T) {
	before := Target{Key: "osl-1", Name: "Oslo 1", Tags: "pilot", Attributes: "rev=C\nsite=Oslo\nrack=7"}
	for text, want := range map[string]string{
		"key,site\nosl-1,Bodø":             "Attributes: rev=C\nsite=Bodø\nrack=7",
		"key,SITE\nosl-1,Oslo":             "Attributes: rev=C\nSITE=Oslo\nrack=7",
		"key,rack,row\nosl-1,,3":           "Attributes: rev=C\nsite=Oslo\nrow=3",
		"key,tags,name\nosl-1,edge,":       "Tags: edge",
		"key,tags\nosl-1,":                 "Tags: ",
		"key,name,rev\nosl-1,Oslo S,C":     "Name: Oslo S",
		"key,name,rev\nosl-1,Oslo 1,C":     "",
		"key,name,site,rev\nosl-1,,Oslo,C": "",
	} {
		var c fault.Check
		list := readLines(&c, text, "production")
		if c.Failed() {
			t.Fatal(faults(&c))
		}
		after := list[0].change(before)
		got := ""
		for _, d := range Differences(&before, &after) {
			got += d.What + ": " + d.After
		}
		if got != want {
			t.Errorf("%q makes %q, want %q", text, got, want)
		}
	}
}
