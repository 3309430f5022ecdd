package deploy

import (
	"strings"
)

// limited tells whether the wave takes only a part of what its filter matches.
func (w *Wave) limited() bool { return w.TakeCount > 0 || w.TakePercent > 0 }

// limit is how many of so many targets left the wave takes.
func (w *Wave) limit(left int64) int64 {
	if w.TakePercent > 0 {
		return ceilPercent(w.TakePercent, left)
	}
	return min(w.TakeCount, left)
}

// choice is what the wave's filter and its hand-picked targets choose.
func (w *Wave) choice() (Filter, error) {
	f, err := ParseFilter(w.Filter)
	keys := strings.Fields(w.Picked)
	if err != nil || len(keys) == 0 {
		return f, err
	}
	picked := term{condition: condition{name: "key", op: equal}}
	for _, key := range keys {
		picked.values = append(picked.values, plain(key))
	}
	if f.Empty() {
		return Filter{&picked}, nil
	}
	return Filter{&term{join: "and", of: []term{*f.top, picked}}}, nil
}

// installed is what targets run, with the release that brought it.
type installed struct {
	InstalledRelease, InstalledDigest string
	ServiceID                         int64 // of that release
}

// part is a component of some package: what it is, and in which version.
type part struct{ Name, Label, Digest string }

// newer tells whether it is newer than what a release brings: a later release of
// the same service, or, where no release is known, a later version of a
// component that the package holds too. What cannot be compared is not newer.
func (i installed) newer(w *Wave, known, brings []part) bool {
	if i.InstalledRelease != "" {
		return i.ServiceID == w.ServiceID && rank(i.InstalledRelease) > rank(w.ReleaseKey)
	}
	for _, runs := range known {
		for _, ours := range brings {
			if runs.Digest == i.InstalledDigest && runs.Name == ours.Name && versionLike(runs.Label) && versionLike(ours.Label) && rank(runs.Label) > rank(ours.Label) {
				return true
			}
		}
	}
	return false
}

// versionLike tells whether a text begins as versions do.
func versionLike(text string) bool {
	text = strings.TrimPrefix(tidy(text), "v")
	return text != "" && text[0] >= '0' && text[0] <= '9'
}
