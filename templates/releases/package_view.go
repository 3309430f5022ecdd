package releases

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"slipway/internal/dml"
	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// PackageView is a release's package as its page shows it.
type PackageView struct {
	*release.PackageSheet
	Draft draft.Draft
	Host  string // of the registry, as the viewer reaches it
}

// pullLine is a command that fetches a package, and what it is.
type pullLine struct{ Label, Command string }

// pullLines are how standard clients fetch the whole package by its digest.
func (v PackageView) pullLines(p *release.Package) []pullLine {
	from, folder := v.Host+"/"+dml.PackageAddress(v.Repository)+"@"+p.IndexDigest, v.Repository+"-"+p.Tag()
	return []pullLine{{"Pull with oras", "oras copy " + from + " --to-oci-layout " + folder}, {"Pull with skopeo", "skopeo copy --all --preserve-digests docker://" + from + " oci:" + folder}}
}

func (v PackageView) manifestLabel(p *release.Package) string {
	if p.Older() {
		return "Download what was signed"
	}
	return "Download the index"
}

func (v PackageView) at(parts ...string) string {
	return v.Link(append([]string{"package"}, parts...)...)
}

// open is the address that shows the page with one form open.
func (v PackageView) open(form string) string { return v.at() + "?do=" + form + "#" + form }

func (v PackageView) form(name string) draft.Draft { return only(v.Draft, name) }

// edited is what any edit brings: a baselined package is not edited, its lines
// go into the next version.
func (v PackageView) edited() string {
	if v.Package == nil || v.Package.State == release.PackageAssembling {
		return ""
	}
	text := fmt.Sprintf("any edit makes v%d", v.Package.Number+1)
	if voids := v.voids(); voids != "" {
		text += " and voids " + voids
	}
	return text
}

func (v PackageView) voids() string { return joined(v.Voids) }

// fromLibrary counts the lines that the media library holds.
func (v PackageView) fromLibrary() (n int) {
	for _, line := range v.Lines {
		if line.MediaVersionID != 0 {
			n++
		}
	}
	return n
}

// addForms are the six kinds with the form that adds one of each.
var addForms = []struct {
	kind              release.ComponentKind
	form, label, icon string
}{
	{release.Software, "add-software", "Software", "puzzle"}, {release.Documentation, "add-documentation", "Documentation", "file-text"},
	{release.Licence, "add-licence", "Licence", "license"}, {release.Hardware, "add-hardware", "Hardware", "server"},
	{release.Process, "add-process", "Process", "list"}, {release.Other, "add-other", "Anything else", "components"},
}

func kindIcon(kind release.ComponentKind) string {
	for _, f := range addForms {
		if f.kind == kind {
			return f.icon
		}
	}
	return "components"
}

// adding is the kind whose form stands open, or none.
func (v PackageView) adding() release.ComponentKind {
	for _, f := range addForms {
		if v.Draft.Is(f.form) {
			return f.kind
		}
	}
	return ""
}

// AddForm is the name of the form that adds a component of a kind.
func AddForm(kind string) string { return "add-" + kind }

// mediaOptions are the versions of the library of one kind.
func (v PackageView) mediaOptions(kind release.ComponentKind) (list []ui.Option) {
	for _, m := range v.Media {
		if string(m.Kind) != string(kind) {
			continue
		}
		label := m.Title()
		if !m.Deployable() {
			label += " (built here, waits for A3)"
		}
		list = append(list, ui.Option{Value: id(m.ID), Label: label})
	}
	return list
}

func (v PackageView) itemOptions() []ui.Option {
	list := make([]ui.Option, len(v.Catalog))
	for i, item := range v.Catalog {
		list[i] = ui.Option{Value: id(item.ID), Label: item.Key + " · " + item.Name}
	}
	return list
}

func (v PackageView) licenceOptions() []ui.Option {
	list := make([]ui.Option, len(v.Licences))
	for i, l := range v.Licences {
		list[i] = ui.Option{Value: l.Key, Label: l.Key + " · " + l.Name + licenceLeft(l)}
	}
	return list
}

func licenceLeft(l dml.LicenceView) string {
	if !l.Counts() {
		return ""
	}
	return fmt.Sprintf(" (%s of %s left)", ui.Count(l.Entitled-l.Held), ui.Count(l.Entitled))
}

// unlisted are the service's items that are not on the list yet.
func (v PackageView) unlisted() (keys []string) {
	for _, item := range v.Catalog {
		if !item.Retired && !slices.ContainsFunc(v.Items, func(i release.Item) bool { return i.ItemID == item.ID }) {
			keys = append(keys, item.Key)
		}
	}
	return keys
}

// unitOptions are the service's units of which something is not on the list.
func (v PackageView) unitOptions() []ui.Option {
	list := make([]ui.Option, len(v.Units))
	for i, u := range v.Units {
		list[i] = ui.Option{Value: id(u.ID), Label: u.Name}
	}
	return list
}

func itemForm(i release.Item) string { return "item-" + id(i.ID) }

func removeForm(c release.Component) string { return "remove-" + id(c.ID) }

// itemsInOrder puts what nobody has decided first.
func (v PackageView) itemsInOrder() []release.Item {
	list := slices.Clone(v.Items)
	rank := func(i release.Item) int {
		if i.Decision == release.Undecided {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b release.Item) int { return rank(a) - rank(b) })
	return list
}

func (v PackageView) itemTally() string {
	var undecided, included, excluded int
	for _, i := range v.Items {
		switch i.Decision {
		case release.Included:
			included++
		case release.Excluded:
			excluded++
		default:
			undecided++
		}
	}
	text := fmt.Sprintf("%d included, %d excluded", included, excluded)
	if undecided > 0 {
		text = fmt.Sprintf("%d undecided, ", undecided) + text
	}
	return text
}

func changeFamily(change string) string {
	switch change {
	case "undecided":
		return "warn g-unknown"
	case "kept":
		return "neutral"
	case "retired":
		return "void"
	}
	return "active"
}

// itemInput is a field of one item's own form; the item's number stands in its
// name, so that every form of the page can be open at once.
func itemInput(d draft.Draft, i release.Item, name, label, standard, hint string) ui.Input {
	in := d.Input(fmt.Sprintf("%s_%d", name, i.ID), label, standard)
	in.Hint, in.Optional = hint, name != "decision"
	return in
}

func inclusions() []ui.Option {
	return []ui.Option{{Value: string(release.Included), Label: "Include it", Hint: "The release changes it; say its version afterwards."},
		{Value: string(release.Excluded), Label: "Leave it out", Hint: "It stays as it is; say why."}}
}

// identityOf is what a component is known by where it has no digest.
func identityOf(c release.Component) string {
	for _, word := range []string{c.Serial, c.Reference} {
		if word != "" {
			return word
		}
	}
	return ""
}

func mediaHref(key string) string {
	parts := strings.Split(key, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "/dml/" + strings.Join(parts, "/")
}

func licenceText(c release.Component) string {
	return fmt.Sprintf("%s of %s", ui.Count(c.Quantity), c.LicenceKey)
}

// manifested is the package whose manifest is shown: the older one that was
// asked for, or the current one.
func (v PackageView) manifested() *release.Package {
	if v.Shown != nil {
		return v.Shown
	}
	return v.Package
}

func (v PackageView) manifestHref(p *release.Package) string {
	return v.at(id(p.Number), "manifest.json")
}
