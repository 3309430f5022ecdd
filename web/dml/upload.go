package dml

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	pages "slipway/templates/dml"
	"slipway/web/page"
)

const (
	maxField  = 8 << 10  // bytes of one text field
	maxFields = 40       // fields before the file
	maxDrain  = 64 << 20 // bytes read and dropped, so that a browser hears the answer
)

func (h *handler) showUpload(c echo.Context) error {
	actor := page.Actor(c)
	if err := identity.Authorize(actor, identity.DmlSubmit, 0); err != nil {
		return err
	}
	known, err := h.dml.Items(c.Request().Context(), actor)
	if err != nil {
		return err
	}
	v := pages.UploadView{Known: known, Form: pages.UploadForm{Item: c.QueryParam("item"), Provenance: string(dml.Built)}}
	return page.Render(c, http.StatusOK, pages.UploadPage(v))
}

// upload reads the form part by part and hands the file straight to the
// library: neither memory nor a temporary folder ever holds it.
func (h *handler) upload(c echo.Context) error {
	actor := page.Actor(c)
	if err := identity.Authorize(actor, identity.DmlSubmit, 0); err != nil {
		return err
	}
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "The form did not arrive whole. Send it again.")
	}
	form, file, err := readFields(parts)
	var version *dml.Version
	name := ""
	if err == nil {
		name = file.FileName()
		version, err = h.submit(c, actor, form, file)
	}
	if err == nil {
		return page.Redirect(c, version.Link()+"#"+pages.VersionID(version.ID), received(version))
	}
	// A browser that is still sending does not read the answer.
	_, _ = io.CopyN(io.Discard, c.Request().Body, maxDrain)
	known, again := h.dml.Items(c.Request().Context(), actor)
	if again != nil {
		return again
	}
	return page.Again(c, err, pages.UploadPage(pages.UploadView{Form: form, Known: known, Errors: page.Errors(err), Blockers: blockers(err), FileName: name}))
}

func received(v *dml.Version) string {
	if !v.Waiting() {
		return v.Title() + " was in the library already, with the same bytes."
	}
	return v.Title() + " is in quarantine and waits for a custodian."
}

func (h *handler) submit(c echo.Context, actor identity.Actor, form pages.UploadForm, file *multipart.Part) (*dml.Version, error) {
	sub := dml.Submission{ItemKey: form.Item, Label: form.Label, FileName: file.FileName(), MediaType: file.Header.Get(echo.HeaderContentType),
		Source: form.Source, ChangeKey: form.Change, Note: form.Note, Declared: blob.Digest(form.Digest), ItemName: form.Name,
		Kind: dml.Kind(form.Kind), Provenance: dml.Provenance(form.Provenance), Supplier: form.Supplier, About: form.About,
		Licence: form.Licence, LicenceKey: form.LicenceKey, Site: form.Site, Shelf: form.Shelf}
	if form.KeepDays != "" {
		days, err := strconv.ParseInt(form.KeepDays, 10, 32)
		if err != nil {
			return nil, wrong("keep_days", "Give a number of days.")
		}
		sub.KeepDays = days
	}
	return h.dml.Receive(c.Request().Context(), actor, sub, file)
}

// readFields takes the fields up to the file and gives the file unread.
func readFields(parts *multipart.Reader) (pages.UploadForm, *multipart.Part, error) {
	var form pages.UploadForm
	fields := map[string]*string{"item": &form.Item, "label": &form.Label, "name": &form.Name, "kind": &form.Kind, "provenance": &form.Provenance,
		"supplier": &form.Supplier, "licence": &form.Licence, "licence_key": &form.LicenceKey, "about": &form.About, "keep_days": &form.KeepDays,
		"site": &form.Site, "shelf": &form.Shelf, "digest": &form.Digest, "source": &form.Source, "change": &form.Change, "note": &form.Note}
	for range maxFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil, wrong("file", "Choose a file.")
		}
		if err != nil {
			return form, nil, fault.Wrap(fault.Invalid, err, "The form did not arrive whole. Send it again.")
		}
		if part.FormName() == "file" {
			return form, part, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil {
			return form, nil, fault.Wrap(fault.Invalid, err, "The form did not arrive whole. Send it again.")
		}
		into, known := fields[part.FormName()]
		switch {
		case !known: // the once key and whatever a browser extension adds
		case len(text) > maxField:
			return form, nil, wrong(part.FormName(), "That is more text than fits here.")
		case !utf8.Valid(text):
			return form, nil, wrong(part.FormName(), "This is not text.")
		default:
			*into = string(text)
		}
	}
	return form, nil, wrong("file", "The file must come after the fields, and there are too many fields.")
}

func wrong(field, message string) error {
	return &fault.Fault{Kind: fault.Invalid, Message: "The media was not taken.", Fields: []fault.Field{{Name: field, Message: message}}}
}
