package deploy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
)

func bergen() *Target {
	t := &Target{Key: "bgo-1", Name: "Bergen (north), Test", EnvironmentKey: "field", Tags: "pilot edge", Attributes: "site=Bergen\nrev=10\nfirmware=v1.10.2\ntemp=-5\nnot=yes\norder=50%_off",
		InstalledDigest: "sha256:" + strings.Repeat("ab", 32), InstalledVersion: "2.1-rc1", InstalledRelease: "PAY-2026.10.1"}
	t.index()
	return t
}

func TestFilterLanguage(t *testing.T) {
	target := bergen()
	for text, want := range map[string]bool{
		"site==Bergen":                             true,
		"site==Oslo or site==Bergen":               true,
		"site==Oslo,site==Bergen":                  true,
		"site==Oslo;tag=pilot":                     false,
		"tag=late or tag=edge and site=Bergen":     true, // and binds closer
		"(tag=late or tag=edge) and site=Oslo":     false,
		"tag=late or (tag=edge and (site=Bergen))": true,
		"tag=edge and(site=Oslo or site=Bergen)":   true,
		"not tag=late":                             true,
		"not (tag=late or site=Bergen)":            false,
		"NOT tag=pilot OR NOT tag=edge":            false,
		"not=yes":                                  true, // an attribute of that name
		"not not=no":                               true,
		"site in (Oslo, Bergen)":                   true,
		"site in (Oslo, \"Bergen\")":               true,
		"site not in (Oslo,Bergen)":                false,
		"site=in=(Oslo,Bergen);tag=out=(late)":     true,
		"site=B*n":                                 true,
		"site=*berg*":                              true,
		"site=\"B*n\"":                             false,
		"tag=p*t":                                  true,
		"tag=p*e":                                  false, // not across two tags
		"tag!=x*":                                  true,
		"rev>9":                                    true,
		"rev<9":                                    false,
		"rev>=10 and rev<=10":                      true,
		"rev=gt=9;rev=le=10":                       true,
		"temp<0 and temp>-10":                      true,
		"firmware>1.9":                             true,
		"firmware<1.10.10":                         true,
		"firmware>=1.10.2":                         true,
		"nothing<5 or nothing>=5":                  false,
		"environment=field and key=bgo-*":          true,
		"installed.version<2.1 and installed.version>2.0":      true,
		"installed.release=PAY-*":                              true,
		"installed.digest=" + strings.Repeat("AB", 32):         true,
		"installed.digest!=sha256:" + strings.Repeat("ab", 32): false,
		"installed.digest=sha256:ab*":                          true,
		"name=Bergen (north), Test":                            true, // as it always was
		"(name=Bergen (north), Test)":                          true,
		"name=Bergen (north), Test and tag=pilot":              true,
		"order=50%_off":                                        true,
		"order=50*_off":                                        true,
		"order=5%":                                             false,
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := f.Matches(target); got != want {
			t.Errorf("%q chooses it: %v, want %v", text, got, want)
		}
	}
}

func TestFilterErrorsOfTheLanguagePoint(t *testing.T) {
	for text, at := range map[string]int{
		"(tag=a": 1, "tag<3": 4, "site in Oslo": 6, "site in (Oslo": 9, "site in ()": 10, "site in (a b": 9,
		"not": 4, "not ": 5, "(tag=a) tag=b": 9, "()": 2, "rev=lt=": 8, "rev>": 5, strings.Repeat("(", 30) + "a=b": 21,
		strings.Repeat("a", 2001): 2001,
	} {
		_, err := ParseFilter(text)
		var where FilterError
		if !errors.As(err, &where) || where.At != at {
			t.Errorf("%.40q: %v, want character %d", text, err, at)
		}
	}
	before, there, after := FilterError{At: 3}.Mark("aØcd")
	if before != "aØ" || there != "c" || after != "d" {
		t.Errorf("it marks %q %q %q", before, there, after)
	}
	if before, there, _ := (FilterError{At: 5}).Mark("aØcd"); before != "aØcd" || there != "" {
		t.Errorf("it marks %q %q behind the end", before, there)
	}
}

