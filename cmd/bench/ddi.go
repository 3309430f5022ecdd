package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slipway/internal/app"
	"slipway/internal/client/fleet"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/sample"
	"slipway/web"
)

// bulkTargets are devices that a filter is never asked about.
const bulkTargets = `INSERT INTO targets (created_at, updated_at, version, target_key, name, environment_id, environment_key)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)
SELECT @now, @now, 1, 'dev-' || i, 'Device ' || i, e.id, e.environment_key FROM n CROSS JOIN environments e WHERE e.environment_key = 'field'`

// ddi measures devices that fetch: polls with nothing to do, the start of a wave
// of very many, downloads, and a whole rollout.
func (b bench) ddi(ctx context.Context) error {
	if err := b.polls(ctx); err != nil {
		return err
	}
	if err := b.starts(ctx); err != nil {
		return err
	}
	if err := b.downloads(ctx); err != nil {
		return err
	}
	return b.rollout(ctx)
}

// fetchable fills a folder with a release that devices fetch, and lets fn add
// to it.
func (b bench) fetchable(ctx context.Context, name string, image []byte, fn func(*app.App, *sample.Automated) error) error {
	a, err := app.Open(ctx, app.Config{Data: filepath.Join(b.dir, name)})
	if err != nil {
		return err
	}
	f, err := sample.Fetchable(ctx, a, image)
	if err == nil {
		err = fn(a, f)
	}
	if closed := a.Close(); err == nil {
		err = closed
	}
	return err
}

// polls compares a poll with nothing to do to an answer of the same size that
// says always the same, among a thousand targets and among very many.
func (b bench) polls(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	base, err := launch(ctx, self, "-baseline", "{addr}", "-dir", b.dir)
	if err != nil {
		return err
	}
	defer base.stop()
	client := newClient()
	count := max(b.count*10, 50_000) // else the ticks of the clock are all that is seen
	load(base, client, 8, b.count, get(base.url+"/constant"))
	constant := best(func() result { return load(base, client, 32, count, get(base.url+"/constant")) })
	few, err := b.pollsAmong(ctx, client, 1_000, count)
	if err != nil {
		return err
	}
	verdict("ddi: poll with nothing to do, CPU / echo's constant", ratio(few.cpu, constant.cpu), "<=", 2, fmt.Sprintf("%d µs against %d µs, %d bad", few.cpu.Microseconds(), constant.cpu.Microseconds(), few.bad))
	many, err := b.pollsAmong(ctx, client, b.devices, count)
	if err != nil {
		return err
	}
	verdict(fmt.Sprintf("ddi: poll among %d targets, CPU / among 1,000", b.devices), ratio(many.cpu, few.cpu), "<=", 1.3, fmt.Sprintf("%d µs, %d bad", many.cpu.Microseconds(), many.bad))
	return nil
}

func (b bench) pollsAmong(ctx context.Context, client *http.Client, devices, count int) (r result, err error) {
	name, token := fmt.Sprintf("devices-%d", devices), ""
	began := time.Now()
	err = b.fetchable(ctx, name, []byte("an image"), func(a *app.App, f *sample.Automated) error {
		if token, err = a.Deploy.RotateGateway(ctx, f.Omar, f.Environment); err != nil {
			return err
		}
		return a.DB.InTx(ctx, func(tx *db.Tx) error {
			return tx.Gorm().Exec(bulkTargets, map[string]any{"count": devices, "now": tx.Now}).Error
		})
	})
	if err != nil {
		return r, err
	}
	filled := time.Since(began)
	server, err := launch(ctx, b.binary, "serve", "--data", filepath.Join(b.dir, name), "--addr", "{addr}", "--log-level", "error")
	if err != nil {
		return r, err
	}
	defer server.stop()
	// Every device polls for the first time once; those are many at a million, and
	// each is found in the database.
	first := load(server, client, 32, min(devices, 200_000), func(client *http.Client, n int) (bool, error) {
		return bearing(client, fmt.Sprintf("%s/default/controller/v1/dev-%d", server.url, n+1), token)
	})
	among := min(devices, 200_000)
	poll := func(client *http.Client, _ int) (bool, error) {
		return bearing(client, fmt.Sprintf("%s/default/controller/v1/dev-%d", server.url, rand.IntN(among)+1), token)
	}
	r = best(func() result { return load(server, client, 32, count, poll) })
	fmt.Printf("%d targets, filled in %s: first polls %d µs CPU, then %.0f a second, p99 %.1f ms; memory %.0f MiB\n", devices, filled.Round(time.Second), first.cpu.Microseconds(), r.rate, ms(r.p99), server.memory())
	r.bad += first.bad
	return r, nil
}

