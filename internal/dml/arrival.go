package dml

import (
	"errors"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

// What uploads report beside a fault's kind. Callers compare with errors.Is.
var (
	ErrBusy       = errors.New("another request still sends this file")
	ErrIncomplete = errors.New("the rest of the file is still to come")
)

// maxArrivals bounds the files that one person may have under way.
const maxArrivals = 100

// Announcement is what is said of a file before its first byte. An item and a
// version may be named with the digest, so that a file which the library would
// refuse is not sent at all.
type Announcement struct {
	FileName  string
	MediaType string // found from the bytes when empty
	Size      int64
	Declared  blob.Digest // expected digest, if known
	ItemKey   string
	Label     string
}

// Arrival is a file on its way into the library, seen by whoever sends it. It
// is kept between requests and across restarts, and forgotten at Expires.
type Arrival struct {
	ID       string
	FileName string
	Size     int64
	Offset   int64 // bytes taken so far; not told in lists, unless it is whole
	Declared blob.Digest
	Digest   blob.Digest // once it is whole and stored
	Expires  db.Time
}

// Whole tells whether all of the file has arrived.
func (a *Arrival) Whole() bool { return a.Digest != "" }

func (u *upload) arrival(offset int64) *Arrival {
	return &Arrival{ID: u.Upload, FileName: u.FileName, Size: u.Size, Offset: offset, Declared: u.Declared, Digest: u.Digest, Expires: u.SeenAt.Add(uploadAge)}
}

// info is the stored file of an arrival that is whole.
func (u *upload) info() blob.Info { return blob.Info{Digest: u.Digest, Size: u.Size} }

func (a Announcement) check(maxSize int64) error {
	var c fault.Check
	if why := checkFileName(a.FileName); why != "" {
		c.Field("file", why)
	}
	c.Need(a.Size > 0, "file", "The file is empty.")
	c.Need(len(a.MediaType) <= 200, "file", "The media type is too long.")
	c.Need(a.Declared == "" || a.Declared.Valid(), "digest", "A digest is sha256: and 64 lower-case hex digits.")
	if err := c.Err("The file was not taken."); err != nil {
		return err
	}
	if a.Size > maxSize {
		return tooLarge(maxSize)
	}
	return nil
}

func tooLarge(maxSize int64) error {
	return fault.New(fault.TooLarge, "A file may have at most %d bytes here.", maxSize)
}

func noArrival() error {
	return fault.Wrap(fault.NotFound, ErrUploadUnknown, "There is no such upload: it was submitted, given up, or nobody went on with it for a day. Send the file again.")
}

func wrongOffset(at, given int64) error {
	return fault.Wrap(fault.Conflict, ErrRangeInvalid, "The next byte is %d, not %d. Nothing was changed.", at, given)
}

func notWhole(u *upload) error {
	return invalid("file", fmt.Sprintf("%s has not arrived whole yet. Wait until it has, then submit it.", u.FileName), nil)
}
