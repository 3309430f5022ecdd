package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/app"
	"slipway/internal/audit"
	"slipway/internal/client/fleet"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/sample"
)

// Two servers of one PostgreSQL database share a rollout: the clock starts its
// waves, devices speak now to one and now to the other, and one of the two is
// killed in the middle. Each deed is done once, and the other goes on.
func TestTwoServersOnOneDatabase(t *testing.T) {
	const pilots, devices, last = 4, 300, 20
	c := app.Config{Data: t.TempDir(), Database: dbtest.URL(t)}
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	f, token := rollout(t, c, pilots, devices+last, func(a *app.App, f *sample.Automated) error {
		return startsItself(ctx, a, f)
	})
	servers := [2]*victim{}
	for i := range servers {
		servers[i] = &victim{t: t, data: c.Data, database: c.Database, address: freeAddress(t)}
		servers[i].start()
		defer servers[i].kill()
	}
	between := &balancer{addresses: [2]string{servers[0].address, servers[1].address}}
	door := httptest.NewServer(between)
	defer door.Close()
	a, err := app.Open(ctx, c) // which looks, and speaks for people; its jobs do not run
	must(t, err)
	defer a.Close()

	until(ctx, t, "the clock starts wave 2", func() bool { return waveOf(t, a, f, 2).State == deploy.WaveRunning })
	progress, played := &fleet.Result{}, make(chan *fleet.Result, 1)
	go func() {
		played <- fleet.Play(ctx, fleet.Config{Server: door.URL, Token: token, Devices: devices, First: pilots + 1, Prefix: "sim-",
			Every: 200 * time.Millisecond, Connections: 32, Once: true}, progress)
	}()
	until(ctx, t, "half of the devices are through", func() bool { return progress.Confirmed() >= devices/2 })
	between.down.Store(1)
	servers[0].kill()
	result := <-played
	if result.Lost() != 0 || result.Confirmed() != devices {
		t.Fatalf("not every report was taken\n%s", result)
	}
	if between.served[0].Load() == 0 || between.served[1].Load() == 0 {
		t.Error("the devices spoke to one server alone")
	}
	until(ctx, t, "wave 2 is complete", func() bool { return waveOf(t, a, f, 2).State == deploy.WaveComplete })

	// The clock of the one that is left goes on.
	must(t, f.Go(ctx, a, 3))
	until(ctx, t, "the clock starts wave 3", func() bool {
		hurry(ctx, t, a)
		return waveOf(t, a, f, 3).State == deploy.WaveRunning
	})
	if r := fleet.Run(ctx, fleet.Config{Server: door.URL, Token: token, Devices: last, First: pilots + devices + 1, Prefix: "sim-", Every: 200 * time.Millisecond, Once: true}); r.Lost() != 0 || r.Confirmed() != last {
		t.Fatalf("not every report was taken\n%s", r)
	}
	until(ctx, t, "the rollout is over", func() bool { return waveOf(t, a, f, 3).State == deploy.WaveComplete })
	onceEach(ctx, t, a, pilots+devices+last)
}

// startsItself leaves wave 2 ready to be started by the clock, and a wave 3 that
// may be once it has go.
func startsItself(ctx context.Context, a *app.App, f *sample.Automated) error {
	_, w, err := a.Deploy.FindWave(ctx, f.Maya, f.Key, 2)
	if err != nil {
		return err
	}
	e := w.Edit()
	e.AutoStart, e.Filter = true, "not key>=sim-000305"
	if err := a.Deploy.EditWave(ctx, f.Maya, f.Key, 2, w.Version, e); err != nil {
		return err
	}
	e.Name, e.Filter, e.Older = "The last", "", ""
	if _, err := a.Deploy.AddWave(ctx, f.Maya, f.Key, e); err != nil {
		return err
	}
	err = a.DB.InTx(ctx, func(tx *db.Tx) error { // A4 is decided anew
		return tx.Gorm().Model(&release.Gate{}).Where("code = ?", release.A4).Update("state", release.GateApproved).Error
	})
	if err != nil {
		return err
	}
	return f.Go(ctx, a, 2)
}

// balancer sends each request to the next server that is up.
type balancer struct {
	addresses [2]string
	next      atomic.Int64
	down      atomic.Int64 // 1 once the first is killed
	served    [2]atomic.Int64
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := b.next.Add(1) % 2
	if b.down.Load() == 1 {
		to = 1
	}
	b.served[to].Add(1)
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(&url.URL{Scheme: "http", Host: b.addresses[to]})
		p.Out.Host = p.In.Host
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }}
	proxy.ServeHTTP(w, r)
}

func waveOf(t *testing.T, a *app.App, f *sample.Automated, n int64) *deploy.Wave {
	t.Helper()
	_, w, err := a.Deploy.FindWave(context.Background(), f.Maya, f.Key, n)
	must(t, err)
	return w
}

// until looks until something is so.
func until(ctx context.Context, t *testing.T, what string, so func() bool) {
	t.Helper()
	for !so() {
		select {
		case <-ctx.Done():
			t.Fatalf("it never came that %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// hurry has the next turn of the clock come now.
func hurry(ctx context.Context, t *testing.T, a *app.App) {
	t.Helper()
	must(t, a.DB.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Exec("UPDATE jobs SET run_at = ? WHERE kind = 'deploy.clock' AND run_at > ?", tx.Now, tx.Now).Error
	}))
}

// onceEach asserts that every deed is on the record once: each start, and the
// verdict of each device; and that two writers left one unbroken chain.
func onceEach(ctx context.Context, t *testing.T, a *app.App, devices int) {
	t.Helper()
	must(t, a.DB.View(ctx, func(tx *db.Tx) error {
		var starts []audit.Logged
		if err := tx.Gorm().Where("action = 'wave.start'").Order("seq").Find(&starts).Error; err != nil {
			return err
		}
		if len(starts) != 3 || starts[1].Actor != "rollout clock" || starts[2].Actor != "rollout clock" {
			t.Errorf("waves were started %d times: %+v", len(starts), starts)
		}
		var verdicts []struct {
			TargetKey string
			Total     int64
		}
		err := tx.Gorm().Model(&deploy.Event{}).Select("target_key, COUNT(*) AS total").Where("state = ?", deploy.TargetVerified).Group("target_key").Scan(&verdicts).Error
		if err != nil {
			return err
		}
		for _, v := range verdicts {
			if v.Total != 1 {
				t.Errorf("%s was verified %d times", v.TargetKey, v.Total)
			}
		}
		if len(verdicts) != devices {
			t.Errorf("%d of %d devices are verified", len(verdicts), devices)
		}
		var dead int64
		if err := tx.Gorm().Table("jobs").Where("state = 'dead'").Count(&dead).Error; err != nil {
			return err
		}
		if dead != 0 {
			t.Errorf("%d jobs died", dead)
		}
		_, err = audit.Verify(tx)
		return err
	}))
}
