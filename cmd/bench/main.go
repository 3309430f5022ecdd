// Command bench measures Slipway against bare handlers of its own, and its media
// library against Debian's docker-registry, in one run on one machine, and prints
// ratios: absolute figures drift with the machine's other work, ratios much
// less. Every server it starts, it ends.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	binary := flag.String("binary", "bin/slipway", "the program to measure")
	small := flag.Int("small", 1_000, "releases in the small database")
	large := flag.Int("large", 100_000, "releases in the large database; 0 leaves it out")
	count := flag.Int("requests", 2_000, "requests of each load")
	part := flag.String("part", "all", "what to measure: all, pages, media or ddi")
	devices := flag.Int("devices", 1_000_000, "targets among which devices poll")
	fleet := flag.Int("fleet", 10_000, "devices that go through a rollout")
	rounds := flag.Int("rounds", 5, "rounds of the media library, of which the best counts")
	baseline := flag.String("baseline", "", "serve the baseline at this address instead")
	dir := flag.String("dir", "", "folder for the databases; a temporary one when empty")
	flag.Parse()
	if *baseline != "" {
		serveBaselineOrExit(*baseline, *dir)
		return
	}
	if *dir == "" {
		temporary, err := os.MkdirTemp("", "slipway-bench-")
		if err != nil {
			exit(err)
		}
		defer os.RemoveAll(temporary)
		*dir = temporary
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		exit(err)
	}
	if err := forget(*binary); err != nil {
		exit(err)
	}
	b := bench{binary: *binary, small: *small, large: *large, count: *count, rounds: max(*rounds, 1), dir: *dir, devices: *devices, fleet: *fleet}
	for _, one := range []struct {
		name string
		run  func(context.Context) error
	}{{"pages", b.run}, {"media", b.media}, {"ddi", b.ddi}} {
		if *part != "all" && *part != one.name {
			continue
		}
		if err := one.run(context.Background()); err != nil {
			exit(err)
		}
	}
}

// forget has the system read a file from the disk when it is next wanted, as
// after a start of the machine. What the linker has just written lies in memory
// in large pieces; mapped whole, those make a server look 10 MiB larger.
func forget(name string) error {
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Sync(); err != nil {
		return err
	}
	return unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED)
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

type bench struct {
	binary, dir         string
	small, large, count int
	rounds              int
	devices, fleet      int
}

// verdict prints one figure beside its target.
func verdict(name string, got float64, relation string, want float64, detail string) {
	met := got <= want
	if relation == ">=" {
		met = got >= want
	}
	word := "met"
	if !met {
		word = "NOT MET"
	}
	fmt.Printf("%-52s %8.2f  (%s %g) %-8s %s\n", name, got, relation, want, word, detail)
}

func (b bench) demo(ctx context.Context, name string, releases int) (*process, error) {
	return launch(ctx, b.binary, "demo", "--data", filepath.Join(b.dir, name), "--addr", "{addr}", "--log-level", "error",
		"--releases", fmt.Sprint(releases))
}

func (b bench) run(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	base, err := launch(ctx, self, "-baseline", "{addr}", "-dir", b.dir)
	if err != nil {
		return err
	}
	defer base.stop()
	fill, err := b.demo(ctx, "small", b.small)
	if err != nil {
		return err
	}
	fmt.Printf("filling %d releases took %s\n", b.small, fill.start.Round(time.Second))
	time.Sleep(idleFor) // forty media are to be checked; the server that is measured finds them done
	fill.stop()
	app, err := launch(ctx, b.binary, "serve", "--data", filepath.Join(b.dir, "small"), "--addr", "{addr}", "--log-level", "error")
	if err != nil {
		return err
	}
	if err := b.footprint(app); err != nil {
		app.stop()
		return err
	}
	list, detail, err := b.pages(base, app)
	if err == nil {
		err = b.logins(app)
	}
	if err == nil {
		err = b.creates(base, app)
	}
	app.stop()
	if err != nil || b.large == 0 {
		return err
	}
	return b.grown(ctx, list, detail)
}

// idleFor is how long a server that nobody asks anything runs before its memory
// is read.
const idleFor = 5 * time.Second

func (b bench) footprint(app *process) error {
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	verdict("start to the first 200, ms", float64(app.start.Microseconds())/1000, "<=", 60, fmt.Sprintf("at %d releases", b.small))
	time.Sleep(idleFor)
	verdict("memory when idle, MiB", app.memory(), "<=", 32, fmt.Sprintf("proportional set, %s after the start", idleFor))
	verdict("binary, MiB", float64(info.Size())/(1<<20), "<=", 32, "")
	return nil
}

