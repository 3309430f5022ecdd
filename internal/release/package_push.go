package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// PackageService gives the service of the release whose packages a repository
// holds; NotFound where the actor sees no such release.
func (s *Service) PackageService(tx *db.Tx, actor identity.Actor, name string) (int64, error) {
	r, err := findRelease(tx, actor, "repository = ?", name)
	if err != nil {
		return 0, err
	}
	return r.ServiceID, nil
}

const pushRefused = "The package was not taken."

// TakePackage makes an index that was pushed the next version of a release's
// package, and baselines it under the digest of the bytes that were pushed. It
// takes the role that the page takes, and the same is refused. The current
// package again changes nothing.
func (s *Service) TakePackage(tx *db.Tx, actor identity.Actor, pushed *dml.PushedPackage) error {
	r, err := findRelease(tx, actor, "repository = ?", pushed.Name)
	if err != nil {
		return err
	}
	if err := identity.Authorize(actor, identity.ReleasePackage, r.ServiceID); err != nil {
		return err
	}
	p, err := currentPackage(tx, r.ID)
	if err != nil {
		return err
	}
	if p != nil && p.IndexDigest == pushed.Digest.String() && p.State != PackageWithdrawn {
		return s.media.ShowPackage(tx, actor, pushed, p.Tag())
	}
	if err := packable(r); err != nil {
		return err
	}
	lines, blockers, err := s.pushedLines(tx, r, pushed)
	if err != nil {
		return err
	}
	more, err := s.baselineBlockers(tx, r, lines)
	if err != nil {
		return err
	}
	blockers = append(blockers, more...)
	if p != nil && p.State == PackageAssembling {
		held, err := componentsOf(tx, p.ID)
		if err != nil {
			return err
		}
		if len(held) > 0 && len(CompareComponents(held, lines)) > 0 {
			blockers = append(blockers, fault.Blocker{Code: "package.assembling", Sentence: fmt.Sprintf("%s is assembling package v%d with other components on its page. Baseline it or empty it first.", p.AuthorName, p.Number),
				Owner: p.AuthorName, Link: r.Link("package"), Action: "Open the package"})
		}
	}
	if err := fault.Refuse(pushRefused, blockers...); err != nil {
		return err
	}
	if p, err = s.assembling(tx, actor, r); err != nil {
		return err
	}
	if err := replaceComponents(tx, p.ID, lines); err != nil {
		return err
	}
	if err := s.record(tx, actor, r, "package.push", "", "pushed package v%d with %d components", p.Number, len(lines)); err != nil {
		return err
	}
	if err := s.fix(tx, actor, r, p, string(pushed.Bytes), pushed.Digest.String()); err != nil {
		return err
	}
	return s.media.ShowPackage(tx, actor, pushed, p.Tag())
}

// taking reads a pushed package, and collects everything against it.
type taking struct {
	s        *Service
	tx       *db.Tx
	r        *Release
	blockers []fault.Blocker
}

func (t *taking) block(code, format string, args ...any) {
	t.blockers = append(t.blockers, fault.Blocker{Code: code, Sentence: fmt.Sprintf(format, args...), Owner: identity.BuildManager.Label(), Link: t.r.Link("package"), Action: "Open the package"})
}

// pushedLines gives the components of a pushed package, from the list that came
// with it or else from its members, and what is wrong with either.
func (s *Service) pushedLines(tx *db.Tx, r *Release, pushed *dml.PushedPackage) ([]Component, []fault.Blocker, error) {
	t := &taking{s: s, tx: tx, r: r}
	for _, m := range pushed.Members {
		if len(m.Versions) == 0 {
			t.block("package.member", "The index names %s, by which the media library pulls no version. Submit it to the library first.", m.Digest)
		}
	}
	var lines []Component
	var err error
	if pushed.Components == nil {
		lines, err = t.fromMembers(pushed.Members)
	} else {
		lines, err = t.fromList(pushed)
	}
	for i := range lines {
		lines[i].adopt(t)
	}
	return lines, t.blockers, err
}

// adopt checks a line as the page would.
func (c *Component) adopt(t *taking) {
	f, bad := fault.As(c.validate())
	if !bad {
		return
	}
	for _, field := range f.Fields {
		t.block("package.component", "%s: %s", quoted(c.Name), field.Message)
	}
}

func (t *taking) fromMembers(members []dml.PushedMember) ([]Component, error) {
	var lines []Component
	for _, m := range members {
		if len(m.Versions) == 0 {
			continue
		}
		v := &m.Versions[0]
		c := Component{Kind: ComponentKind(v.Kind), Name: m.Annotations[annotName]}
		c.fromMedia(v)
		if err := t.becomes(&c, m.Annotations[annotItem]); err != nil {
			return nil, err
		}
		lines = append(lines, c)
	}
	return lines, nil
}

// fromList reads the list of components, each of whose media is a member.
func (t *taking) fromList(pushed *dml.PushedPackage) ([]Component, error) {
	var list manifest
	dec := json.NewDecoder(strings.NewReader(string(pushed.Components)))
	dec.DisallowUnknownFields()
	if dec.Decode(&list) != nil {
		t.block("package.list", "The list of components does not have the form that Slipway writes.")
		return nil, nil
	}
	if list.Release != t.r.Key || list.Service != t.r.ServiceKey {
		t.block("package.list", "The list of components is of release %s of %s; this is %s of %s.", quoted(list.Release), quoted(list.Service), t.r.Key, t.r.ServiceKey)
	}
	used := map[string]bool{}
	var lines []Component
	for _, l := range list.Components {
		c := Component{Kind: l.Kind, Name: l.Name, Label: l.Version, Serial: l.Serial, Location: l.Location, Reference: l.Reference, LicenceKey: l.Licence, Quantity: l.Quantity}
		if l.Kind.Media() {
			v := listed(pushed.Members, l)
			if v == nil {
				t.block("package.list", "The list names %s %s of %s, and the index has no such member.", quoted(l.Name), l.Version, quoted(l.Media))
				continue
			}
			used[v.Manifest.String()] = true
			c.fromMedia(v)
		}
		if err := t.becomes(&c, l.Item); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(lines, c.same) {
			t.block("package.list", "The list names %s %s twice.", quoted(c.Name), c.Label)
		}
		lines = append(lines, c)
	}
	for _, m := range pushed.Members {
		if len(m.Versions) > 0 && !used[m.Digest.String()] {
			t.block("package.list", "The index has %s as a member, and the list of components does not name it.", m.Versions[0].Title())
		}
	}
	return lines, nil
}

// listed gives the version that a line names, if it is a member.
func listed(members []dml.PushedMember, l manifestLine) *dml.Version {
	for _, m := range members {
		for i := range m.Versions {
			if v := &m.Versions[i]; v.ItemKey == l.Media && v.Label == l.Version && v.Digest.String() == l.Digest && string(v.Kind) == string(l.Kind) {
				return v
			}
		}
	}
	return nil
}

// becomes names the configuration item that a component becomes.
func (t *taking) becomes(c *Component, key string) error {
	if key == "" {
		return nil
	}
	i, err := t.s.catalog.FindItem(t.tx, key)
	if errors.Is(err, fault.NotFound) {
		t.block("package.item", "%s becomes %s, and there is no configuration item with this key.", quoted(c.Name), quoted(key))
		return nil
	}
	if err != nil {
		return err
	}
	c.ItemID, c.ItemKey = i.ID, i.Key
	return nil
}
