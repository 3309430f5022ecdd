package dml

import (
	"context"
	"fmt"
	"path"
	"strings"

	"slipway/internal/noun"
)

// What an archive may unpack to: so many times its size, once it is that large.
const (
	maxRatio  = 200
	ratioFrom = 16 << 20
)

// maxDangers bounds how many dangers are named.
const maxDangers = 5

// lookedInto is what the archives of a version hold, for its check.
type lookedInto struct {
	archives, members int
	dangers, notes    []string
}

// lookIntoArchives looks into the archives among the parts. The layers of an image are
// none: a runtime unpacks them into a root of their own, where absolute links and
// devices have their place.
func (s *Service) lookIntoArchives(ctx context.Context, v *Version) (lookedInto, error) {
	parts, err := s.parts(ctx, v)
	if err != nil {
		return lookedInto{}, err
	}
	plain := parts[:0:0]
	for _, p := range parts {
		if !p.layer {
			plain = append(plain, p)
		}
	}
	l, notes, err := s.lookAtAll(ctx, plain)
	if err != nil {
		return lookedInto{}, err
	}
	return lookedInto{l.archives, len(l.found) + len(l.nested.found), append(l.dangers, l.nested.dangers...), append(notes, l.notes...)}, nil
}

// judgeArchives says whether it is safe to unpack the version; nothing for one
// that is no archive.
func judgeArchives(f lookedInto) []Check {
	if f.archives == 0 {
		return nil
	}
	c := Check{Code: "archive", Title: "Safe to unpack", Verdict: Met, Detail: noun.Count(f.members, "member") + "; none leaves its place, is a device or unpacks to far more than its size."}
	switch {
	case len(f.dangers) > 0:
		c.Verdict, c.Detail = Unmet, strings.Join(f.dangers[:min(len(f.dangers), maxDangers)], " ")
		if more := len(f.dangers) - maxDangers; more > 0 {
			c.Detail += fmt.Sprintf(" And %d more.", more)
		}
	case len(f.notes) > 0:
		c.Verdict, c.Detail = Unknown, strings.Join(f.notes, " ")
	}
	return []Check{c}
}

// outside tells whether a name leads out of where an archive is unpacked to.
func outside(name string) bool {
	name = path.Clean(slashed(name))
	return absolute(name) || name == ".." || strings.HasPrefix(name, "../")
}

// absolute tells a name that begins at a root or a drive.
func absolute(name string) bool {
	return path.IsAbs(slashed(name)) || len(name) > 1 && name[1] == ':'
}

func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

// name judges where a member would be written.
func (l *lookInto) name(name string) {
	if outside(name) {
		l.danger("%s would be written outside.", name)
	}
}

// link judges where a link would lead.
func (l *lookInto) link(name, to string) {
	if absolute(to) || outside(path.Join(path.Dir(slashed(name)), slashed(to))) {
		l.danger("%s is a link to outside.", name)
	}
}

func (l *lookInto) danger(format, name string) {
	l.dangers = append(l.dangers, fmt.Sprintf(format, clipped(l.within+name)))
}

// ratio judges what came out of an archive.
func (l *lookInto) ratio(p part, unpacked int64) {
	if unpacked >= ratioFrom && unpacked/max(p.size, 1) > maxRatio {
		l.dangers = append(l.dangers, fmt.Sprintf("%s unpacks to more than %d times its size.", clipped(p.name), maxRatio))
	}
}
