package release

import (
	"fmt"
	"slices"
	"strings"
)

// Difference is one line in which two packages differ.
type Difference struct {
	Name, Kind string
	Was, Is    string // version and short digest; empty when it is not there
}

// CompareComponents gives what was added, changed and removed between two
// versions. Of several components of one kind and name, those that are on both
// sides are left out, and what remains is told in pairs.
func CompareComponents(was, is []Component) []Difference {
	added := slices.Clone(is)
	var list []Difference
	take := func(match func(Component) bool) *Component {
		at := slices.IndexFunc(added, match)
		if at < 0 {
			return nil
		}
		found := added[at]
		added = slices.Delete(added, at, at+1)
		return &found
	}
	var gone []Component
	for _, c := range was {
		if take(c.same) == nil {
			gone = append(gone, c)
		}
	}
	for _, c := range gone {
		d := Difference{Name: c.Name, Kind: string(c.Kind), Was: c.describe()}
		if now := take(c.namesake); now != nil {
			d.Is = now.describe()
			if d.Was == d.Is {
				d.Was, d.Is = c.origin(), now.origin()
			}
		}
		list = append(list, d)
	}
	for _, c := range added {
		list = append(list, Difference{Name: c.Name, Kind: string(c.Kind), Is: c.describe()})
	}
	return list
}

func (c Component) namesake(other Component) bool {
	return c.Kind == other.Kind && c.Name == other.Name
}

// same tells whether both make the same line of a manifest.
func (c Component) same(other Component) bool { return c.line() == other.line() }

// describe is what people tell components of one name apart by.
func (c Component) describe() string {
	words := []string{c.Label, c.Serial, c.Reference}
	if c.Location != "" {
		words = append(words, "at "+c.Location)
	}
	if c.LicenceKey != "" {
		words = append(words, fmt.Sprintf("%d of licence %s", c.Quantity, c.LicenceKey))
	}
	if len(c.Digest) > 19 {
		words = append(words, "("+c.Digest[7:19]+")")
	}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}

// origin is the rest: the configuration item that it becomes, and the media
// item that it comes from.
func (c Component) origin() string {
	return strings.TrimSpace(fmt.Sprintf("%s as %s from %s", c.describe(), quoted(c.ItemKey), quoted(c.MediaItem)))
}
