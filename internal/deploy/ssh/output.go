package ssh

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// MaxOutput is how much of a command's output is kept: half of it from the
// beginning, half from the end, where the errors stand.
const MaxOutput = 64 << 10

// Flood is how much output ends a command.
const Flood = 64 << 20

// Output keeps what a command says, as far as it is kept. It may be read while
// it is written.
type Output struct {
	mu  sync.Mutex
	out capped
}

// Write takes more output.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.out.Write(p)
}

// Text is what is kept, with a line in the place of what was left out, and how
// much was said in all.
func (o *Output) Text() (text string, total int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.out.text(), o.out.total
}

type capped struct {
	head  []byte
	tail  []byte // the last ones, as a ring once it is full
	next  int
	total int64
}

// Write keeps p, or lets go of what is in the middle.
func (c *capped) Write(p []byte) (int, error) {
	n := len(p)
	c.total += int64(n)
	if room := MaxOutput/2 - len(c.head); room > 0 {
		take := min(room, len(p))
		c.head, p = append(c.head, p[:take]...), p[take:]
	}
	if len(p) > MaxOutput/2 {
		p = p[len(p)-MaxOutput/2:]
	}
	if room := MaxOutput/2 - len(c.tail); room > 0 {
		take := min(room, len(p))
		c.tail, p = append(c.tail, p[:take]...), p[take:]
	}
	for len(p) > 0 {
		k := copy(c.tail[c.next:], p)
		c.next, p = (c.next+k)%len(c.tail), p[k:]
	}
	return n, nil
}

// text gives it as printable text: no control character reaches a page or a
// terminal, and no byte that a database would refuse.
func (c *capped) text() string {
	var b strings.Builder
	b.WriteString(printable(c.head))
	if left := c.total - int64(len(c.head)+len(c.tail)); left > 0 {
		fmt.Fprintf(&b, "\n[%d bytes are left out here]\n", left)
	}
	b.WriteString(printable(append(c.tail[c.next:len(c.tail):len(c.tail)], c.tail[:c.next]...)))
	return b.String()
}

func printable(raw []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r':
			return -1
		case r < ' ', r >= 0x7f && r < 0xa0, r == utf8.RuneError:
			return '·'
		}
		return r
	}, string(raw))
}

// metered passes output on until there was too much of it. A session writes from
// two sides at once.
type metered struct {
	mu   sync.Mutex
	out  io.Writer
	left int64 // 0 meters nothing
	said int64
	over chan struct{}
}

// Write passes p on; what comes after too much is lost.
func (m *metered) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.said
	m.said += int64(len(p))
	if m.left > 0 && m.said > m.left {
		if before <= m.left {
			close(m.over)
		}
		return len(p), nil
	}
	return m.out.Write(p)
}
