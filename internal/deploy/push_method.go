package deploy

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
	"slipway/internal/noun"
	"slipway/internal/release"
)

// push is deployment over SSH: the package's files are staged on every host of a
// wave and the commands of the wave's steps are run there.
type push struct{ s *Service }

// Name is the method's name on the wave.
func (push) Name() string { return MethodSSH }

// Blockers lists what is missing before hosts can be reached and worked on.
func (p push) Blockers(tx *db.Tx, r *release.Release, w *Wave) ([]fault.Blocker, error) {
	d := &deed{s: p.s, tx: tx, r: r, w: w}
	steps, err := stepsOf(tx, w.ID)
	if err != nil {
		return nil, err
	}
	var list []fault.Blocker
	for _, kind := range StepKinds() {
		if len(commands(steps, kind)) == 0 {
			b := d.block("ssh."+string(kind), "Open the run sheet", "%s has no %s command to run on its hosts.", w.Label(), kind)
			b.Link = w.RunLink()
			list = append(list, b)
		}
	}
	if w.EnvironmentID == 0 {
		return list, nil
	}
	keys, err := envKeys(tx, w.EnvironmentID)
	if err != nil {
		return nil, err
	}
	if len(live(keys)) == 0 {
		list = append(list, fault.Blocker{Code: "ssh.key", Sentence: w.EnvironmentName + " has no SSH key.", Owner: placeOwner, Link: environmentLink(w.EnvironmentKey) + "#ssh", Action: "Make a key"})
	}
	n, first, err := p.unreachable(tx, r, w)
	if err != nil || n == 0 {
		return list, err
	}
	sentence := fmt.Sprintf("%s has no address, or no host key that somebody accepted.", first)
	if n > 1 {
		sentence = fmt.Sprintf("%s and %s have no address, or no host key that somebody accepted.", first, noun.Count(n-1, "other"))
	}
	return append(list, fault.Blocker{Code: "ssh.host", Sentence: sentence, Owner: placeOwner, Link: environmentLink(w.EnvironmentKey) + "/hosts", Action: "Open the hosts"}), nil
}

// unreachable counts the targets that the wave has, or would take, without a
// host that is known.
func (p push) unreachable(tx *db.Tx, r *release.Release, w *Wave) (int64, string, error) {
	if w.State != WavePlanned && w.State != WaveNoGo {
		return hostless(frozen(tx, w))
	}
	waves, err := wavesOf(tx, r.ID)
	if err != nil {
		return 0, "", err
	}
	filter, err := w.choice()
	if err != nil {
		return 0, "", nil // which the wave's own blockers say
	}
	q, err := takes(tx, w, filter, (&deed{waves: waves, w: w}).earlier())
	if err != nil {
		return 0, "", err
	}
	return hostless(q)
}

// Begin queues a run for every target that waits.
func (p push) Begin(tx *db.Tx, _ identity.Actor, _ *release.Release, w *Wave) error {
	if err := queueRuns(tx, w); err != nil {
		return err
	}
	return employ(tx, w)
}

// Back withdraws what was not begun, and queues the back-out of every target
// that was touched.
func (p push) Back(tx *db.Tx, _ identity.Actor, _ *release.Release, w *Wave) error {
	if err := withdrawWaiting(tx, w, ForDeploy, "The wave is backed out."); err != nil {
		return err
	}
	if _, err := queueBackOuts(tx, w); err != nil {
		return err
	}
	return employ(tx, w)
}

// pushJob is the kind of the jobs that work on hosts.
const pushJob = "deploy.ssh"

// pushWorkers is how many hosts one server works on at once, in all waves.
const pushWorkers = 16

// turn is one job: it carries out runs of a wave, one after the other, until
// none waits. Holder marks the run that it has in hand.
type turn struct {
	Wave   int64
	Holder string
}

// employ enqueues as many jobs as hosts are worked on at once, or fewer where
// less waits. What they do once there is nothing to do is end.
func employ(tx *db.Tx, w *Wave) error {
	waiting, err := countRuns(tx, w.ID, RunWaiting)
	if err != nil {
		return err
	}
	for i := range min(waiting, w.AtOnce()) {
		if err := hire(tx, turn{Wave: w.ID, Holder: fmt.Sprintf("ssh/%d/%d/%d", w.ID, w.Version, i)}); err != nil {
			return err
		}
	}
	return nil
}

func hire(tx *db.Tx, t turn) error { return jobs.Enqueue(tx, pushJob, t, jobs.UniqueKey(t.Holder)) }

// rehire puts work back on the queue that a job left when it died for good.
func (s *Service) rehire(ctx context.Context) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		list, err := openRuns(tx)
		if err != nil {
			return err
		}
		for _, r := range list {
			holder := r.Holder
			if holder == "" {
				holder = "ssh/" + strconv.FormatInt(r.WaveID, 10) + "/again"
			}
			if err := hire(tx, turn{Wave: r.WaveID, Holder: holder}); err != nil {
				return err
			}
		}
		messages, err := openMessages(tx)
		for i := range messages {
			err = errors.Join(err, post(tx, &messages[i]))
		}
		return err
	})
}
