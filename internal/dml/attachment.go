package dml

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

const (
	// MaxAttachment bounds one attachment. A photograph and a day's log fit in.
	MaxAttachment = 25 << 20
	// MaxFiles bounds what one person attaches to one thing that they say.
	MaxFiles = 20
	// FilesField is where files are chosen; what is wrong with one is said there.
	FilesField = "files"
)

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
	Damaged   bool    `gorm:"->"` // the stored bytes no longer match the digest
	VouchedAt db.Time `gorm:"->"` // when it became part of what its owner said; zero until then
}

// Desk is where files are taken in as evidence: a step that is worked on, a
// decision or a verdict that is about to be given.
type Desk struct {
	ReleaseID int64
	Subject   string // one word of the room
	SubjectID int64
	About     string // in words
	Link      string
	Entry     audit.Entry // what the record says beside the sentence
}

// Said gives those of the files that somebody made part of what they said at a
// moment; at none, those that they attached and have not said anything of yet.
func Said(files []Attachment, byID int64, at db.Time) (list []Attachment) {
	for i := range files {
		if files[i].ByID == byID && files[i].VouchedAt == at {
			list = append(list, files[i])
		}
	}
	return list
}

// To gives those of the files that were attached to one thing.
func To(files []Attachment, subject string, id int64) (list []Attachment) {
	for i := range files {
		if files[i].Subject == subject && files[i].SubjectID == id {
			list = append(list, files[i])
		}
	}
	return list
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

// ByRow sorts files of one subject by the row that they are attached to.
func ByRow(files []Attachment) map[int64][]Attachment {
	rows := map[int64][]Attachment{}
	for _, a := range files {
		rows[a.SubjectID] = append(rows[a.SubjectID], a)
	}
	return rows
}