// bearing asks as a device does.
func bearing(client *http.Client, at, token string) (bool, error) {
	r, err := http.NewRequest(http.MethodGet, at, nil)
	if err != nil {
		return false, err
	}
	r.Header.Set("Authorization", "GatewayToken "+token)
	response, err := client.Do(r)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK, err
}

// rollout lets a fleet go through a whole phased rollout of this process.
func (b bench) rollout(ctx context.Context) error {
	a, err := app.Open(ctx, app.Config{Data: filepath.Join(b.dir, "rollout")})
	if err != nil {
		return err
	}
	defer a.Close()
	f, err := sample.Fetchable(ctx, a, make([]byte, 64<<10))
	if err != nil {
		return err
	}
	pilots := max(b.fleet/20, 1)
	for from := 0; from < b.fleet; from += 10_000 {
		var list strings.Builder
		for n := from + 1; n <= min(from+10_000, b.fleet); n++ {
			tag := ""
			if n <= pilots {
				tag = "pilot"
			}
			fmt.Fprintf(&list, "sim-%06d, Device %d, %s,\n", n, n, tag)
		}
		if _, err := a.Deploy.ImportTargets(ctx, f.Omar, f.Environment, list.String()); err != nil {
			return err
		}
	}
	if err := a.Deploy.EditPull(ctx, f.Omar, f.Environment, 0, deploy.PullDraft{PollSeconds: 10, ConfirmMinutes: 60, StuckMinutes: 600}); err != nil {
		return err
	}
	token, err := a.Deploy.RotateGateway(ctx, f.Omar, f.Environment)
	if err != nil {
		return err
	}
	handler, err := web.New(a, web.Config{Zone: "UTC"})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	working, stop := context.WithCancel(ctx)
	defer stop()
	go a.Jobs.Run(working, 1)
	c := fleet.Config{Server: "http://" + listener.Addr().String(), Token: token, Prefix: "sim-", Once: true, Boot: time.Second, Connections: 64}
	var lost, errors, accounted int64
	for n, part := range []struct{ first, devices int }{{1, pilots}, {pilots + 1, b.fleet - pilots}} {
		began := time.Now()
		if err := f.Start(ctx, a, int64(n+1)); err != nil {
			return err
		}
		started := time.Since(began)
		c.First, c.Devices, c.FailPercent = part.first, part.devices, float64(n) // the pilot is good
		r := fleet.Run(ctx, c)
		_, w, err := a.Deploy.FindWave(ctx, f.Maya, f.Key, int64(n+1))
		if err != nil {
			return err
		}
		fmt.Printf("wave %d started in %s\n%s", n+1, started.Round(time.Millisecond), r)
		lost, errors, accounted = lost+r.Lost(), errors+r.Errors(), accounted+w.Verified+w.Failed
	}
	verdict(fmt.Sprintf("ddi: rollout to %d devices, reports lost", b.fleet), float64(lost), "<=", 0, fmt.Sprintf("%d errors, %d devices accounted for", errors, accounted))
	verdict(fmt.Sprintf("ddi: rollout to %d devices, accounted for", b.fleet), float64(accounted), ">=", float64(b.fleet), "")
	return nil
}
