package release

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden file anew")

// everyKind is a package with a component of each kind, and with some that
// differ in one field alone.
func everyKind() []Component {
	digest := func(c string) string { return "sha256:" + strings.Repeat(c, 64) }
	return []Component{
		{Kind: Software, ItemKey: "brf-image", Name: "Branch router image", Label: "7.4.0", Digest: digest("a"), MediaVersionID: 11, MediaItem: "brf/brf-image"},
		{Kind: Documentation, ItemKey: "brf-recovery-guide", Name: "Recovery guide", Label: "7", Digest: digest("b"), MediaVersionID: 12, MediaItem: "brf/brf-recovery-guide"},
		{Kind: Licence, Name: "Licence of the radio modem", Label: "2027", Digest: digest("c"), MediaVersionID: 13, MediaItem: "brf/radio-licence", LicenceKey: "RADIO-2027", Quantity: 212},
		{Kind: Hardware, Name: "Branch router, revision C", Serial: "NH-RC-0007", Location: "Lørenskog, shelf B7"},
		{Kind: Hardware, Name: "Branch router, revision C", Serial: "NH-RC-0007", Location: "Fornebu, rack 2"},
		{Kind: Process, Name: "Swapping a router <in> a branch & back", Reference: "PRO-0017 rev 3"},
		{Kind: Other, Name: "Key ceremony", Reference: "SEC-4"},
		{Kind: Other, Name: "Key ceremony", Reference: "SEC-4", LicenceKey: "HSM-SITE", Quantity: 1},
		{Kind: Other, Name: "Key ceremony", Reference: "SEC-4", LicenceKey: "HSM-SPARE", Quantity: 1},
	}
}

func TestTheManifestIsTheGoldenOne(t *testing.T) {
	const golden = "testdata/manifest.golden"
	text, digest := Canonical("BRF-2026.11.3", "BRF", everyKind())
	got := text + "\n" + digest + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the manifest was\n%s\nand is now\n%s\nEvery digest that was ever signed would be another.", want, got)
	}
	if !json.Valid([]byte(text)) {
		t.Error("the manifest is no JSON")
	}
}

func TestOrderDoesNotChangeTheDigest(t *testing.T) {
	lines := everyKind()
	text, digest := Canonical("BRF-2026.11.3", "BRF", lines)
	order := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		order.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		if again, other := Canonical("BRF-2026.11.3", "BRF", lines); other != digest || again != text {
			t.Fatalf("the same lines in another order make\n%s\nand\n%s", text, again)
		}
	}
	for i := range lines { // rows of other packages are other rows with the same content
		lines[i].ID, lines[i].Version, lines[i].PackageID, lines[i].MediaVersionID, lines[i].ItemID = int64(100+i), 9, 77, int64(i), int64(i)
	}
	if _, other := Canonical("BRF-2026.11.3", "BRF", lines); other != digest {
		t.Error("the digest hangs on numbers of rows")
	}
}

func TestOneChangedByteChangesTheDigest(t *testing.T) {
	_, digest := Canonical("BRF-2026.11.3", "BRF", everyKind())
	seen := map[string]string{digest: "nothing changed"}
	other := func(what, digest string) {
		if twin, twice := seen[digest]; twice {
			t.Errorf("%s makes the digest of: %s", what, twin)
		}
		seen[digest] = what
	}
	ignored := []string{"Row", "PackageID", "ItemID", "MediaVersionID", "Manifest"} // rows, told by keys and digests; the manifest is the index's to name
	kind := reflect.TypeFor[Component]()
	for i := range everyKind() {
		for f := range kind.NumField() {
			name := kind.Field(f).Name
			if slices.Contains(ignored, name) {
				continue
			}
			lines := everyKind()
			field := reflect.ValueOf(&lines[i]).Elem().Field(f)
			if field.Kind() == reflect.Int64 {
				field.SetInt(field.Int() + 1)
			} else {
				field.SetString(field.String() + "x")
			}
			_, changed := Canonical("BRF-2026.11.3", "BRF", lines)
			other(lines[i].Name+" with another "+name, changed)
		}
		_, less := Canonical("BRF-2026.11.3", "BRF", slices.Delete(everyKind(), i, i+1))
		other("without the "+everyKind()[i].Name, less)
	}
	_, key := Canonical("BRF-2026.11.4", "BRF", everyKind())
	other("another release", key)
	_, service := Canonical("BRF-2026.11.3", "BRG", everyKind())
	other("another service", service)
	_, twice := Canonical("BRF-2026.11.3", "BRF", append(everyKind(), everyKind()[0]))
	other("a line twice", twice)
	_, empty := Canonical("BRF-2026.11.3", "BRF", nil)
	other("nothing", empty)
}

func TestWhatDiffersBetweenTwoPackages(t *testing.T) {
	tests := []struct {
		name   string
		change func([]Component) []Component
		want   []Difference
	}{
		{"nothing", func(l []Component) []Component { slices.Reverse(l); return l }, nil},
		{"a version", func(l []Component) []Component {
			l[0].Label, l[0].Digest = "7.5.0", "sha256:"+strings.Repeat("d", 64)
			return l
		},
			[]Difference{{"Branch router image", "software", "7.4.0 (aaaaaaaaaaaa)", "7.5.0 (dddddddddddd)"}}},
		{"bytes under the same version", func(l []Component) []Component { l[0].Digest = "sha256:" + strings.Repeat("d", 64); return l },
			[]Difference{{"Branch router image", "software", "7.4.0 (aaaaaaaaaaaa)", "7.4.0 (dddddddddddd)"}}},
		{"one of two of the same name", func(l []Component) []Component { l[3].Serial = "NH-RC-0008"; return l },
			[]Difference{{"Branch router, revision C", "hardware", "NH-RC-0007 at Lørenskog, shelf B7", "NH-RC-0008 at Lørenskog, shelf B7"}}},
		{"how many of a licence", func(l []Component) []Component { l[2].Quantity = 300; return l },
			[]Difference{{"Licence of the radio modem", "licence", "2027 212 of licence RADIO-2027 (cccccccccccc)", "2027 300 of licence RADIO-2027 (cccccccccccc)"}}},
		{"the item that it becomes", func(l []Component) []Component { l[5].ItemKey = "brf-swap-process"; return l },
			[]Difference{{"Swapping a router <in> a branch & back", "process", "PRO-0017 rev 3 as nothing from nothing", "PRO-0017 rev 3 as brf-swap-process from nothing"}}},
		{"one more and one less", func(l []Component) []Component {
			return append(l[1:], Component{Kind: Software, Name: "Boot loader", Label: "2.3"})
		}, []Difference{{"Branch router image", "software", "7.4.0 (aaaaaaaaaaaa)", ""}, {"Boot loader", "software", "", "2.3"}}},
		{"another kind of the same name", func(l []Component) []Component { l[6].Kind = Process; return l },
			[]Difference{{"Key ceremony", "other", "SEC-4", ""}, {"Key ceremony", "process", "", "SEC-4"}}},
	}
	for _, test := range tests {
		if got := CompareComponents(everyKind(), test.change(everyKind())); !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
