package deploy

import (
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// sight tells of each release, once looked up, whether the actor sees it.
func (s *Service) sight(tx *db.Tx, actor identity.Actor) func(releaseID int64) (bool, error) {
	known := map[int64]bool{}
	return func(id int64) (bool, error) {
		if shown, ok := known[id]; ok {
			return shown, nil
		}
		_, err := s.release.ByID(tx, actor, id)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return false, err
		}
		known[id] = err == nil
		return known[id], nil
	}
}

// veil covers the names of releases that an actor does not see. A target that
// several releases reached tells of one on the pages of another, and a version
// is often named after its release. Digests stay to be seen.
type veil struct {
	s     *Service
	tx    *db.Tx
	actor identity.Actor
	known map[string]bool
}

func (s *Service) veil(tx *db.Tx, actor identity.Actor) *veil {
	return &veil{s, tx, actor, map[string]bool{"": false}}
}

// hides tells whether a text is the key of a release out of sight.
func (v *veil) hides(text string) (bool, error) {
	if hidden, looked := v.known[text]; looked {
		return hidden, nil
	}
	_, err := v.s.release.FindIn(v.tx, v.actor, text)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return false, err
	}
	hidden := false
	if err != nil {
		if hidden, err = releaseNamed(v.tx, text); err != nil {
			return false, err
		}
	}
	v.known[text] = hidden
	return hidden, nil
}

// cover blanks a release out of sight with the version that it brought.
func (v *veil) cover(release, version *string) error {
	hidden, err := v.hides(*release)
	if err == nil && !hidden {
		hidden, err = v.hides(*version)
	}
	if hidden {
		*release, *version = "", ""
	}
	return err
}

func (v *veil) target(t *Target) error {
	if err := v.cover(&t.InstalledRelease, &t.InstalledVersion); err != nil {
		return err
	}
	if err := v.cover(new(string), &t.ReportedVersion); err != nil {
		return err
	}
	return v.cover(&t.FormerRelease, &t.FormerVersion)
}

// waveTarget covers what ran before; after a back-out that runs again.
func (v *veil) waveTarget(t *WaveTarget) error {
	former := t.FormerVersion
	err := v.cover(&t.FormerRelease, &t.FormerVersion)
	if t.FormerVersion != former && t.InstalledVersion == former {
		t.InstalledVersion = ""
	}
	return err
}
