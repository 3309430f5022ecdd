package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"slipway/internal/app"
	"slipway/internal/audit"
	"slipway/internal/client/fleet"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/sample"
	"slipway/web"
)

// The server is killed fifty times while 2,000 devices go through a rollout. It
// goes on each time from where it was: no report that was answered is lost, no
// device is done twice, and each is accounted for in the end.
func TestKilledDuringARollout(t *testing.T) {
	const pilots, devices, kills = 10, 2000, 50
	data := t.TempDir()
	f, token := rollout(t, app.Config{Data: data}, pilots, devices, func(a *app.App, f *sample.Automated) error { return f.Start(context.Background(), a, 2) })
	server := &victim{t: t, data: data, address: freeAddress(t)}
	server.start()
	defer server.kill()
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	defer stop()
	played := make(chan *fleet.Result, 1)
	progress := &fleet.Result{}
	go func() {
		played <- fleet.Play(ctx, fleet.Config{Server: "http://" + server.address, Token: token, Devices: devices, First: pilots + 1, Prefix: "sim-", FailPercent: 5,
			Every: 500 * time.Millisecond, Connections: 32, Once: true}, progress)
	}()
	chance := rand.New(rand.NewPCG(1, 2)) // when it is killed depends on the machine all the same
	for n := range kills {
		mark := progress.Confirmed() + progress.Broken() + 5 + chance.Int64N(25)
		for progress.Confirmed()+progress.Broken() < mark {
			select {
			case r := <-played:
				t.Fatalf("the rollout was over after %d kills\n%s", n, r)
			case <-time.After(time.Millisecond):
			}
		}
		server.kill()
		server.start()
	}
	result := <-played
	server.kill()
	if result.Lost() != 0 || result.Confirmed()+result.Broken() != devices {
		t.Fatalf("not every report was taken\n%s", result)
	}
	t.Logf("%d kills\n%s", kills, result)
	accounted(t, app.Config{Data: data}, f, result)
}

// rollout leaves the data of a rollout that has begun: its pilot is through, and
// the rest is as then leaves it.
func rollout(t *testing.T, c app.Config, pilots, devices int, then func(*app.App, *sample.Automated) error) (f *sample.Automated, token string) {
	t.Helper()
	ctx := context.Background()
	a, err := app.Open(ctx, c)
	must(t, err)
	defer a.Close()
	f, err = sample.Fetchable(ctx, a, []byte(strings.Repeat("firmware", 2000)))
	must(t, err)
	var list strings.Builder
	for n := range pilots + devices {
		tag := ""
		if n < pilots {
			tag = "pilot"
		}
		fmt.Fprintf(&list, "sim-%06d, Device %d, %s\n", n+1, n+1, tag)
	}
	added, err := a.Deploy.ImportTargets(ctx, f.Omar, f.Environment, list.String())
	if err != nil || added != pilots+devices {
		t.Fatalf("%d targets were added: %v", added, err)
	}
	token, err = a.Deploy.RotateGateway(ctx, f.Omar, f.Environment)
	must(t, err)
	handler, err := web.New(a, web.Config{Zone: "UTC"})
	must(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	must(t, f.Start(ctx, a, 1))
	if r := fleet.Run(ctx, fleet.Config{Server: server.URL, Token: token, Devices: pilots, Prefix: "sim-", Every: 50 * time.Millisecond, Once: true}); r.Errors() != 0 {
		t.Fatal(r)
	}
	must(t, then(a, f))
	return f, token
}

// accounted asserts that the records say of every device what the devices said.
func accounted(t *testing.T, c app.Config, f *sample.Automated, result *fleet.Result) {
	t.Helper()
	ctx := context.Background()
	a, err := app.Open(ctx, c)
	must(t, err)
	defer a.Close()
	_, w, err := a.Deploy.FindWave(ctx, f.Maya, f.Key, 2)
	must(t, err)
	if w.Verified != result.Confirmed() || w.Failed != result.Broken() || w.Verified+w.Failed != w.Total {
		t.Errorf("of %d devices %d are verified and %d failed; %d and %d said so", w.Total, w.Verified, w.Failed, result.Confirmed(), result.Broken())
	}
	must(t, a.DB.View(ctx, func(tx *db.Tx) error {
		var rows []struct {
			State deploy.TargetState
			Total int64
		}
		if err := tx.Gorm().Model(&deploy.WaveTarget{}).Select("state, COUNT(*) AS total").Where("wave_id = ?", w.ID).Group("state").Scan(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			if kept := map[deploy.TargetState]int64{deploy.TargetVerified: w.Verified, deploy.TargetFailed: w.Failed}[row.State]; kept != row.Total {
				t.Errorf("%d devices are %s, and the wave counts %d", row.Total, row.State, kept)
			}
		}
		var twice []string
		if err := tx.Gorm().Model(&deploy.Event{}).Where("wave_number = 2 AND state IN ?", []deploy.TargetState{deploy.TargetVerified, deploy.TargetFailed}).
			Group("target_key").Having("COUNT(*) <> 1").Pluck("target_key", &twice).Error; err != nil {
			return err
		}
		if len(twice) > 0 {
			t.Errorf("done more than once: %v", twice)
		}
		_, err := audit.Verify(tx)
		return err
	}))
}

// victim is the program as a process of its own, which is killed.
type victim struct {
	t             *testing.T
	data, address string
	database      string // empty is SQLite in the folder
	command       *exec.Cmd
}

func (v *victim) start() {
	v.t.Helper()
	v.command = exec.Command(os.Args[0], "serve", "--data", v.data, "--database", v.database, "--addr", v.address, "--log-level", "error")
	v.command.Env = append(os.Environ(), asProgram+"=1")
	v.command.Stderr = os.Stderr
	must(v.t, v.command.Start())
	deadline := time.Now().Add(time.Minute)
	for {
		response, err := http.Get("http://" + v.address + "/healthz")
		if err == nil {
			response.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("the server does not come back: %v", err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// kill ends the process as a power cut does, as far as it can tell.
func (v *victim) kill() {
	if v.command == nil {
		return
	}
	_ = v.command.Process.Kill()
	_ = v.command.Wait()
	v.command = nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
