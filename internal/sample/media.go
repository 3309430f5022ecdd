package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"slipway/internal/build"
	"slipway/internal/dml"
	"slipway/internal/release"
)

// media is what the library gets for an item of a release: a file that reads as
// what it is called. Software is a stand-in of some kilobytes.
func media(r *release.Release, i release.Item, kind dml.Kind) (dml.Submission, []byte) {
	label := strings.Map(func(c rune) rune {
		if c == ' ' || c == '/' {
			return '-'
		}
		return c
	}, i.ToBe)
	sub := dml.Submission{ItemKey: strings.ToLower(r.ServiceKey) + "/" + i.ItemKey, Label: label, ItemName: i.ItemName, Kind: kind, ServiceID: r.ServiceID,
		ChangeKey: r.ChangeKey, Source: "build of " + r.Key, About: "Made for " + r.ServiceName + "."}
	stem := i.ItemKey + "-" + label
	switch kind {
	case dml.Documentation:
		sub.FileName, sub.MediaType = stem+".md", "text/markdown"
		return sub, paper(r, i)
	case dml.LicenceText:
		sub.FileName, sub.MediaType = stem+".txt", "text/plain"
		return sub, []byte(fmt.Sprintf("%s, %s\n\nThe supplier grants %s the use on its own devices in the year named above.\nOne copy may be kept for safety.\n", i.ItemName, i.ToBe, Organisation))
	}
	sub.FileName = stem + ".bin"
	return sub, program(r, i)
}

func paper(r *release.Release, i release.Item) []byte {
	return []byte(fmt.Sprintf("# %s\n\nRevision %s, for %s of %s.\n\n## What changes\n\n%s\n\n## What to do\n\n1. Read the alarms of the new version on the dashboard.\n2. Start and stop it as before; the command is unchanged.\n3. If it does not come up within five minutes, call %s.\n",
		i.ItemName, i.ToBe, r.Key, r.ServiceName, r.Summary, r.OwnerName))
}

// program is bytes that nothing else has: the digests of a counter.
func program(r *release.Release, i release.Item) []byte {
	text := []byte(fmt.Sprintf("%s %s, built for %s\n", i.ItemKey, i.ToBe, r.Key))
	for n := range 2048 {
		sum := sha256.Sum256([]byte(r.Key + i.ItemKey + strconv.Itoa(n)))
		text = append(text, sum[:]...)
	}
	return text
}

// revision is what a build names as its source.
func revision(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:5])
}

func buildLog(r *release.Release, result build.Result) string {
	end := "dist: done in 13 min 52 s"
	if result == build.Failed {
		end = "link: undefined reference to settle_v2\nmake: *** [dist] Error 1"
	}
	return fmt.Sprintf("checkout %s\nmake clean\nmake dist\ncompile: 412 files\nunit tests: 1,904 passed\nsign: skipped, quarantine signs\n%s: %s\n", revision(r.Key), strings.ToLower(r.ServiceKey), end)
}

var lastNumber = regexp.MustCompile(`^(.*?)(\d+)(\D*)$`)

// next is the version after this one: 4.1.2 becomes 4.2.0, 11 becomes 12.
func next(version string) string {
	parts := strings.Split(version, ".")
	if len(parts) == 3 {
		if minor, err := strconv.Atoi(parts[1]); err == nil {
			return fmt.Sprintf("%s.%d.0", parts[0], minor+1)
		}
	}
	m := lastNumber.FindStringSubmatch(version)
	if m == nil {
		return "1.0"
	}
	n, err := strconv.Atoi(m[2])
	if err != nil {
		return version + ".1"
	}
	return m[1] + strconv.Itoa(n+1) + m[3]
}

// report is a JUnit report with some failures.
type report struct {
	name     string
	cases    int
	failures []string
}

func (r report) junit() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<testsuites><testsuite name=%q tests=\"%d\" failures=\"%d\" time=\"%d.5\">\n", r.name, r.cases, len(r.failures), r.cases*3)
	for n := range r.cases {
		fmt.Fprintf(&b, "<testcase classname=\"%s\" name=\"case %03d\" time=\"0.%03d\">", strings.ToLower(r.name), n+1, 100+n*7%900)
		if n < len(r.failures) {
			fmt.Fprintf(&b, "<failure message=%q>expected and actual differ</failure>", r.failures[n])
		}
		b.WriteString("</testcase>\n")
	}
	b.WriteString("</testsuite></testsuites>\n")
	return b.String()
}

var figure = regexp.MustCompile(`([≥≤])\s*([\d,.]+)`)

// measured is a figure a little better than the target; by shifts it.
func measured(target string, by int) string {
	m := figure.FindStringSubmatchIndex(target)
	if m == nil {
		return target
	}
	value, err := strconv.ParseFloat(strings.ReplaceAll(target[m[4]:m[5]], ",", ""), 64)
	if err != nil {
		return target
	}
	share := 1.06 + 0.02*float64(by)
	switch {
	case target[m[2]:m[3]] == "≤":
		value /= share + 0.1
	case value > 90 && value <= 100: // percent do not pass a hundred
		value += (100 - value) * 0.6
	default:
		value *= share
	}
	return strings.TrimSpace(strconv.FormatFloat(value, 'f', decimals(value), 64) + target[m[5]:])
}

func decimals(value float64) int {
	switch {
	case value >= 100:
		return 0
	case value > 90:
		return 2
	case value >= 10:
		return 1
	}
	return 2
}

func (r report) reader() *strings.Reader { return strings.NewReader(r.junit()) }
