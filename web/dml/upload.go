package dml

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
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
	arrivals, err := h.dml.Arrivals(c.Request().Context(), actor)
	if err != nil {
		return err
	}
	v := pages.UploadView{Known: known, Form: pages.UploadForm{Item: c.QueryParam("item"), Provenance: string(dml.Built)},
		UnderWay: slices.DeleteFunc(arrivals, func(a dml.Arrival) bool { return a.Whole() })}
	return page.Render(c, http.StatusOK, pages.UploadPage(v))
}

// upload reads the form part by part and hands the file straight to the
// library: neither memory nor a temporary folder ever holds it. A form without a
// file names an upload that has arrived already.
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
		version, err = h.submit(c, actor, form, file)
	}
	if file != nil {
		name, form.Upload = file.FileName(), ""
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
	v := pages.UploadView{Form: form, Known: known, Errors: page.Errors(err), Blockers: blockers(err), FileName: name}
	if v.Arrived, again = h.arrived(c, form.Upload); v.Arrived == nil {
		v.Form.Upload = ""
	}
	if again != nil {
		return again
	}
	return page.Again(c, err, pages.UploadPage(v))
}

// arrived gives a file that waits for its form, or nothing if there is none.
func (h *handler) arrived(c echo.Context, id string) (*dml.Arrival, error) {
	if id == "" {
		return nil, nil
	}
	a, err := h.dml.Announced(c.Request().Context(), page.Actor(c), id)
	if errors.Is(err, fault.NotFound) || err == nil && !a.Whole() {
		return nil, nil
	}
	return a, err
}

func received(v *dml.Version) string {
	if !v.Waiting() {
		return v.Title() + " was in the library already, with the same bytes."
	}
	return v.Title() + " is in quarantine and waits for a custodian."
}

func (h *handler) submit(c echo.Context, actor identity.Actor, form pages.UploadForm, file *multipart.Part) (*dml.Version, error) {
	sub := dml.Submission{ItemKey: form.Item, Label: form.Label,
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
	if file == nil {
		return h.dml.Submit(c.Request().Context(), actor, sub, form.Upload)
	}
	sub.FileName, sub.MediaType = file.FileName(), file.Header.Get(echo.HeaderContentType)
	return h.dml.Receive(c.Request().Context(), actor, sub, file)
}

// readFields takes the fields up to the file and gives the file unread; no file
// where the fields name an upload.
func readFields(parts *multipart.Reader) (pages.UploadForm, *multipart.Part, error) {
	var form pages.UploadForm
	fields := map[string]*string{"item": &form.Item, "label": &form.Label, "name": &form.Name, "kind": &form.Kind, "provenance": &form.Provenance,
		"supplier": &form.Supplier, "licence": &form.Licence, "licence_key": &form.LicenceKey, "about": &form.About, "keep_days": &form.KeepDays,
		"site": &form.Site, "shelf": &form.Shelf, "digest": &form.Digest, "source": &form.Source, "change": &form.Change, "note": &form.Note, "upload": &form.Upload}
	for range maxFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil, chosen(form)
		}
		if err != nil {
			return form, nil, fault.Wrap(fault.Invalid, err, "The form did not arrive whole. Send it again.")
		}
		if part.FormName() == "file" {
			if part.FileName() == "" && form.Upload != "" { // as a browser sends a field that was left empty
				return form, nil, nil
			}
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

func chosen(form pages.UploadForm) error {
	if form.Upload == "" {
		return wrong("file", "Choose a file.")
	}
	return nil
}

func wrong(field, message string) error {
	return &fault.Fault{Kind: fault.Invalid, Message: "The media was not taken.", Fields: []fault.Field{{Name: field, Message: message}}}
}
