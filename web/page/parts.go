package page

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"slipway/internal/dml"
	"slipway/internal/fault"
)

const (
	maxPart  = 64 << 10                               // bytes of one text field beside files
	maxParts = 100                                    // fields and files of one form
	maxFiles = dml.MaxFiles*dml.MaxAttachment + 1<<20 // bytes of such a form

	partsRead = "parts" // set where BindFiles has read the form already
)

// BindFiles reads a form with files part by part: text becomes the request's
// form, and each file is handed to take as it arrives, never kept in memory or in
// a temporary folder. A form without files may come as any other. A file that was
// refused does not lose what was typed: the fields after it are still read, and
// the first error is given. Bind gives the fields.
func BindFiles(c echo.Context, take func(name string, body io.Reader) error) error {
	r := c.Request()
	if !strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm) {
		return Bind(c, &struct{}{})
	}
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxFiles)
	c.Set(partsRead, true)
	r.Form, r.PostForm = url.Values{}, url.Values{}
	parts, err := r.MultipartReader()
	if err != nil {
		return notWhole(err)
	}
	var first error
	var tooLarge *http.MaxBytesError
	for range maxParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return first
		}
		if err != nil {
			return errors.Join(first, notWhole(err))
		}
		switch name := part.FileName(); {
		case name != "" && first == nil:
			if first = take(name, part); errors.As(first, &tooLarge) {
				return notWhole(first)
			}
		case name != "" || part.FormName() == "": // refused already, or nothing
		default:
			if err := field(r, part.FormName(), part); err != nil && first == nil {
				first = err
			}
		}
	}
	return fault.New(fault.Invalid, "The form has too many parts.")
}

// field keeps one text of a form.
func field(r *http.Request, name string, body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, maxPart+1))
	switch {
	case err != nil:
		return notWhole(err)
	case len(text) > maxPart || !utf8.Valid(text):
		var check fault.Check
		check.Field(name, "This is no text, or more than fits here. Attach it as a file instead.")
		return check.Err("Some of what you typed could not be read.")
	}
	r.Form.Add(name, string(text))
	r.PostForm.Add(name, string(text))
	return nil
}

func notWhole(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fault.New(fault.TooLarge, "That is more than %d MiB at once. Send fewer files.", tooLarge.Limit>>20)
	}
	return fault.Wrap(fault.Invalid, err, "The form did not arrive whole. Send it again.")
}
