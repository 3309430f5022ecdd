package page

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-playground/form/v4"
	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
)

// maxForm bounds a form without files.
const maxForm = 1 << 20

// maxMemory is how much of a small multipart form is kept in memory; handlers
// that take media read the parts themselves.
const maxMemory = 4 << 20

var decoder = newDecoder()

func newDecoder() *form.Decoder {
	d := form.NewDecoder()
	d.SetTagName("form")
	return d
}

// Bind reads a form into the struct that into points to, by `form` tags. A
// number that is none becomes an Invalid with the field. Text is trimmed of
// surrounding white space only where the domain does so.
func Bind(c echo.Context, into any) error {
	r := c.Request()
	values := r.URL.Query()
	if c.Get(partsRead) != nil {
		values = r.PostForm
	} else if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxForm)
		parse := r.ParseForm
		if strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm) {
			parse = func() error { return r.ParseMultipartForm(maxMemory) }
		}
		if err := parse(); err != nil {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				return fault.New(fault.TooLarge, "That is more than %d KiB of text. Attach it as a file instead.", maxForm>>10)
			}
			return fault.Wrap(fault.Invalid, err, "The form did not arrive whole. Send it again.")
		}
		values = r.PostForm
	}
	err := decoder.Decode(into, values)
	var wrong form.DecodeErrors
	if errors.As(err, &wrong) {
		var check fault.Check
		for name := range wrong {
			check.Field(name, "This is not a value we can read here.")
		}
		return check.Err("Some of what you typed could not be read.")
	}
	return err
}