func TestRanksStandInTheOrderOfVersions(t *testing.T) {
	order := []string{"", "-10", "-9", "0", "1", "1.9", "1.10.0-alpha", "1.10.0-alpha2", "1.10.0-rc1", "1.10-rc2", "1.10", "1.10.1", "v1.11", "2-dev", "2", "10", "2026.10.1", "2026.11.2", "abc", "abc-2", "abd"}
	for i := range order[1:] {
		if a, b := rank(order[i]), rank(order[i+1]); a >= b {
			t.Errorf("%q ranks %s, not below %q, %s", order[i], a, order[i+1], b)
		}
	}
	for _, same := range [][2]string{{"1.0", "1"}, {"2.0.0-rc1", "2.0-rc1"}, {"V3", "3.0"}, {"007", "7"}} {
		if rank(same[0]) != rank(same[1]) {
			t.Errorf("%q and %q rank apart", same[0], same[1])
		}
	}
}

// random makes filters and targets of few words, so that many match.
type random struct{ *rand.Rand }

func (r random) of(list ...string) string { return list[r.IntN(len(list))] }

func (r random) value() string {
	return r.of("oslo", "Bergen", "a", "b", "1", "9", "10", "1.9", "1.10", "v2", "2.0-rc1", "Ø", "50%", "x_y", `back\slash`, "a b")
}

func (r random) filter(depth int) string {
	if depth > 0 {
		switch r.IntN(5) {
		case 0:
			return r.filter(depth-1) + r.of(" and ", ";", " and ") + r.filter(depth-1)
		case 1:
			return r.filter(depth-1) + r.of(" or ", ",") + r.filter(depth-1)
		case 2:
			return "not " + r.of("", "(") + r.filter(0)
		case 3:
			return "(" + r.filter(depth-1) + ")"
		}
	}
	name := r.of("site", "rev", "tag", "key", "name", "environment", "installed.version", "installed.digest", "installed.release")
	quote := r.of("", `"`)
	value := quote + r.value() + quote
	switch r.IntN(5) {
	case 0:
		return name + " " + r.of("", "not ") + "in (" + value + ", " + r.value() + ")"
	case 1:
		return name + r.of("=", "!=") + r.of("", "*") + r.value() + "*" + r.of("", "o", "1*")
	case 2:
		if name != "tag" {
			return name + r.of("<", "<=", ">", ">=", "=lt=", "=ge=") + value
		}
	}
	return name + r.of("=", "==", "!=") + value
}

func (r random) target(n int) Target {
	t := Target{Key: fmt.Sprintf("%s-%d", r.of("a", "b", "10"), n), Name: r.value(), EnvironmentKey: r.of("oslo", "a"), InstalledVersion: r.of("", r.value()),
		InstalledDigest: r.of("", "1", "a"), InstalledRelease: r.of("", "PAY-1.9", "Ø")}
	if r.IntN(2) == 0 {
		t.Tags = r.of("a", "b", "oslo") + " " + r.of("1", "x_y")
	}
	for _, name := range []string{"site", "rev"} {
		if r.IntN(3) > 0 {
			t.Attributes += name + "=" + r.value() + "\n"
		}
	}
	t.Attributes = strings.TrimSpace(t.Attributes)
	t.index()
	return t
}