// pages measures the list and one release against the bare page.
func (b bench) pages(base, app *process) (list, detail result, err error) {
	client, err := signIn(app.url, "maya", "slipway-demo")
	if err != nil {
		return list, detail, err
	}
	key, err := firstRelease(client, app.url)
	if err != nil {
		return list, detail, err
	}
	anonymous := newClient()
	load(base, anonymous, 8, 500, get(base.url+"/page")) // warm up
	load(app, client, 8, 200, get(app.url+"/releases"))
	bare := best(func() result { return load(base, anonymous, 32, b.count, get(base.url+"/page")) })
	list = best(func() result { return load(app, client, 32, b.count, get(app.url+"/releases")) })
	detail = best(func() result { return load(app, client, 32, b.count, get(app.url+"/releases/"+key)) })
	fmt.Printf("bare page: %.2f ms CPU, p99 %.1f ms\n", ms(bare.cpu), ms(bare.p99))
	verdict("release list, CPU / bare page", ratio(list.cpu, bare.cpu), "<=", 2.5, fmt.Sprintf("%.2f ms, %d bad", ms(list.cpu), list.bad))
	verdict("release page, CPU / bare page", ratio(detail.cpu, bare.cpu), "<=", 4, fmt.Sprintf("%.2f ms, %d bad, %s", ms(detail.cpu), detail.bad, key))
	verdict("release list at 32 connections, p99 / bare page", ratio(list.p99, bare.p99), "<=", 3, fmt.Sprintf("%.1f ms", ms(list.p99)))
	return list, detail, nil
}

// logins lets 64 people sign in at once.
func (b bench) logins(app *process) error {
	before := app.memory()
	var peak float64
	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			peak = max(peak, app.memory())
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	var wg sync.WaitGroup
	var bad sync.Map
	for i := range 64 {
		wg.Go(func() {
			if _, err := signIn(app.url, "maya", "slipway-demo"); err != nil {
				bad.Store(i, err)
			}
		})
	}
	wg.Wait()
	close(stop)
	<-watched
	failures := 0
	bad.Range(func(any, any) bool { failures++; return true })
	verdict("64 log-ins at once, memory growth in MiB", peak-before, "<=", 64, fmt.Sprintf("%d failed", failures))
	return nil
}

// creates lets 32 people plan a release at once, and then counts the numbers.
func (b bench) creates(base, app *process) error {
	client, err := signIn(app.url, "maya", "slipway-demo")
	if err != nil {
		return err
	}
	form, err := newReleaseForm(client, app.url)
	if err != nil {
		return err
	}
	anonymous := newClient()
	commit := post(base.url+"/commit", http.StatusNoContent, func(int) url.Values { return url.Values{"title": {"A durable row"}} })
	load(base, anonymous, 8, 200, commit)
	count := max(b.count/4, 64)
	bare := best(func() result { return load(base, anonymous, 32, count, commit) })
	numbers := newNumbers()
	made := best(func() result { return load(app, client, 32, count, numbers.create(app.url, form)) })
	verdict("32 parallel creates, rate / bare durable insert", made.rate/bare.rate, ">=", 0.4,
		fmt.Sprintf("%.0f/s against %.0f/s, %d bad, %s", made.rate, bare.rate, made.bad, numbers.verdict()))
	return nil
}

// grown measures the same pages with a hundred times the releases.
func (b bench) grown(ctx context.Context, list, detail result) error {
	fill, err := b.demo(ctx, "large", b.large)
	if err != nil {
		return err
	}
	fmt.Printf("filling %d releases took %s\n", b.large, fill.start.Round(time.Second))
	fill.stop()
	app, err := launch(ctx, b.binary, "serve", "--data", filepath.Join(b.dir, "large"), "--addr", "{addr}", "--log-level", "error")
	if err != nil {
		return err
	}
	defer app.stop()
	client, err := signIn(app.url, "maya", "slipway-demo")
	if err != nil {
		return err
	}
	key, err := firstRelease(client, app.url)
	if err != nil {
		return err
	}
	load(app, client, 8, 200, get(app.url+"/releases"))
	bigList := best(func() result { return load(app, client, 32, b.count, get(app.url+"/releases")) })
	bigDetail := best(func() result { return load(app, client, 32, b.count, get(app.url+"/releases/"+key)) })
	grown := fmt.Sprintf("%d releases against %d", b.large, b.small)
	verdict("release list, CPU grown / small", ratio(bigList.cpu, list.cpu), "<=", 1.3, grown)
	verdict("release page, CPU grown / small", ratio(bigDetail.cpu, detail.cpu), "<=", 1.3, grown)
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }
