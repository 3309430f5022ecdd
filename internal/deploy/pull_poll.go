package deploy

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// Polled is the answer to a poll: at most one of Deployment, Cancel and
// Confirmation, by the number of its action.
type Polled struct {
	Sleep        string // HH:MM:SS until the next poll
	Deployment   int64
	Cancel       int64
	Confirmation int64
	Installed    int64
	Tag          int64 // changes whenever the deployment does
	Config       bool  // its attributes are wanted
	AutoConfirm  bool
}

// Poll tells a device what there is for it. Nothing is read from the database
// unless something changed.
func (s *Service) Poll(ctx context.Context, dev *Device) (Polled, error) {
	k := dev.known
	settings, err := s.pulls.settingsOf(ctx, k.environmentID)
	if err != nil {
		return Polled{}, err
	}
	p := Polled{Sleep: jittered(settings.PollSeconds), Installed: k.done, Config: k.wantsConfig, AutoConfirm: k.autoConfirm}
	for i := range k.open {
		a := &k.open[i]
		o, err := s.offer(ctx, k, a)
		if err != nil {
			return Polled{}, err
		}
		switch o {
		case offersCancel: // which goes before anything else
			p.Deployment, p.Confirmation, p.Cancel = 0, 0, a.ID
			return p, nil
		case offersDeployment:
			if p.Deployment == 0 && p.Confirmation == 0 {
				p.Deployment, p.Tag = a.ID, a.tag()
			}
		case offersConfirmation:
			if p.Deployment == 0 && p.Confirmation == 0 {
				p.Confirmation, p.Tag = a.ID, a.tag()
			}
		}
	}
	return p, nil
}

// tag changes with what a device must notice of an action.
func (a *openAction) tag() int64 { return a.Attempt*10 + int64(len(a.Consent)) }

// jittered spreads the polls of devices that were started together.
func jittered(seconds int64) string {
	if tenth := seconds / 10; tenth > 0 {
		seconds += rand.Int64N(2*tenth+1) - tenth
	}
	return sleepWords(time.Duration(seconds) * time.Second)
}

// offered is what a device gets to hear of one of its actions.
type offered int

const (
	offersNothing offered = iota
	offersDeployment
	offersConfirmation
	offersCancel
)

// stopped are the states of a target whose device is told to stop.
var stopped = []TargetState{TargetExcluded, TargetFailed, TargetRolledBack}

// stops are the states of a wave that stops those who fetch.
var stops = []WaveState{WaveFailed, WaveRemediating, WaveRolledBack}

// offer decides what a device gets to hear of an action: what nobody fetched is
// withheld unless the wave hands out; what was fetched goes on, also while the
// wave is paused, unless it is stopped or the release's package is another by
// now; what was installed is only awaited.
func (s *Service) offer(ctx context.Context, k *knownDevice, a *openAction) (offered, error) {
	g, err := s.pulls.gate(ctx, a.WaveID)
	if err != nil {
		return offersNothing, err
	}
	return decideOffer(a, g.wave, g.open && !k.retired, g.replaced), nil
}

func decideOffer(a *openAction, wave WaveState, open, replaced bool) offered {
	if a.Purpose == ForBackOut {
		return offersBack(a, wave)
	}
	fetched, installed := !a.TakenAt.IsZero(), !a.InstalledAt.IsZero()
	ended := replaced || slices.Contains(stopped, a.TargetState) || slices.Contains(stops, wave)
	switch {
	case !fetched && (ended || !open || a.TargetState == TargetVerified):
		return offersNothing
	case fetched && !installed && ended && !a.Refused:
		return offersCancel
	case !fetched && (a.Consent == ConsentAsked || a.Consent == ConsentDenied):
		return offersConfirmation
	}
	return offersDeployment
}
