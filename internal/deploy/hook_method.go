package deploy

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
	"slipway/internal/release"
)

// handover asks another deployer for what it is to do, and takes its reports
// back. It decides nothing there, and nothing is decided by it here.
type handover struct{ s *Service }

// Name is the method's name on the wave.
func (handover) Name() string { return MethodHook }

// Blockers asks for an address and a secret.
func (h handover) Blockers(tx *db.Tx, _ *release.Release, w *Wave) ([]fault.Blocker, error) {
	if w.EnvironmentID == 0 {
		return nil, nil
	}
	hook, err := hookOf(tx, w.EnvironmentID)
	if err != nil || hook.Ready() {
		return nil, err
	}
	return []fault.Blocker{{Code: "hook.ready", Sentence: w.EnvironmentName + " has no other deployer with an address and a secret.", Owner: placeOwner, Link: environmentLink(w.EnvironmentKey) + "#hook", Action: "Open its deployer"}}, nil
}

// Begin writes messages for all targets that wait, and has them sent.
func (h handover) Begin(tx *db.Tx, _ identity.Actor, r *release.Release, w *Wave) error {
	return h.ask(tx, r, w, ForDeploy)
}

// Back asks for every target that was touched to be put back.
func (h handover) Back(tx *db.Tx, _ identity.Actor, r *release.Release, w *Wave) error {
	return h.ask(tx, r, w, ForBackOut)
}

func (h handover) ask(tx *db.Tx, r *release.Release, w *Wave, purpose string) error {
	states, touched := []TargetState{TargetStaged}, false
	if purpose == ForBackOut {
		states, touched = reaching("push", TargetRollBack), true
	}
	base := asking{Type: askDeploy, Timestamp: tx.Now.Std(), Data: askedOf{Release: r.Key, Title: r.Title, Wave: w.Number, WaveName: w.Name, Environment: w.EnvironmentKey,
		Package: fmt.Sprintf("v%d", w.PackageVersion), Digest: w.PackageDigest, Callback: h.s.callback(w)}}
	if purpose == ForBackOut {
		base.Type = askBackOut
	}
	var err error
	if base.Data.Components, err = h.s.parts(tx, r); err != nil {
		return err
	}
	for {
		m := &Message{WaveID: w.ID, ReleaseID: r.ID, EnvironmentID: w.EnvironmentID, MessageID: "msg_" + rand.Text(), Purpose: purpose, State: MessageWaiting}
		if err := insert(tx, m); err != nil {
			return err
		}
		n, err := address(tx, m, states, touched, messageTargets)
		if err != nil {
			return err
		}
		if n == 0 {
			if err := dropMessage(tx, m.ID); err != nil {
				return err
			}
			break
		}
		if err := write(tx, m, base); err != nil {
			return err
		}
		if n < messageTargets {
			break
		}
	}
	list, err := waitingMessages(tx, w.ID)
	if err != nil {
		return err
	}
	for i := range list {
		if err := post(tx, &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// write puts the targets of a message into its body.
func write(tx *db.Tx, m *Message, body asking) error {
	list, err := addressed(tx, m.ID)
	if err != nil {
		return err
	}
	body.Data.Targets = make([]askedPlace, len(list))
	for i, t := range list {
		body.Data.Targets[i] = askedPlace{Key: t.TargetKey, Name: t.TargetName, Attempt: t.Attempts, Former: t.FormerDigest}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	m.Body, m.Targets = string(text), int64(len(list))
	return save(tx, m)
}

// parts gives the media of the package.
func (s *Service) parts(tx *db.Tx, r *release.Release) ([]askedPart, error) {
	_, lines, err := s.release.CurrentPackage(tx, r)
	if err != nil {
		return nil, err
	}
	list := []askedPart{}
	for _, line := range lines {
		part := askedPart{Kind: string(line.Kind), Name: line.Name, Version: line.Label, Digest: line.Digest}
		if line.Kind.Media() && line.MediaVersionID != 0 {
			part.File = fmt.Sprintf("%s/api/v1/media/%d/file", strings.TrimRight(s.tools.URL, "/"), line.MediaVersionID)
		}
		list = append(list, part)
	}
	return list, nil
}

// callback is where results are reported.
func (s *Service) callback(w *Wave) string {
	return fmt.Sprintf("%s/api/v1/releases/%s/waves/%d/results", strings.TrimRight(s.tools.URL, "/"), w.ReleaseKey, w.Number)
}

// hookJob is the kind of the jobs that send messages.
const hookJob = "deploy.hook"

// hookWorkers is how many messages a server sends at once.
const hookWorkers = 4

// post has a message sent once its time comes. Each try is a job of its own.
func post(tx *db.Tx, m *Message) error {
	options := []jobs.Option{jobs.UniqueKey(fmt.Sprintf("%s/%d/%d", hookJob, m.ID, m.Tries))}
	if !m.NextAt.IsZero() {
		options = append(options, jobs.RunAt(m.NextAt))
	}
	return jobs.Enqueue(tx, hookJob, m.ID, options...)
}
