package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress tells on a terminal how far a transfer has come; elsewhere nothing.
type progress struct {
	out         io.Writer
	what        string
	total, done int64
	from        int64 // what was there already
	began, told time.Time
	live        bool
}

const (
	barWidth  = 24
	tellEvery = 200 * time.Millisecond
)

func newProgress(out *os.File, what string, total int64) *progress {
	info, err := out.Stat()
	return &progress{out: out, what: what, total: total, began: time.Now(), live: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Write counts bytes that passed.
func (p *progress) Write(b []byte) (int, error) {
	p.add(int64(len(b)))
	return len(b), nil
}

func (p *progress) add(n int64) { p.at(p.done + n) }

// start begins another stretch, of which a part is done already.
func (p *progress) start(what string, done int64) {
	p.end()
	p.what, p.done, p.from, p.began = what, done, done, time.Now()
}

func (p *progress) at(done int64) {
	p.done = done
	if now := time.Now(); p.live && now.Sub(p.told) > tellEvery {
		p.told = now
		fmt.Fprintf(p.out, "\r%s\x1b[K", p.line(now))
	}
}

// line is the bar as it stands.
func (p *progress) line(now time.Time) string {
	rate := ""
	if spent := now.Sub(p.began).Seconds(); spent > 0 && p.done > p.from {
		rate = fmt.Sprintf("  %s/s", bytesOf(int64(float64(p.done-p.from)/spent)))
	}
	if p.total <= 0 {
		return fmt.Sprintf("%s  %s%s", p.what, bytesOf(p.done), rate)
	}
	done := min(p.done, p.total)
	full := int(done * barWidth / p.total)
	return fmt.Sprintf("%s  [%s%s] %3d %%  %s of %s%s", p.what, strings.Repeat("#", full), strings.Repeat("-", barWidth-full), done*100/p.total, bytesOf(done), bytesOf(p.total), rate)
}

// say puts a sentence above the bar.
func (p *progress) say(sentence string) {
	if p.live {
		fmt.Fprintf(p.out, "\r%s\x1b[K\n", sentence)
	}
}

func (p *progress) end() {
	if p.live && !p.told.IsZero() {
		fmt.Fprintf(p.out, "\r%s\x1b[K\n", p.line(time.Now()))
		p.told = time.Time{}
	}
}

func bytesOf(n int64) string {
	switch {
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", (n+1023)>>10)
	case n < 10<<30:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d GiB", n>>30)
}
