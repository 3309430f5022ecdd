// Package ui is the vocabulary of the pages: states, times, people, digests,
// forms, refusals. Pages are written in it; it knows no service.
package ui

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"

	"slipway/internal/identity"
)

// Frame is what every page knows about its reader and its moment.
type Frame struct {
	Actor        identity.Actor
	Theme        string // "light", "dark", or empty for the system's
	Zone         *time.Location
	ZoneName     string
	Now          time.Time
	Path         string
	OtherZone    string // address of the same page in UTC, or back in the viewer's own zone
	Flash        string
	FlashFamily  string
	Counts       map[string]Tally // by navigation entry
	Organisation string
	Version      string
	RequestID    string
}

// Tally is what an entry of the navigation counts: the figure, and the rest of
// the sentence for readers aloud.
type Tally struct{ Shown, Aloud string }

type frameKey struct{}

// WithFrame puts the frame where components find it.
func WithFrame(ctx context.Context, f Frame) context.Context {
	if f.Zone == nil {
		f.Zone, f.ZoneName = time.UTC, "UTC"
	}
	return context.WithValue(ctx, frameKey{}, f)
}

// FrameOf gives the frame of a page; without one, a reader in UTC.
func FrameOf(ctx context.Context) Frame {
	f, ok := ctx.Value(frameKey{}).(Frame)
	if !ok {
		f.Zone, f.ZoneName = time.UTC, "UTC"
	}
	return f
}

// Errors are messages by form field; the empty name is the form's own.
type Errors map[string]string

// onceKey names one rendering of a form, so that sending it twice acts once.
func onceKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Initials are the letters in a person's disc.
func Initials(name string) string {
	words := strings.Fields(name)
	letters := ""
	for i, word := range words {
		if i == 0 || i == len(words)-1 {
			letters += strings.ToUpper(string([]rune(word)[:1]))
		}
	}
	return letters
}
