package deploy_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// deployer is another deployer: it keeps what it was asked, and answers as told.
type deployer struct {
	*httptest.Server
	mu     sync.Mutex
	answer int
	asked  []map[string]any
	ids    []string
}

// hookWorld is a world whose first wave is handed over.
type hookWorld struct {
	*world
	other  *deployer
	secret string
	runner *jobs.Runner
}

func newHook(t *testing.T) *hookWorld {
	t.Helper()
	w := &hookWorld{world: newWorld(t, automated), other: &deployer{answer: http.StatusAccepted}}
	w.svc.Equip(deploy.Tools{Box: pushBox, Media: w.media, URL: "https://slipway.example"})
	w.other.Server = httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(w.other.Close)
	w.runner = jobs.NewRunner(w.d, slog.New(slog.DiscardHandler))
	w.svc.Jobs(w.runner)
	w.set(&deploy.Wave{}, "method", deploy.MethodHook)
	w.must(w.svc.EditHook(ctx, w.maya, "production", 0, deploy.HookDraft{URL: w.other.URL + "/deploy", ReplyMinutes: 90}))
	var err error
	w.secret, err = w.svc.RotateSecret(ctx, w.maya, "production")
	w.must(err)
	return w
}

// receive checks a message as Standard Webhooks says.
func (w *hookWorld) receive(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(w.secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
	if got := r.Header.Get("webhook-signature"); got != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) || len(key) != 32 || r.Header.Get("webhook-id") == "" {
		w.t.Errorf("the signature is %q", got)
	}
	var one map[string]any
	if err := json.Unmarshal(body, &one); err != nil {
		w.t.Errorf("%s: %v", body, err)
	}
	w.other.mu.Lock()
	defer w.other.mu.Unlock()
	w.other.asked, w.other.ids = append(w.other.asked, one), append(w.other.ids, r.Header.Get("webhook-id"))
	out.WriteHeader(w.other.answer)
	fmt.Fprint(out, "said\nthe deployer")
}

func (w *hookWorld) launch(n int64) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error { return tx.Gorm().Exec("DELETE FROM wave_steps").Error })
	w.must(w.svc.ReadyWave(ctx, w.maya, w.key, n, w.wave(n).Version))
	w.must(w.goFor(n))
	w.must(w.startIt(n))
}

func (w *hookWorld) work() {
	w.t.Helper()
	for {
		worked, err := w.runner.Step(ctx)
		w.must(err)
		if !worked {
			return
		}
	}
}

func (w *hookWorld) report(once string, results ...deploy.Result) (*deploy.TakenResults, error) {
	return w.svc.TakeResults(ctx, w.machine, w.key, 1, once, results)
}

func TestWaveIsHandedOverAndReportedBack(t *testing.T) {
	w := newHook(t)
	w.shelve(body)
	w.launch(1)
	w.work()
	w.is(1, "osl-1", deploy.TargetDeploying)
	if len(w.other.asked) != 1 {
		t.Fatalf("asked %d times", len(w.other.asked))
	}
	data := w.other.asked[0]["data"].(map[string]any)
	targets := data["targets"].([]any)
	if w.other.asked[0]["type"] != "deployment.requested" || data["release"] != w.key || data["digest"] != signed || len(targets) != 2 || targets[0].(map[string]any)["key"] != "osl-1" ||
		data["callback"] != "https://slipway.example/api/v1/releases/"+w.key+"/waves/1/results" || len(data["components"].([]any)) != 1 {
		t.Errorf("asked %v", w.other.asked[0])
	}
	answer, err := w.report("one", deploy.Result{Target: "osl-1", Outcome: "verified", Digest: signed, Evidence: "rollout 17"}, deploy.Result{Target: "osl-2", Outcome: "verified", Digest: other},
		deploy.Result{Target: "osl-9", Outcome: "verified", Digest: signed}, deploy.Result{Target: "osl-2", Outcome: "splendid"}, deploy.Result{Target: "bgo-1", Outcome: "failed", Reason: "x"})
	w.must(err)
	if got := answer.Results; !got[0].Taken || got[0].State != deploy.TargetVerified || got[1].Taken || !strings.Contains(got[1].Why, "is not the signed") || !strings.Contains(got[2].Why, "has no target osl-9") ||
		!strings.Contains(got[3].Why, "verified, failed or rolled-back") || got[4].Taken {
		t.Errorf("%+v", got)
	}
	w.is(1, "osl-2", deploy.TargetDeploying)
	if got := w.installed("osl-1"); got.InstalledDigest != signed {
		t.Errorf("%+v", got)
	}
	answer, err = w.report("two", deploy.Result{Target: "osl-2", Outcome: "verified", Digest: signed})
	w.must(err)
	if answer.Wave != deploy.WaveComplete {
		t.Errorf("the wave is %s", answer.Wave)
	}
	answer, err = w.report("three", deploy.Result{Target: "osl-2", Outcome: "verified", Digest: signed})
	if err != nil || !answer.Results[0].Taken {
		t.Errorf("what is so already is refused: %+v, %v", answer, err)
	}
}

