package status

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	ics "github.com/arran4/golang-ical"
)

// The Atom elements that a reader needs (RFC 4287).
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Author  atomAuthor  `xml:"author"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomEntry struct {
	Title   string   `xml:"title"`
	ID      string   `xml:"id"`
	Updated string   `xml:"updated"`
	Link    atomLink `xml:"link"`
	Content string   `xml:"content"`
}

// WriteAtom writes the updates as an Atom feed; address is the page's own.
func (v *View) WriteAtom(w io.Writer, address, organisation string) error {
	feed := atomFeed{Title: v.Page.Headline, ID: address, Updated: v.Page.UpdatedAt.Std().Format(time.RFC3339),
		Links:  []atomLink{{"alternate", address}, {"self", address + ".atom"}},
		Author: atomAuthor{Name: organisation}}
	for _, u := range v.Updates {
		feed.Entries = append(feed.Entries, atomEntry{Title: u.Title, ID: fmt.Sprintf("%s#update-%d", address, u.ID),
			Updated: u.At.Std().Format(time.RFC3339), Link: atomLink{"alternate", address}, Content: u.Body})
	}
	if len(v.Updates) > 0 {
		feed.Updated = v.Updates[0].At.Std().Format(time.RFC3339)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return xml.NewEncoder(w).Encode(feed)
}

// Calendar gives the window of the work as an iCalendar (RFC 5545).
func (v *View) Calendar(address string) string {
	calendar := ics.NewCalendarFor("Slipway")
	if v.WindowStart.IsZero() {
		return calendar.Serialize()
	}
	event := calendar.AddEvent(v.Page.Slug + "@slipway")
	event.SetDtStampTime(v.Page.UpdatedAt.Std())
	event.SetStartAt(v.WindowStart.Std())
	event.SetEndAt(v.WindowEnd.Std())
	event.SetSummary(v.Page.Headline)
	event.SetDescription(v.Page.Lead)
	event.SetURL(address)
	return calendar.Serialize()
}
