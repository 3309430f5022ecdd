package deploy

import (
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// The methods, as waves and environments name them.
const (
	MethodManual = "manual"  // people with a run sheet
	MethodSSH    = "ssh"     // pushed to hosts over SSH
	MethodDDI    = "ddi"     // fetched by devices over Direct Device Integration
	MethodHook   = "webhook" // handed over to another deployer
)

// Methods lists the methods by machine, each with the delivery that it is.
func Methods() []string { return []string{MethodSSH, MethodDDI, MethodHook} }

// MethodLabel says in words how a wave is carried out.
func MethodLabel(method string) string {
	switch method {
	case MethodSSH:
		return "pushed over SSH"
	case MethodDDI:
		return "fetched by the devices"
	case MethodHook:
		return "handed over to another deployer"
	}
	return "by people with a run sheet"
}

// Method carries a wave out on its targets. A method looks at the states of the
// wave and its release before each thing that it begins or hands out, so that
// a pause withholds whatever has not begun.
type Method interface {
	Name() string
	// Blockers lists what the method itself lacks to carry the wave out. It is
	// asked before ready, go and start.
	Blockers(tx *db.Tx, r *release.Release, w *Wave) ([]fault.Blocker, error)
	// Begin begins every target that waits: all of them at the start, the failed
	// ones at a retry, what was withheld after a pause. It is called in the
	// transaction of the deed and may be called again; whatever talks to machines
	// is a job that is enqueued there.
	Begin(tx *db.Tx, actor identity.Actor, r *release.Release, w *Wave) error
	// Back begins to put back every target that was touched, once the back-out
	// is decided.
	Back(tx *db.Tx, actor identity.Actor, r *release.Release, w *Wave) error
}

// fits tells whether a method can carry out a release of the approach.
func fits(method string, a release.Approach) bool {
	switch {
	case method == MethodManual:
		return true
	case a.Execution != "automated":
		return false
	case method == MethodDDI:
		return a.Delivery == "pull"
	}
	return a.Delivery == "push" && slices.Contains(Methods(), method)
}

// MethodsFor lists the methods that can carry out waves of the approach.
func MethodsFor(a release.Approach) []string {
	return slices.DeleteFunc(append([]string{MethodManual}, Methods()...), func(m string) bool { return !fits(m, a) })
}

// methodIn is the method of a wave in an environment unless a person chooses
// another: the environment's machines where they fit, else people.
func methodIn(e *Environment, a release.Approach) string {
	if e != nil && e.Method != "" && fits(e.Method, a) {
		return e.Method
	}
	return MethodManual
}

// ByMachine tells whether machines carry the wave out.
func (w *Wave) ByMachine() bool { return slices.Contains(Methods(), w.Method) }

// byMachine tells whether a machine carries the step out, on each target.
func (s *Step) byMachine(w *Wave) bool { return w.Method == MethodSSH && s.Command != "" }

// handwork gives the steps that people carry out.
func handwork(w *Wave, steps []Step) []Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return s.byMachine(w) })
}

// manual is people with a run sheet: starting it begins every target.
type manual struct{}

// Name is the method's name on the wave.
func (manual) Name() string { return MethodManual }

// Blockers has nothing to add: steps and staff are asked for by the wave.
func (manual) Blockers(*db.Tx, *release.Release, *Wave) ([]fault.Blocker, error) { return nil, nil }

// Begin begins all targets at once: people work through the run sheet.
func (manual) Begin(tx *db.Tx, _ identity.Actor, r *release.Release, w *Wave) error {
	from, verb := TargetStaged, TargetDeploy
	if r.Approach.Delivery == "pull" {
		from, verb = TargetPending, TargetOffer
	}
	to, err := movesFor(r.Approach.Delivery).Next(w.Label(), from, verb)
	if err != nil {
		return err
	}
	_, err = moveAll(tx, w, []TargetState{from}, to, map[string]any{"touched": true, "attempts": oneAtLeast()})
	return err
}

// Back has nothing to begin: the back-out steps become claimable.
func (manual) Back(*db.Tx, identity.Actor, *release.Release, *Wave) error { return nil }

func known(methods ...Method) map[string]Method {
	byName := map[string]Method{}
	for _, m := range methods {
		byName[m.Name()] = m
	}
	return byName
}

// method gives the method that the wave names. Waves that name none are carried
// out by hand, from the same run sheet.
func (d *deed) method() Method {
	if m, ok := d.s.methods[d.w.Method]; ok {
		return m
	}
	return d.s.methods[MethodManual]
}
