package dml

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// MaxAttachment bounds one attachment. A photograph and a day's log fit in.
const MaxAttachment = 25 << 20

// Attachment is a file that a person keeps with what they did: a photograph, a
// log file, a report. It is evidence: it is never changed and never removed, and
// its bytes are held as long as its row. The rooms to the right say who may add
// one and who may read it.
type Attachment struct {
	db.Row
	ReleaseID int64
	Subject   string // what it was kept with: "step"
	SubjectID int64
	About     string // the same in words, copied
	Link      string // and its place
	Digest    blob.Digest
	FileName  string
	MediaType string // found from the bytes
	Size      int64
	ByID      int64
	ByName    string
	Damaged   bool `gorm:"->"` // the stored bytes no longer match the digest
}

// TableName is the table of attachments.
func (Attachment) TableName() string { return "media_attachments" }

// shown are the pictures that every browser shows and that run nothing.
var shown = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// Picture tells whether the file may be shown, not only downloaded.
func (a *Attachment) Picture() bool { return slices.Contains(shown, a.MediaType) }

// Told is the file as the audit record names it.
func (a *Attachment) Told() string {
	return fmt.Sprintf("%s %s %d bytes", a.Digest, a.FileName, a.Size)
}

// keptTypes are the other kinds that are taken, beside text.
var keptTypes = append([]string{"image/bmp", "image/heic", "application/pdf", "application/zip", "application/x-gzip"}, shown...)

// attachmentType finds the kind of a file from its first bytes; none for a kind
// that is not taken. Whatever is text is plain text, HTML and SVG included.
func attachmentType(head []byte) string {
	kind, _, err := mime.ParseMediaType(http.DetectContentType(head))
	switch {
	case err != nil:
		return ""
	case strings.HasPrefix(kind, "text/"):
		return "text/plain"
	case isHEIC(head):
		return "image/heic"
	case slices.Contains(keptTypes, kind):
		return kind
	}
	return ""
}

// isHEIC tells the photographs of some phones, which few browsers show.
func isHEIC(head []byte) bool {
	if len(head) < 12 || string(head[4:8]) != "ftyp" {
		return false
	}
	return slices.ContainsFunc([]string{"heic", "heix", "mif1", "msf1", "heim", "heis"}, func(brand string) bool { return bytes.Equal(head[8:12], []byte(brand)) })
}