// TestFilterAgreesWithTheDatabase compares what is chosen in Go with what the
// database chooses, for random filters over random targets.
func TestFilterAgreesWithTheDatabase(t *testing.T) {
	d := dbtest.New(t)
	seed := rand.Uint64()
	r := random{rand.New(rand.NewPCG(seed, 1))}
	all := make([]Target, 80)
	for i := range all {
		all[i] = r.target(i)
	}
	err := d.InTx(context.Background(), func(tx *db.Tx) error {
		e := Environment{Key: "e", Name: "E", Zone: "UTC"}
		if err := insert(tx, &e); err != nil {
			return err
		}
		for i := range all {
			all[i].EnvironmentID = e.ID
		}
		return insertTargets(tx, all)
	})
	if err != nil {
		t.Fatal(err)
	}
	read, chosen := 0, 0
	for range 400 {
		text := r.filter(3)
		f, err := ParseFilter(text)
		if err != nil {
			continue
		}
		read++
		var want, got, left []string
		for i := range all {
			if f.Matches(&all[i]) {
				want = append(want, all[i].Key)
			}
		}
		chosen += len(want)
		slices.Sort(want)
		err = d.View(context.Background(), func(tx *db.Tx) error {
			q, err := matching(tx, tx.Gorm().Model(&Target{}), f)
			if err != nil {
				return err
			}
			if err := q.Pluck("target_key", &got).Error; err != nil {
				return err
			}
			if q, err = notMatching(tx, tx.Gorm().Model(&Target{}), f); err != nil {
				return err
			}
			return q.Pluck("target_key", &left).Error
		})
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) || len(got)+len(left) != len(all) {
			t.Fatalf("seed %d, %s: the database chooses %v and leaves out %d, not %v: %v", seed, text, got, len(left), want, err)
		}
	}
	if read < 200 || chosen == 0 {
		t.Errorf("only %d filters were read, and they chose %d", read, chosen)
	}
}

// TestFiltersMeanWhatTheyAlwaysMeant reads random filters with the language as
// it was before it grew: conditions by = and !=, joined by "and". Left out are
// the three that begin a condition now where a value went on before: stars, and
// after a comma, a semicolon or an "or", a name with "in (", < or > behind it.
func TestFiltersMeanWhatTheyAlwaysMeant(t *testing.T) {
	seed := rand.Uint64()
	r := random{rand.New(rand.NewPCG(seed, 2))}
	pieces := []string{"tag", "site", "a", "or", "not", "and", "=", "!=", " ", " ", "(", ")", ",", ";", `"`, "Oslo", "b c", "and ", " and "}
	same := 0
	for range 200_000 {
		var b strings.Builder
		for range 3 + r.IntN(8) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		text := b.String()
		former, err := parseFormerFilter(text)
		if err != nil {
			continue
		}
		f, err := ParseFilter(text)
		if err != nil {
			t.Fatalf("%q could be read before: %v", text, err)
		}
		same++
		for _, facets := range []string{"", "|tag=a|", "|site=oslo|", "|tag=a|site=oslo|"} {
			for _, one := range former {
				facets += "|" + one.Facet + "|"
			}
			want := true
			for _, one := range former {
				want = want && strings.Contains(facets, "|"+one.Facet+"|") != one.Not
			}
			if got := f.Matches(&Target{Facets: facets}); got != want {
				t.Fatalf("%q chooses %q: %v, and before %v", text, facets, got, want)
			}
		}
	}
	if same < 1000 {
		t.Errorf("only %d of them could be read before", same)
	}
}

func TestTargetsOfAnOlderProgramAreRanked(t *testing.T) {
	d := dbtest.New(t)
	s := New(d, nil, nil, nil)
	old := bergen()
	old.Facets = "|key=bgo-1|rev=10|"
	var e Environment
	err := d.InTx(context.Background(), func(tx *db.Tx) error {
		e = Environment{Key: "e", Name: "E", Zone: "UTC"}
		if err := insert(tx, &e); err != nil {
			return err
		}
		old.EnvironmentID = e.ID
		return insert(tx, old)
	})
	if err == nil {
		err = s.Schedule(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	f, _ := ParseFilter("rev>9")
	var n int64
	err = d.View(context.Background(), func(tx *db.Tx) (err error) {
		n, err = countMatching(tx, &Wave{EnvironmentID: e.ID}, f)
		return err
	})
	if err != nil || n != 1 {
		t.Errorf("%d of the older targets are found by rank: %v", n, err)
	}
}
