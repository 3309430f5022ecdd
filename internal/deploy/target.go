package deploy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/zone"
)

// Environment is a place where targets stand: staging, production, the field.
type Environment struct {
	db.Row
	Key        string `gorm:"column:environment_key"`
	Name       string
	Zone       string // IANA name; windows of its waves are meant in it
	Production bool
	Position   int64  // environments are gone through in this order
	Method     string // how machines reach its targets; empty is by hand
}

// EnvironmentDraft is what a person enters for an environment.
type EnvironmentDraft struct {
	Key, Name, Zone string
	Production      bool
	Position        int64
	Method          string
}

// Target is one thing that is deployed to: a host, a device, a branch.
type Target struct {
	db.Row
	Key              string `gorm:"column:target_key"`
	Name             string
	EnvironmentID    int64
	EnvironmentKey   string
	Tags             string // words, space between
	Attributes       string // key=value, one a line
	Reported         string // the same, as the device tells it of itself
	Facets           string // tags and attributes as filters read them
	Retired          bool   // no wave takes it any more
	InstalledDigest  string
	InstalledVersion string
	InstalledRelease string
	InstalledAt      db.Time
	ReportedDigest   string // as it said itself, last
	ReportedVersion  string
	ReportedBy       string
	ReportedAt       db.Time
	Drift            Drift `gorm:"-"` // as lists and pages work it out
	FormerDigest     string
	FormerVersion    string
	FormerRelease    string
}

// TargetDraft is what a person enters for a target.
type TargetDraft struct {
	Key, Name        string
	EnvironmentKey   string
	Tags             string // words, space or comma between
	Attributes       string // key=value, one a line
	InstalledDigest  string // as found, for a new target only
	InstalledVersion string
}

// Link is the target's page.
func (t *Target) Link() string { return "/targets/" + t.Key }

// TagList gives the tags one by one.
func (t *Target) TagList() []string { return strings.Fields(t.Tags) }

// AttributeList gives the attributes one by one, "site=Oslo".
func (t *Target) AttributeList() []string {
	return slices.DeleteFunc(strings.Split(t.Attributes, "\n"), func(line string) bool { return line == "" })
}

var (
	keyForm       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	attributeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,39}$`)
)

// facet is one tag or attribute as filters read it.
func facet(name, value string) string { return tidy(name) + "=" + tidy(value) }

// ranked is one attribute as filters compare it by < and >.
func ranked(name, value string) string { return tidy(name) + "<" + rank(value) }

// index writes what filters read.
func (t *Target) index() {
	list := []string{facet("key", t.Key), facet("name", t.Name), ranked("key", t.Key), ranked("name", t.Name)}
	for _, tag := range t.TagList() {
		list = append(list, facet("tag", tag))
	}
	for _, line := range t.AttributeList() {
		name, value, _ := strings.Cut(line, "=")
		list = append(list, facet(name, value), ranked(name, value))
	}
	for _, line := range t.ReportedList() {
		if name, value, _ := strings.Cut(line, "="); attributeForm.MatchString(name) && !reserved(name) {
			list = append(list, facet(name, value), ranked(name, value))
		}
	}
	t.Facets = "|" + strings.Join(list, "|") + "|"
}

func (d *TargetDraft) validate(c *fault.Check) {
	d.Key, d.Name, d.EnvironmentKey = strings.TrimSpace(d.Key), strings.TrimSpace(d.Name), strings.TrimSpace(d.EnvironmentKey)
	d.Tags = strings.Join(strings.Fields(strings.ReplaceAll(d.Tags, ",", " ")), " ")
	if d.Name == "" {
		d.Name = d.Key
	}
	needKey(c, d.Key)
	c.Need(len(d.Name) <= 160 && !strings.Contains(d.Name, "|"), "name", "Keep the name to 160 characters, without |.")
	c.Need(d.EnvironmentKey != "", "environment", "Choose the environment that it stands in.")
	for _, tag := range strings.Fields(d.Tags) {
		c.Need(keyForm.MatchString(tag), "tags", fmt.Sprintf("The tag %q may hold letters, digits, dots, dashes and underscores.", tag))
	}
	var lines []string
	for line := range strings.Lines(d.Attributes) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !found || value == "" || !attributeForm.MatchString(name):
			c.Field("attributes", fmt.Sprintf("Write %q as name=value.", line))
		case strings.Contains(value, "|"):
			c.Field("attributes", fmt.Sprintf("The value of %s may not hold |.", name))
		case slices.Contains(ownNames, strings.ToLower(name)):
			c.Field("attributes", fmt.Sprintf("%s is not an attribute; it has a field of its own.", name))
		}
		lines = append(lines, name+"="+value)
	}
	d.Attributes = strings.Join(lines, "\n")
	if d.InstalledDigest != "" {
		var ok bool
		d.InstalledDigest, ok = tidyDigest(d.InstalledDigest)
		c.Need(ok, "installed_digest", "A digest is sha256: and 64 hexadecimal digits.")
	}
}

func (d *EnvironmentDraft) validate(c *fault.Check) {
	d.Key, d.Name, d.Zone = strings.TrimSpace(d.Key), strings.TrimSpace(d.Name), strings.TrimSpace(d.Zone)
	needKey(c, d.Key)
	c.Need(d.Name != "" && len(d.Name) <= 120, "name", "Name the environment, in at most 120 characters.")
	c.Need(zone.Known(d.Zone), "zone", "Name its time zone, such as Europe/Oslo.")
	c.Need(d.Method == "" || slices.Contains(Methods(), d.Method), "method", "Choose how its targets are reached.")
	c.Need(d.Position >= 0 && d.Position <= 10_000, "position", "Enter a whole number from 0 to 10,000.")
}

// needKey asks for a key that can stand in an address beside "new" and "import".
func needKey(c *fault.Check, key string) {
	c.Need(keyForm.MatchString(key), "key", "Give a key of letters, digits, dots, dashes or underscores.")
	c.Need(key != "new" && key != "import", "key", "This word is an address of Slipway's own. Choose another key.")
}
