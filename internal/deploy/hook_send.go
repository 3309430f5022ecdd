package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/policy"
)

// hander is who hands over. It reports; it never decides.
var hander = identity.System("hand-over to another deployer")

const (
	hookWait   = 20 * time.Second // for the whole answer
	hookAnswer = 500              // bytes of it that are kept
)

// outbox sends messages. It follows no redirect: a signed message goes where a
// person said, and nowhere else.
var outbox = &http.Client{Timeout: hookWait, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// sendMessage sends one message, as far as the wave's state lets it.
func (s *Service) sendMessage(ctx context.Context, args []byte) error {
	var id int64
	if err := json.Unmarshal(args, &id); err != nil {
		return err
	}
	m, url, secret, err := s.takeMessage(ctx, id)
	if err != nil || m == nil {
		return err
	}
	status, answer := deliver(ctx, m, url, secret, s.db.Now().Std())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.onWave(ctx, m, func(d *deed) error {
		m.Status, m.Answer, m.Tries = int64(status), answer, m.Tries+1
		switch {
		case status >= 200 && status < 300:
			m.SentAt, m.NextAt = d.tx.Now, 0
			if err := m.move(MessageSend); err != nil {
				return err
			}
			if err := d.expectReports(m); err != nil {
				return err
			}
			if err := d.record("handover", "", "handed %s of %s over to %s", noun.Count(m.Targets, "target"), d.w.Label(), url); err != nil {
				return err
			}
		case worthwhile(status) && m.Tries < messageTries:
			m.NextAt = d.tx.Now.Add(rest(m.Tries))
			if err := post(d.tx, m); err != nil {
				return err
			}
		default:
			return d.refusedBy(m)
		}
		return save(d.tx, m)
	})
}

// worthwhile tells whether a message may be taken another time.
func worthwhile(status int) bool {
	switch status {
	case 0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}

// takeMessage gives a message that may be sent now, with where and by which
// secret; nil when it may not. From here on its targets count as touched, since
// the other side may act though its answer is lost.
func (s *Service) takeMessage(ctx context.Context, id int64) (m *Message, url, secret string, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		m, err = messageByID(tx, id)
		return err
	})
	if err != nil || m.State != MessageWaiting {
		return nil, "", "", err
	}
	may := false
	err = s.onWave(ctx, m, func(d *deed) error {
		switch m.Purpose {
		case ForBackOut:
			may = d.workable(BackOut) == nil
		default:
			if may, err = d.mayBegin(); err != nil {
				return err
			}
		}
		if !may {
			return nil // it is sent once the wave goes on
		}
		hook, err := hookOf(d.tx, m.EnvironmentID)
		if err != nil {
			return err
		}
		if !hook.Ready() {
			may = false
			m.Answer = "The environment has no address or no secret any more."
			return d.refusedBy(m)
		}
		opened, err := s.tools.Box.Open(hook.Sealed, hook.purpose())
		if err != nil {
			return err
		}
		url, secret = hook.URL, string(opened)
		if m.Purpose != ForDeploy {
			return nil
		}
		to, err := pushMoves.Next("", TargetStaged, TargetDeploy)
		if err != nil {
			return err
		}
		if _, err := handOver(d.tx, m, TargetStaged, to); err != nil {
			return err
		}
		if err := d.recount(); err != nil {
			return err
		}
		return save(d.tx, d.w)
	})
	if err != nil || !may {
		return nil, "", "", err
	}
	return m, url, secret, nil
}

// onWave runs a deed on the wave of a message, in one transaction.
func (s *Service) onWave(ctx context.Context, m *Message, fn func(*deed) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.release.ByID(tx, hander, m.ReleaseID)
		if err != nil {
			return err
		}
		waves, err := wavesOf(tx, r.ID)
		if err != nil {
			return err
		}
		d := &deed{s: s, tx: tx, actor: hander, r: r, waves: waves}
		for i := range waves {
			if waves[i].ID == m.WaveID {
				d.w = &waves[i]
			}
		}
		if d.w == nil {
			return errors.New("the wave of a message is gone")
		}
		s.news.stir(r.ID)
		return fn(d)
	})
}

// deliver posts a message, and gives what was answered; status 0 is none.
func deliver(ctx context.Context, m *Message, url, secret string, now time.Time) (status int, answer string) {
	signature, err := sign(secret, m.MessageID, now, []byte(m.Body))
	if err != nil {
		return 0, err.Error()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(m.Body))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Slipway")
	r.Header.Set("webhook-id", m.MessageID)
	r.Header.Set("webhook-timestamp", fmt.Sprint(now.Unix()))
	r.Header.Set("webhook-signature", signature)
	response, err := outbox.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, hookAnswer)) // what came of it will do
	return response.StatusCode, strings.Map(plainRune, string(text))
}

func plainRune(r rune) rune {
	if r < ' ' || r == '\ufffd' {
		return ' '
	}
	return r
}

// refusedBy says that the other deployer did not take a message: its targets
// failed, since nobody works on them.
func (d *deed) refusedBy(m *Message) error {
	m.NextAt = 0
	if err := m.move(MessageFail); err != nil {
		return err
	}
	if err := save(d.tx, m); err != nil {
		return err
	}
	reason := fmt.Sprintf("The other deployer did not take it: %s (tries: %d)", m.Answer, m.Tries)
	if m.Status > 0 {
		reason = fmt.Sprintf("The other deployer answered %d: %s (tries: %d)", m.Status, m.Answer, m.Tries)
	}
	if m.Purpose == ForBackOut {
		return d.record("backout", reason, "could not hand the back-out of %s over", d.w.Label())
	}
	list, err := addressed(d.tx, m.ID, TargetStaged, TargetDeploying)
	if err != nil {
		return err
	}
	return d.failAll(list, policy.FailUnreachable, reason)
}
