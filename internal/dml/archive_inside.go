package dml

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Archives that are members of archives are looked into as well, one level deep
// and with bounds of their own: what they hold never costs the list of the
// archive itself.
const (
	maxInside        = 128 << 20
	maxInsideMembers = 10_000
	maxInsideZip     = 16 << 20
	maxNotes         = 10
)

// inside stands between an archive's name and that of its member.
const inside = " › "

var errInsideZip = fmt.Errorf("it is a zip archive of more than %d MiB", maxInsideZip>>20)

// lookInside lists a member that is an archive, as far as it can: what is wrong
// with it makes it one file, which it is anyway. It reads no further than it has
// to.
func (l *lookInto) lookInside(name string, body *bufio.Reader) {
	head, _ := body.Peek(512) // what is wrong shows when the rest is read
	in := l.inner
	in.within = name + inside
	kept, why := len(in.found), error(nil)
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		data, err := io.ReadAll(io.LimitReader(body, maxInsideZip+1))
		switch {
		case err != nil:
			why = broken(err)
		case len(data) > maxInsideZip:
			why = errInsideZip
		default:
			why = in.zip(data)
		}
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		why = in.gzip(body)
	case isTar(head):
		why = in.tar(body)
	}
	if why == nil {
		return
	}
	in.found = in.found[:kept]
	if errors.Is(why, errTooMuch) || errors.Is(why, errTooMany) {
		l.inner = nil
		why = fmt.Errorf("archives inside others have more than %d members or %d MiB here, and so is every other one after it", maxInsideMembers, maxInside>>20)
	}
	if len(l.notes) < maxNotes {
		l.notes = append(l.notes, fmt.Sprintf("%s is compared as one file: %v.", clipped(name), why))
	}
}
