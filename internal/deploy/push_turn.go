package deploy

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy/ssh"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/state"
)

// pusher is who acts on hosts. It reports; it never decides.
var pusher = identity.System("deployment over SSH")

// takeTurn carries out runs of a wave until none waits that may begin.
func (s *Service) takeTurn(ctx context.Context, args []byte) error {
	var t turn
	if err := json.Unmarshal(args, &t); err != nil {
		return err
	}
	for ctx.Err() == nil {
		c, err := s.nextRun(ctx, t)
		if err != nil || c == nil {
			return err
		}
		if err := c.carryOut(ctx); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// nextRun gives the run that the turn has in hand, else the one that has waited
// longest and may begin; nil when there is none. As many go at once as the wave
// says.
func (s *Service) nextRun(ctx context.Context, t turn) (c *carrier, err error) {
	return c, s.db.InTx(ctx, func(tx *db.Tx) error {
		for {
			run, err := heldRun(tx, t.Wave, t.Holder)
			if err != nil {
				return err
			}
			if run == nil {
				if run, err = s.begin1(tx, t); err != nil || run == nil {
					return err
				}
			}
			if c, err = s.carrier(tx, run); err != nil || c != nil {
				return err
			}
		}
	})
}

// begin1 begins a run that waits, as far as the wave may begin anything.
func (s *Service) begin1(tx *db.Tx, t turn) (*Run, error) {
	d, err := s.deedOn(tx, pusher, t.Wave)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	w, purpose := d.w, ForDeploy
	if w.State == WaveRemediating && !w.BackOutAt.IsZero() {
		purpose = ForBackOut
	}
	going, err := countRuns(tx, w.ID, RunGoing)
	if err != nil || going >= w.AtOnce() {
		return nil, err
	}
	run, err := waitingRun(tx, w.ID, purpose)
	if err != nil || run == nil {
		return nil, err
	}
	if purpose == ForDeploy {
		if may, err := d.mayBegin(); err != nil || !may {
			return nil, err
		}
	}
	if err := run.move(RunBegin); err != nil {
		return nil, err
	}
	run.Holder = t.Holder
	if run.StartedAt.IsZero() {
		run.StartedAt, run.Once = tx.Now, rand.Text()
	}
	s.news.stir(w.ReleaseID)
	return run, save(tx, run)
}

// carrier is a run with all that it is carried out with.
type carrier struct {
	s       *Service
	run     *Run
	stored  Run // as it was saved last
	release *release.Release
	wave    *Wave
	target  *WaveTarget
	host    *Host
	keys    [][]byte
	sealed  error // why the keys cannot be opened
	steps   []Step
	files   []staged
	env     map[string]string
	earlier []Run // on this target, the newest first

	conn   *ssh.Conn
	folder *ssh.Folder
}

// staged is a file of the package under the name that it has on hosts.
type staged struct {
	Name, Digest string
	VersionID    int64
	Size         int64
}

// carrier gathers what a run needs. A run whose target has moved on meanwhile is
// withdrawn, and there is none.
func (s *Service) carrier(tx *db.Tx, run *Run) (*carrier, error) {
	c := &carrier{s: s, run: run, stored: *run}
	var err error
	if c.target, err = waveTargetByID(tx, run.WaveTargetID); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil, withdraw(tx, run, "The wave was planned anew.")
		}
		return nil, err
	}
	if run.Purpose == ForDeploy && !slices.Contains([]TargetState{TargetStaged, TargetDeploying, TargetVerifying}, c.target.State) {
		return nil, withdraw(tx, run, fmt.Sprintf("The target is %s by another's word.", state.Word(c.target.State)))
	}
	if run.Purpose == ForBackOut && (c.target.State == TargetRolledBack || c.target.State == TargetExcluded) {
		return nil, withdraw(tx, run, fmt.Sprintf("The target is %s by another's word.", state.Word(c.target.State)))
	}
	waves, err := wavesByID(tx, []int64{run.WaveID})
	if err != nil {
		return nil, err
	}
	c.wave = &waves[0]
	if c.release, err = s.release.ByID(tx, pusher, run.ReleaseID); err != nil {
		return nil, err
	}
	if c.host, err = hostOf(tx, run.TargetID); err != nil {
		return nil, err
	}
	if c.steps, err = stepsOf(tx, run.WaveID); err != nil {
		return nil, err
	}
	if c.earlier, err = runsOf(tx, run.WaveTargetID); err != nil {
		return nil, err
	}
	if c.files, err = s.packaged(tx, c.release); err != nil {
		return nil, err
	}
	c.keys, c.sealed = s.privateKeys(tx, c.wave.EnvironmentID)
	c.describe()
	return c, nil
}

