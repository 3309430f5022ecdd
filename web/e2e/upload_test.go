//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/web/webtest"
)

// line is the network between a browser and the server. It lets an allowance of
// bytes through and then holds; cut ends what is open, and lets nothing new in
// until it is allowed more.
type line struct {
	url  string
	mu   sync.Mutex
	more *sync.Cond
	left int
	cuts int // how often it was cut
	open bool
}

const unlimited = 1 << 40

func newLine(t *testing.T, server string) *line {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{url: "http://" + listener.Addr().String(), left: unlimited, open: true}
	l.more = sync.NewCond(&l.mu)
	t.Cleanup(func() { l.cut(); _ = listener.Close() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target.Host)
			if err != nil {
				_ = in.Close()
				continue
			}
			go l.carry(out, in, true)
			go l.carry(in, out, false)
		}
	}()
	return l
}

// carry passes bytes on; those to the server count.
func (l *line) carry(to, from net.Conn, counts bool) {
	defer to.Close()
	defer from.Close()
	l.mu.Lock()
	cuts, open := l.cuts, l.open
	l.mu.Unlock()
	go func() { // until the line is cut
		l.mu.Lock()
		for l.cuts == cuts && open {
			l.more.Wait()
		}
		l.mu.Unlock()
		_, _ = to.Close(), from.Close()
	}()
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		l.mu.Lock()
		for counts && l.left < n && l.cuts == cuts {
			l.more.Wait()
		}
		if counts {
			l.left -= n
		}
		cut := l.cuts != cuts
		l.mu.Unlock()
		if err != nil || cut {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

func (l *line) cut() {
	l.mu.Lock()
	l.cuts, l.open = l.cuts+1, false
	l.mu.Unlock()
	l.more.Broadcast()
}

func (l *line) allow(bytes int) {
	l.mu.Lock()
	l.left, l.open = bytes, true
	l.mu.Unlock()
	l.more.Broadcast()
}

// online tells the browser whether there is a network.
func (p *person) online(is bool) {
	p.t.Helper()
	p.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, network.OverrideNetworkState, network.OverrideNetworkStateParams{DownloadThroughput: -1, UploadThroughput: -1, Offline: !is})
		return chromedp.Void{}, err
	})
}

// becomes waits until the upload on the page is in a state.
func (p *person) becomes(state string) {
	p.t.Helper()
	p.await("an upload that is "+state, `document.querySelector('[data-upload]').dataset.state === `+quote(state))
}

// TestUploadSurvives sends a file over a line that drops, through a reload, and
// past a form that is wrong.
func TestUploadSurvives(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	content := bytes.Repeat([]byte("the program "), 1<<20)
	file := filepath.Join(t.TempDir(), "server.bin")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLine(t, s.URL)
	bruno := signIn(t, l.url, "bruno")
	bruno.open("/dml/upload?item=payments-api/server")
	l.allow(3 << 20)
	bruno.upload("File", file)
	bruno.await("some progress", `document.querySelector('progress').value > 5`)
	bruno.screenshot("upload-sending")
	l.cut()
	bruno.becomes("waiting")
	bruno.screenshot("upload-waiting")
	bruno.online(false)
	bruno.see("No connection")
	l.allow(3 << 20)
	bruno.online(true)
	bruno.becomes("sending")
	l.cut()
	bruno.becomes("waiting")

	l.allow(unlimited)
	bruno.open("/dml/upload?item=payments-api/server")
	bruno.see("Choose the same file again to go on with it: server.bin")
	bruno.upload("File", file)
	bruno.becomes("arrived")
	bruno.see("server.bin has arrived.")
	bruno.screenshot("upload-arrived")
	bruno.accessible()
	actor, err := s.App.Identity.Local(context.Background(), "bruno")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.App.DML.Arrivals(context.Background(), actor)
	if err != nil || len(list) != 1 || list[0].Digest != blob.Of(content) {
		t.Fatalf("it was not gone on with: %+v %v", list, err)
	}

	bruno.fill("Version", "no/label")
	bruno.fill("Source", "typed before")
	bruno.fill("Name", "Server")
	bruno.fill("Kind", "software")
	bruno.refused("Submit to quarantine", "A version has letters", "has arrived and goes with the form")
	bruno.screenshot("upload-refused")
	bruno.fill("Version", "1.0.0")
	bruno.press("Submit to quarantine")
	bruno.see("is in quarantine and waits for a custodian")
	v, err := s.App.DML.Lookup(context.Background(), actor, "payments-api/server:1.0.0")
	if err != nil || v.Digest != blob.Of(content) || v.Source != "typed before" || v.State != dml.Checking {
		t.Fatalf("%+v %v", v, err)
	}
}

// TestFormGoesWhenTheFileHasArrived presses the button while the file is under way.
func TestFormGoesWhenTheFileHasArrived(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	file := filepath.Join(t.TempDir(), "manual.bin")
	if err := os.WriteFile(file, bytes.Repeat([]byte{7}, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLine(t, s.URL)
	bruno := signIn(t, l.url, "bruno")
	bruno.open("/dml/upload?item=payments-api/manual")
	bruno.fill("Version", "1")
	bruno.fill("Name", "Manual")
	bruno.fill("Kind", "software")
	l.allow(1 << 20)
	bruno.upload("File", file)
	bruno.becomes("sending")
	eval[bool](bruno, `document.querySelector('form#upload button:not([type])').click() || true`)
	bruno.see("The form goes as soon as the file has arrived.")
	bruno.mark()
	l.allow(unlimited)
	bruno.arrive("the file has arrived")
	bruno.see("is in quarantine and waits for a custodian")
}