func TestReportUnderTheSameWord(t *testing.T) {
	w := newHook(t)
	w.launch(1)
	w.work()
	result := deploy.Result{Target: "osl-1", Outcome: "failed", Reason: "no room"}
	first, err := w.report("once", result)
	w.must(err)
	events := w.audited("reported that osl-1")
	again, err := w.report("once", result)
	w.must(err)
	if first.Wave != again.Wave || first.Results[0] != again.Results[0] || w.audited("reported that osl-1") != events || events != 1 {
		t.Errorf("%+v and then %+v", first, again)
	}
	result.Reason = "another"
	_, err = w.report("once", result)
	field(t, err, "Idempotency-Key")
	_, err = w.report("", result)
	field(t, err, "Idempotency-Key")
	_, err = w.report("none")
	field(t, err, "results")
	w.later(31 * 24 * time.Hour)
	_, err = w.report("much later", result)
	w.must(err)
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		var n int64
		err := tx.Gorm().Table("report_receipts").Count(&n).Error
		if n != 1 {
			t.Errorf("%d receipts are kept", n)
		}
		return err
	}))
}

// TestReporterNeverApproves tries every decision with the token that may report.
func TestReporterNeverApproves(t *testing.T) {
	w := newHook(t)
	w.in(func(tx *db.Tx) error { return tx.Gorm().Exec("DELETE FROM wave_steps").Error })
	w.must(w.svc.ReadyWave(ctx, w.maya, w.key, 1, w.wave(1).Version))
	version := w.wave(1).Version
	for name, err := range map[string]error{
		"go":       w.svc.GiveGo(ctx, w.machine, w.key, 1, version, "fine"),
		"start":    w.svc.StartWave(ctx, w.machine, w.key, 1, version),
		"pause":    w.svc.PauseWave(ctx, w.machine, w.key, 1, "so"),
		"back-out": w.svc.BackOutWave(ctx, w.machine, w.key, 1, "so"),
		"rollback": w.svc.DecideRollback(ctx, w.machine, w.key, "so"),
		"gate":     w.releases.DecideGate(ctx, w.machine, w.key, release.A4, release.Say{}),
		"url":      w.svc.EditHook(ctx, w.machine, "production", 1, deploy.HookDraft{URL: "https://elsewhere.example", ReplyMinutes: 90}),
		"exclude":  w.svc.ConfirmExclusion(ctx, w.machine, w.key, 1, "osl-1", 1, true),
	} {
		if err == nil || fault.KindOf(err) != fault.Forbidden && fault.KindOf(err) != fault.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.stands(1, deploy.WaveReady)
	blind := w.machine
	blind.Scopes = []string{"api:read"}
	_, err := w.svc.TakeResults(ctx, blind, w.key, 1, "x", []deploy.Result{{Target: "osl-1", Outcome: "failed", Reason: "x"}})
	kindIs(t, err, fault.Forbidden)
	stranger := w.machine
	stranger.Grants = []identity.Grant{{Role: identity.ReleaseManager, ServiceID: 999}}
	if _, err := w.svc.TakeResults(ctx, stranger, w.key, 1, "x", []deploy.Result{{Target: "osl-1", Outcome: "failed", Reason: "x"}}); err == nil {
		t.Error("a token of another service reported")
	}
}

func TestMessageIsSentAgainAndInTheEndGivenUp(t *testing.T) {
	w := newHook(t)
	w.other.answer = http.StatusServiceUnavailable
	w.launch(1)
	w.work()
	w.is(1, "osl-1", deploy.TargetDeploying)
	w.other.answer = http.StatusOK
	w.later(6 * time.Second)
	w.work()
	if len(w.other.ids) != 2 || w.other.ids[0] != w.other.ids[1] {
		t.Errorf("a message sent again has another id: %v", w.other.ids)
	}
	w = newHook(t)
	w.other.answer = http.StatusBadGateway
	w.launch(1)
	w.must(w.svc.OverrideWindow(ctx, w.chen, w.key, w.d.Now().Add(48*time.Hour), "", "the other deployer is slow"))
	for range 12 {
		w.work()
		w.later(2 * time.Hour)
	}
	if got := w.is(1, "osl-1", deploy.TargetFailed); !strings.Contains(got.Reason, "answered 502: said the deployer (tries: 10)") || len(w.other.ids) != 10 {
		t.Errorf("%d tries: %s", len(w.other.ids), got.Reason)
	}
	w.stands(1, deploy.WaveFailed)
	w = newHook(t)
	w.other.answer = http.StatusUnprocessableEntity // which another time does not mend
	w.launch(1)
	w.work()
	w.is(1, "osl-2", deploy.TargetFailed)
	if len(w.other.ids) != 1 {
		t.Errorf("a refusal was asked %d times", len(w.other.ids))
	}
}

func TestPauseWithholdsMessages(t *testing.T) {
	w := newHook(t)
	w.launch(1)
	w.must(w.svc.PauseWave(ctx, w.maya, w.key, 1, "look first"))
	w.work()
	w.is(1, "osl-1", deploy.TargetStaged)
	if len(w.other.asked) != 0 {
		t.Error("a paused wave was handed over")
	}
	w.must(w.svc.ResumeWave(ctx, w.maya, w.key, 1, "looks good"))
	w.work()
	w.is(1, "osl-1", deploy.TargetDeploying)
	if len(w.other.asked) != 1 {
		t.Errorf("asked %d times", len(w.other.asked))
	}
}

func TestBackOutIsHandedOver(t *testing.T) {
	w := newHook(t)
	w.launch(1)
	w.work()
	_, err := w.report("one", deploy.Result{Target: "osl-1", Outcome: "failed", Reason: "does not start"})
	w.must(err)
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "it fails"))
	w.must(w.svc.BackOutWave(ctx, w.maya, w.key, 1, "back"))
	w.work()
	last := w.other.asked[len(w.other.asked)-1]
	if last["type"] != "deployment.back_out_requested" || len(last["data"].(map[string]any)["targets"].([]any)) != 2 {
		t.Fatalf("%v", last)
	}
	answer, err := w.report("two", deploy.Result{Target: "osl-1", Outcome: "rolled-back", Digest: other}, deploy.Result{Target: "osl-1", Outcome: "rolled-back", Digest: former}, deploy.Result{Target: "osl-2", Outcome: "rolled-back", Digest: former})
	w.must(err)
	if got := answer.Results; got[0].Taken || !got[1].Taken || !got[2].Taken || answer.Wave != deploy.WaveRolledBack {
		t.Errorf("%+v", answer)
	}
}

func TestHookNeedsAnAddressAndASecret(t *testing.T) {
	w := newHook(t)
	for _, bad := range []string{"", "deployer", "ftp://x.example", "https://me:secret@x.example", "javascript:alert(1)"} {
		field(t, w.svc.EditHook(ctx, w.maya, "production", 2, deploy.HookDraft{URL: bad, ReplyMinutes: 90}), "url")
	}
	kindIs(t, w.svc.EditHook(ctx, w.dario, "production", 2, deploy.HookDraft{URL: "https://x.example", ReplyMinutes: 90}), fault.Forbidden)
	field(t, w.svc.EditHook(ctx, w.maya, "production", 2, deploy.HookDraft{URL: "https://x.example"}), "reply_minutes")
	h, err := w.svc.HookOf(ctx, w.dario, "production")
	if err != nil || h.URLBy != "Maya" || h.CanEdit || strings.Contains(fmt.Sprint(h), w.secret) {
		t.Errorf("%+v, %v", h, err)
	}
	w.in(func(tx *db.Tx) error { return tx.Gorm().Exec("DELETE FROM environment_hooks").Error })
	_, err = w.svc.RotateSecret(ctx, w.maya, "production")
	kindIs(t, err, fault.Refused)
	refused(t, w.svc.ReadyWave(ctx, w.maya, w.key, 1, w.wave(1).Version), "hook.ready")
}

func (w *hookWorld) is(n int64, key string, state deploy.TargetState) deploy.TargetView {
	w.t.Helper()
	return (&pushWorld{world: w.world}).is(n, key, state)
}

// A deployer that takes a message and says nothing more does not hold a wave up
// for ever.
func TestDeployerThatFallsSilent(t *testing.T) {
	w := newHook(t)
	w.shelve(body)
	w.launch(1)
	w.work()
	_, err := w.report("one", deploy.Result{Target: "osl-1", Outcome: "verified", Digest: signed})
	w.must(err)
	w.later(89 * time.Minute)
	w.work()
	w.is(1, "osl-2", deploy.TargetDeploying)
	w.later(2 * time.Minute)
	w.work()
	w.is(1, "osl-1", deploy.TargetVerified)
	w.is(1, "osl-2", deploy.TargetFailed)
	if got := w.target(1, "osl-2"); !strings.Contains(got.Reason, "did not report within 1h31m0s") || got.FailClass != policy.FailUnknown {
		t.Errorf("%q, %q", got.Reason, got.FailClass)
	}
	w.stands(1, deploy.WaveFailed)
}

// A deployer that was entered before it had a time to report in gets the usual.
func TestOlderDeployersGetTheUsualTime(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 241); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, sql := range []string{
			`INSERT INTO environments (environment_key, name, zone) VALUES ('field', 'Field', 'UTC')`,
			`INSERT INTO environment_hooks (environment_id, url, url_by, url_at) VALUES (1, 'https://deployer.example', 'Maya', 7)`,
		} {
			if err := tx.Gorm().Exec(sql).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		var h deploy.Hook
		err := tx.First(&h, "environment_id = 1")
		if h.ReplyMinutes != deploy.ReplyStandard || h.URL != "https://deployer.example" || h.URLAt != 7 {
			t.Errorf("%+v", h)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