func withdraw(tx *db.Tx, run *Run, reason string) error {
	if err := run.move(RunWithdraw); err != nil {
		return err
	}
	run.Reason, run.EndedAt = reason, tx.Now
	return save(tx, run)
}

// packaged gives the software of the signed package as files.
func (s *Service) packaged(tx *db.Tx, r *release.Release) ([]staged, error) {
	_, lines, err := s.release.CurrentPackage(tx, r)
	if err != nil {
		return nil, err
	}
	var list []staged
	var names []string
	for _, line := range lines {
		if line.Kind != release.Software || line.MediaVersionID == 0 {
			continue
		}
		v, err := s.tools.Media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return nil, err
		}
		list = append(list, staged{Digest: line.Digest, VersionID: v.ID, Size: v.Size})
		names = append(names, v.FileName)
	}
	for i, name := range ssh.Names(names) {
		list[i].Name = name
	}
	return list, nil
}

// trouble is a failure of the host, or of what is done there. Anything else is a
// failure of this server, after which the run goes on where it was.
type trouble struct {
	cause error
	again bool   // the connection alone failed, so it is worth another try
	class string // of failure; empty is another
}

func (t *trouble) Error() string { return t.cause.Error() }

// Unwrap gives the cause.
func (t *trouble) Unwrap() error { return t.cause }

func failed(format string, args ...any) error { return failedAs(policy.FailOther, format, args...) }

// failedAs is a failure of a class that the wave's plan may try again.
func failedAs(class, format string, args ...any) error {
	return &trouble{cause: fmt.Errorf(format, args...), class: class}
}

// dropped is a failure of the connection.
func dropped(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return &trouble{cause: err, again: true}
}

// errWithheld says that the wave may begin nothing now.
var errWithheld = errors.New("withheld")

// tries is how often in a row a host is connected to before it counts as gone.
const tries = 3

// carryOut carries a run to its end, over connections that break. It ends with
// an error only where the run is to be taken up again from its stage.
func (c *carrier) carryOut(ctx context.Context) error {
	var err error
	best := slices.Index(stages, c.run.Stage)
	for try := 1; ; try++ {
		if c.run.Purpose == ForBackOut {
			err = c.putBack(ctx)
		} else {
			err = c.deploy(ctx)
		}
		c.hangUp()
		var t *trouble
		if ctx.Err() != nil || !errors.As(err, &t) || !t.again {
			break
		}
		if reached := slices.Index(stages, c.run.Stage); reached > best {
			try, best = 1, reached // it came further, so the host is there
		}
		if try >= tries {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(try) * c.s.tools.Retry):
		}
	}
	var t *trouble
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		return nil
	case errors.Is(err, errWithheld):
		return c.withhold(ctx)
	case errors.As(err, &t):
		return c.fail(ctx, t)
	}
	return err
}

func (c *carrier) hangUp() {
	if c.folder != nil {
		_ = c.folder.Close()
	}
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.folder, c.conn = nil, nil
}

// update saves the run in a transaction of its own.
func (c *carrier) update(ctx context.Context, change func(tx *db.Tx) error) error {
	return c.kept(c.s.db.InTx(ctx, func(tx *db.Tx) error {
		c.s.news.stir(c.run.ReleaseID)
		if err := change(tx); err != nil {
			return err
		}
		return save(tx, c.run)
	}))
}

// tell runs a deed on the target of the run.
func (c *carrier) tell(ctx context.Context, fn func(*deed, *WaveTarget) error) error {
	return c.kept(c.s.onTarget(ctx, pusher, c.run.WaveTargetID, fn))
}

// kept brings the run in step with what is stored: as it is where the
// transaction was kept, as it was where it was not.
func (c *carrier) kept(err error) error {
	if err == nil {
		c.stored = *c.run
	} else {
		*c.run = c.stored
	}
	return err
}

func (c *carrier) enter(ctx context.Context, stage string) error {
	if c.run.Stage == stage {
		return nil
	}
	return c.update(ctx, func(*db.Tx) error { c.run.Stage = stage; return nil })
}

// withhold puts the run back: nothing on the host was changed yet.
func (c *carrier) withhold(ctx context.Context) error {
	return c.update(ctx, func(*db.Tx) error {
		c.run.Holder = ""
		return c.run.move(RunWithhold)
	})
}
