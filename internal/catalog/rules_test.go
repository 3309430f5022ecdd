package catalog

import (
	"slices"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// fields are the names of what a check found.
func fields(c *fault.Check) []string {
	f, ok := fault.As(c.Err("no"))
	if !ok {
		return nil
	}
	return named(f)
}

func named(err error) (names []string) {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	return names
}

func TestWhatAServiceMayBe(t *testing.T) {
	good := ServiceRecord{Key: "PAY", Name: "Payments", Criticality: "vital"}
	for name, row := range map[string]struct {
		change func(*ServiceRecord)
		wrong  []string
	}{
		"as it should be":            {func(*ServiceRecord) {}, nil},
		"blanks around":              {func(s *ServiceRecord) { s.Key, s.Name = " PAY ", " Payments " }, nil},
		"two letters":                {func(s *ServiceRecord) { s.Key = "P2" }, nil},
		"eight":                      {func(s *ServiceRecord) { s.Key = "PAYMENT8" }, nil},
		"a key of one letter":        {func(s *ServiceRecord) { s.Key = "P" }, []string{"key"}},
		"a key of nine":              {func(s *ServiceRecord) { s.Key = "PAYMENTS9" }, []string{"key"}},
		"a key that begins with one": {func(s *ServiceRecord) { s.Key = "1PAY" }, []string{"key"}},
		"a key in small letters":     {func(s *ServiceRecord) { s.Key = "new" }, []string{"key"}},
		"a key with a dash":          {func(s *ServiceRecord) { s.Key = "PAY-1" }, []string{"key"}},
		"no name":                    {func(s *ServiceRecord) { s.Name = "  " }, []string{"name"}},
		"a long name":                {func(s *ServiceRecord) { s.Name = strings.Repeat("x", 121) }, []string{"name"}},
		"no class":                   {func(s *ServiceRecord) { s.Criticality = "" }, []string{"criticality"}},
		"a class of its own":         {func(s *ServiceRecord) { s.Criticality = "extreme" }, []string{"criticality"}},
		"a long text":                {func(s *ServiceRecord) { s.Description, s.Contact = strings.Repeat("x", 1001), strings.Repeat("x", 201) }, []string{"description", "contact"}},
		"nothing":                    {func(s *ServiceRecord) { *s = ServiceRecord{} }, []string{"key", "name", "criticality"}},
	} {
		s, c := good, fault.Check{}
		row.change(&s)
		s.validate(&c)
		if found := fields(&c); !slices.Equal(found, row.wrong) {
			t.Errorf("%s: %v is wrong, want %v", name, found, row.wrong)
		}
	}
}

func TestWhatAPromiseSays(t *testing.T) {
	whole := func(kind PromiseKind) Promise {
		return Promise{Kind: kind, Statement: "Payments answer", Measure: "At the gateway", Target: "≤ 1.0 s"}
	}
	bare := func(kind PromiseKind) Promise { return Promise{Kind: kind, Statement: "Payments answer"} }
	warranty := []PromiseKind{Availability, Capacity, Security, Continuity, ServiceLevel}
	for _, kind := range PromiseKinds {
		p, want := bare(kind), []string(nil)
		if slices.Contains(warranty, kind) {
			want = []string{"measure", "target"}
		}
		if p.Warranty() != (want != nil) {
			t.Errorf("%s: is it fitness for use? %v", kind, p.Warranty())
		}
		if found := named(p.validate()); !slices.Equal(found, want) {
			t.Errorf("a %s without measure and target: %v is wrong, want %v", kind, found, want)
		}
		if p = whole(kind); p.validate() != nil {
			t.Errorf("a whole %s: %v", kind, p.validate())
		}
	}
	for name, row := range map[string]struct {
		p     Promise
		wrong []string
	}{
		"of no kind":   {whole("beauty"), []string{"kind"}},
		"says nothing": {Promise{Kind: Utility, Statement: " "}, []string{"statement"}},
		"blanks only":  {Promise{Kind: Capacity, Statement: "x", Measure: " ", Target: "\t"}, []string{"measure", "target"}},
		"too much": {Promise{Kind: Utility, Aspect: strings.Repeat("x", 61), Statement: strings.Repeat("x", 501), Measure: strings.Repeat("x", 301), Target: strings.Repeat("x", 121)},
			[]string{"statement", "aspect", "measure", "target"}},
	} {
		if found := named(row.p.validate()); !slices.Equal(found, row.wrong) {
			t.Errorf("%s: %v is wrong, want %v", name, found, row.wrong)
		}
	}
}

func TestCriteriaAreThePromisesThatCanBeJudged(t *testing.T) {
	promises := []Promise{
		{Row: db.Row{ID: 1}, Kind: Utility, Aspect: "Paying", Statement: "a"}, {Row: db.Row{ID: 2}, Kind: Continuity, Statement: "b", Measure: "m", Target: "t"},
		{Row: db.Row{ID: 3}, Kind: Required, Statement: "c"}, {Row: db.Row{ID: 4}, Kind: Acceptance, Statement: "d"}, {Row: db.Row{ID: 5}, Kind: Security, Retired: true},
	}
	want := []Criterion{
		{PromiseID: 1, Kind: "utility", Aspect: "Paying", Statement: "a"},
		{PromiseID: 2, Kind: "warranty", Aspect: "continuity", Statement: "b", Measure: "m", Target: "t"},
		{PromiseID: 4, Kind: "utility", Aspect: "acceptance criterion", Statement: "d"},
	}
	if got := criteriaOf(promises); !slices.Equal(got, want) {
		t.Errorf("criteria: %+v", got)
	}
}

func TestWhatAnItemMayBe(t *testing.T) {
	good := Item{Key: "pay-server", Name: "Payment server", Kind: "software", CurrentVersion: "4.1.2"}
	for name, row := range map[string]struct {
		change func(*Item)
		wrong  []string
	}{
		"as it should be":              {func(*Item) {}, nil},
		"nothing operates yet":         {func(i *Item) { i.CurrentVersion = "" }, nil},
		"dots and underscores":         {func(i *Item) { i.Key = "pay.server_2" }, nil},
		"capital letters":              {func(i *Item) { i.Key = "Pay-Server" }, []string{"key"}},
		"a slash":                      {func(i *Item) { i.Key = "pay/server" }, []string{"key"}},
		"a question":                   {func(i *Item) { i.Key = "pay?" }, []string{"key"}},
		"a dash first":                 {func(i *Item) { i.Key = "-pay" }, []string{"key"}},
		"one letter":                   {func(i *Item) { i.Key = "p" }, []string{"key"}},
		"an address":                   {func(i *Item) { i.Key = "new" }, []string{"key"}},
		"no name":                      {func(i *Item) { i.Name = " " }, []string{"name"}},
		"of no kind":                   {func(i *Item) { i.Kind = "cloud" }, []string{"kind"}},
		"hardware that stands nowhere": {func(i *Item) { i.Kind = "hardware" }, []string{"location"}},
		"hardware in its place":        {func(i *Item) { i.Kind, i.Location = "hardware", "Fornebu, rack 4" }, nil},
		"too long": {func(i *Item) {
			i.Name, i.CurrentVersion, i.Location, i.Serial = strings.Repeat("x", 121), strings.Repeat("x", 61), strings.Repeat("x", 201), strings.Repeat("x", 121)
		}, []string{"name", "current_version", "location", "serial"}},
	} {
		i, c := good, fault.Check{}
		row.change(&i)
		i.validate(&c)
		if found := fields(&c); !slices.Equal(found, row.wrong) {
			t.Errorf("%s: %v is wrong, want %v", name, found, row.wrong)
		}
	}
}

func TestTheDifferenceOfTwoBaselines(t *testing.T) {
	line := func(id int64, key, version string) BaselineLine {
		return BaselineLine{ItemID: id, Key: key, Name: key, Kind: "software", Version: version}
	}
	earlier := &Baseline{Lines: []BaselineLine{line(1, "server", "1"), line(2, "guide", "3"), line(3, "agent", "7")}}
	later := &Baseline{Lines: []BaselineLine{line(2, "guide", "3"), line(1, "server", "2"), line(4, "cache", "1")}}
	want := []LineChange{
		{"agent", "agent", "software", "7", "", "removed"}, {"cache", "cache", "software", "", "1", "added"}, {"server", "server", "software", "1", "2", "changed"},
	}
	if got := later.Differences(earlier); !slices.Equal(got, want) {
		t.Errorf("later against earlier: %+v", got)
	}
	if got := earlier.Differences(later); len(got) != 3 || got[0].Change != "added" || got[1].Change != "removed" || got[2].After != "1" {
		t.Errorf("the other way round: %+v", got)
	}
	if got := later.Differences(later); got != nil {
		t.Errorf("against itself: %+v", got)
	}
	// Renaming a key is no change of a version.
	if got := (&Baseline{Lines: []BaselineLine{line(1, "srv", "1")}}).Differences(&Baseline{Lines: []BaselineLine{line(1, "server", "1")}}); got != nil {
		t.Errorf("a renamed item: %+v", got)
	}
}
