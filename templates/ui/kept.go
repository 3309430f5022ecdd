package ui

import (
	"context"
	"io"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// keptMost is how many drawings one Kept holds before it forgets them all.
const keptMost = 2000

// Kept remembers drawings that depend on nothing but their key, such as the
// lines of a list: hardly one changes from one viewing to the next, and drawing
// them is most of what a long page costs.
type Kept[K comparable] struct {
	mu    sync.RWMutex
	drawn map[K]string
}

// Draw gives the component that was drawn for the key, and draws it if none was.
func (k *Kept[K]) Draw(key K, component templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		k.mu.RLock()
		html, known := k.drawn[key]
		k.mu.RUnlock()
		if !known {
			var b strings.Builder
			if err := component.Render(ctx, &b); err != nil {
				return err
			}
			html = b.String()
			k.keep(key, html)
		}
		_, err := io.WriteString(w, html)
		return err
	})
}

func (k *Kept[K]) keep(key K, html string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.drawn == nil || len(k.drawn) >= keptMost {
		k.drawn = map[K]string{}
	}
	k.drawn[key] = html
}
