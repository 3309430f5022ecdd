package deploy

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
	"slipway/internal/noun"
	"slipway/internal/release"
)

// ddi is devices that poll and fetch what they are offered.
type ddi struct{ s *Service }

// Name is the method's name on the wave.
func (ddi) Name() string { return MethodDDI }

// Blockers say what devices could not fetch, and which devices could not ask.
func (m ddi) Blockers(tx *db.Tx, r *release.Release, w *Wave) ([]fault.Blocker, error) {
	p, lines, err := m.s.release.CurrentPackage(tx, r)
	if err != nil || p == nil {
		return nil, err
	}
	list, err := m.s.fileBlockers(tx, r, lines)
	if err != nil {
		return nil, err
	}
	n, err := unreachable(tx, w.ID)
	if err != nil || n == 0 {
		return list, err
	}
	settings, err := pullSettings(tx, w.EnvironmentID)
	if err != nil || settings.GatewayHash != "" {
		return list, err
	}
	return append(list, fault.Blocker{Code: "pull.token", Sentence: noun.Count(n, "device") + " of " + w.Label() + " have no token to fetch with, and " + w.EnvironmentName + " has no gateway token.",
		Owner: placeOwner, Link: "/environments/" + w.EnvironmentKey + "#pull", Action: "Make a gateway token"}), nil
}

// fileBlockers say which software devices cannot fetch as a file.
func (s *Service) fileBlockers(tx *db.Tx, r *release.Release, lines []release.Component) ([]fault.Blocker, error) {
	block := func(code, sentence string) fault.Blocker {
		return fault.Blocker{Code: code, Sentence: sentence, Owner: identity.BuildManager.Label(), Link: r.Link("package"), Action: "Open the package"}
	}
	if s.tools.Media == nil {
		return nil, nil
	}
	var list []fault.Blocker
	files := 0
	for _, line := range lines {
		if line.Kind != release.Software {
			continue
		}
		files++
		v, err := s.tools.Media.VersionByID(tx, line.MediaVersionID)
		switch {
		case err != nil && fault.KindOf(err) == fault.NotFound:
			list = append(list, block("pull.file", line.Name+" is not in the media library, so no device can fetch it."))
		case err != nil:
			return nil, err
		case !fetchable(v):
			list = append(list, block("pull.file", v.Title()+" is no single file that devices can fetch by its name."))
		}
	}
	if files == 0 {
		list = append(list, block("pull.file", "The package holds no software for devices to fetch."))
	}
	return list, nil
}

// fetchable tells whether a version is a file with a name that stands in an
// address as it is.
func fetchable(v *dml.Version) bool {
	return v.Manifest != v.Digest && v.FileName != "" && v.FileName != "." && v.FileName != ".." && !strings.ContainsAny(v.FileName, "/\\?#%\x00")
}

// Begin offers the package to every target that waits for it.
func (m ddi) Begin(tx *db.Tx, _ identity.Actor, r *release.Release, w *Wave) error {
	to, err := pullMoves.Next(w.Label(), TargetPending, TargetOffer)
	if err != nil {
		return err
	}
	if _, err := moveAll(tx, w, []TargetState{TargetPending}, to, map[string]any{"attempts": oneAtLeast()}); err != nil {
		return err
	}
	p, err := m.wave(tx, r, w)
	if err != nil {
		return err
	}
	if err := offerAll(tx, w, p); err != nil {
		return err
	}
	tx.AfterCommit(m.s.pulls.forgetAll)
	return watchPulls(tx)
}

// wave gives what the wave's devices are offered; a retry may offer a newer
// package than the start did.
func (m ddi) wave(tx *db.Tx, r *release.Release, w *Wave) (*PullWave, error) {
	pkg, _, err := m.s.release.CurrentPackage(tx, r)
	if err != nil {
		return nil, err
	}
	if pkg == nil {
		return nil, fault.New(fault.Refused, "%s has no package.", r.Key)
	}
	settings, err := pullSettings(tx, w.EnvironmentID)
	if err != nil {
		return nil, err
	}
	p, err := pullWave(tx, w.ID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	if err != nil {
		p = &PullWave{WaveID: w.ID}
	}
	p.LookedAt = tx.Now
	confirm := settings.ConfirmMinutes
	if w.ConfirmMinutes > 0 {
		confirm = w.ConfirmMinutes
	}
	p.PackageID = pkg.ID
	p.ConfirmMS, p.StuckMS = (time.Duration(confirm) * time.Minute).Milliseconds(), (time.Duration(settings.StuckMinutes) * time.Minute).Milliseconds()
	return p, keepPullWave(tx, p)
}

// jobPulls looks after devices that take too long, while there are any.
const (
	jobPulls   = "deploy.pulls"
	pullsEvery = 10 * time.Second
)

// watchPulls puts the next look on the queue, unless it is there.
func watchPulls(tx *db.Tx) error {
	next := tx.Now.Add(pullsEvery)
	turn := fmt.Sprintf("%s.%d", jobPulls, int64(next)/pullsEvery.Milliseconds())
	return jobs.Enqueue(tx, jobPulls, struct{}{}, jobs.UniqueKey(turn), jobs.RunAt(next))
}
