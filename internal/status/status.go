// Package status is the public view of a release: what happens, to whom, and
// what to do, in plain words, without keys or role names.
package status

import (
	"regexp"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/release"
)

// Page is what stakeholders read about one release. Until it is public, only
// people who may see the release see it.
type Page struct {
	db.Row
	ReleaseID  int64
	Slug       string // in the address, /status/{slug}
	Public     bool
	Headline   string // "Card payments pause for four minutes on Tuesday night"
	Lead       string // one or two sentences beneath it
	NoticeText string // what people may notice and what to do, one a line
	Contact    string // whom to call when something is wrong
}

// TableName is the table of status pages.
func (Page) TableName() string { return "status_pages" }

// Update is one message to the readers. It is never edited: who corrects
// something posts another.
type Update struct {
	ID     int64
	PageID int64
	At     db.Time
	Family string // good, active, warn or bad
	Title  string
	Body   string
	Author string
}

// TableName is the table of updates.
func (Update) TableName() string { return "status_updates" }

var slugPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{1,60}[a-z0-9])$`)

var families = []string{"good", "active", "warn", "bad"}

func (p *Page) validate() error {
	var c fault.Check
	p.Headline, p.Lead, p.Contact = strings.TrimSpace(p.Headline), strings.TrimSpace(p.Lead), strings.TrimSpace(p.Contact)
	c.Need(slugPattern.MatchString(p.Slug), "slug", "Use 3 to 62 lower-case letters, digits and dashes.")
	c.Need(p.Headline != "" && len(p.Headline) <= 160, "headline", "Say in one line what happens, at most 160 characters.")
	c.Need(len(p.Lead) <= 1000, "lead", "Keep it to 1,000 characters.")
	c.Need(len(p.NoticeText) <= 4000, "notice", "Keep it to 4,000 characters.")
	c.Need(len(p.Contact) <= 200, "contact", "Keep it to 200 characters.")
	return c.Err("The status page was not saved.")
}

// Notices are what people may notice, one each.
func (p *Page) Notices() []string {
	var lines []string
	for line := range strings.SplitSeq(p.NoticeText, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// Word is a state in words for people who do not plan releases.
type Word struct{ Family, Text string }

var words = map[release.State]Word{
	release.Draft: {"neutral", "Being planned"}, release.Proposed: {"neutral", "Being planned"}, release.Planning: {"neutral", "Being planned"},
	release.BuildTest: {"active", "Being built and tested"}, release.Ready: {"good", "Ready to begin"},
	release.Deploying: {"active", "Under way"}, release.Paused: {"warn", "Paused; nothing changes until we go on"},
	release.Remediating: {"bad", "Being put right"}, release.EarlyLife: {"good", "In use, and closely watched"},
	release.RolledBack: {"bad", "Taken back; everything works as before"}, release.Review: {"good", "In use"},
	release.Closed: {"good", "Finished"}, release.OnHold: {"warn", "Put off; we will say when it goes on"},
	release.Cancelled: {"void", "Called off"},
}

// WordFor gives a state in plain words.
func WordFor(s release.State) Word { return words[s] }
