package oci

import (
	"errors"
	"net/http"
	"strings"

	"cuelabs.dev/go/oci/ociregistry"

	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

var errRange = fault.Wrap(fault.Invalid, dml.ErrRangeInvalid, "The range lies outside the blob.")

// codes are the protocol's names for what the library reports. The status that
// belongs to each is ociregistry's.
var codes = []struct {
	cause error
	code  string
}{
	{dml.ErrBlobUnknown, "BLOB_UNKNOWN"},
	{dml.ErrUploadUnknown, "BLOB_UPLOAD_UNKNOWN"},
	{dml.ErrIncomplete, "SIZE_INVALID"},
	{dml.ErrManifestUnknown, "MANIFEST_UNKNOWN"},
	{dml.ErrManifestInvalid, "MANIFEST_INVALID"},
	{dml.ErrChildUnknown, "MANIFEST_BLOB_UNKNOWN"},
	{dml.ErrDigestInvalid, "DIGEST_INVALID"},
	{dml.ErrRangeInvalid, "RANGE_INVALID"},
	{dml.ErrDenied, "DENIED"},
}

var kinds = map[fault.Kind]struct {
	code   string
	status int
}{
	fault.Invalid:         {"MANIFEST_INVALID", http.StatusBadRequest},
	fault.Unauthenticated: {"UNAUTHORIZED", http.StatusUnauthorized},
	fault.Forbidden:       {"DENIED", http.StatusForbidden},
	fault.NotFound:        {"NAME_UNKNOWN", http.StatusNotFound},
	fault.Conflict:        {"DENIED", http.StatusConflict},
	fault.Refused:         {"DENIED", http.StatusForbidden},
	fault.TooMany:         {"TOOMANYREQUESTS", http.StatusTooManyRequests},
	fault.TooLarge:        {"SIZE_INVALID", http.StatusRequestEntityTooLarge},
	fault.Unavailable:     {"UNAVAILABLE", http.StatusServiceUnavailable},
}

// fail answers with the protocol's error. Only what was written for people goes
// out; anything else is logged under the request's number.
func (h *handler) fail(w http.ResponseWriter, req *http.Request, err error) {
	_ = ociregistry.WriteError(w, h.translate(req, err)) // the client may be gone
}

func (h *handler) translate(req *http.Request, err error) error {
	known, isFault := fault.As(err)
	if !isFault {
		var wire ociregistry.Error
		var status ociregistry.HTTPError
		if errors.As(err, &wire) || errors.As(err, &status) {
			return err
		}
		if strings.HasPrefix(err.Error(), "invalid manifest JSON") { // ociserver looks into it first
			return ociregistry.NewError("The manifest is not JSON of its kind.", "MANIFEST_INVALID", nil)
		}
		if req.Context().Err() != nil { // nobody is there to hear it, and nothing is wrong here
			return ociregistry.NewHTTPError(ociregistry.NewError("The request was given up.", "UNKNOWN", nil), http.StatusRequestTimeout, nil, nil)
		}
		h.app.Log.ErrorContext(req.Context(), "registry", "path", req.URL.Path, "error", err)
		return ociregistry.NewHTTPError(ociregistry.NewError("Something went wrong here; it was logged.", "UNKNOWN", nil), http.StatusInternalServerError, nil, nil)
	}
	if errors.Is(err, dml.ErrNameInvalid) {
		code := "NAME_UNKNOWN"
		if known.Kind == fault.Invalid {
			code = "NAME_INVALID"
		}
		return ociregistry.NewError(known.Message, code, nil)
	}
	by, ok := kinds[known.Kind]
	if !ok {
		h.app.Log.ErrorContext(req.Context(), "registry", "path", req.URL.Path, "error", err)
		by.code, by.status = "UNKNOWN", http.StatusInternalServerError
		return ociregistry.NewHTTPError(ociregistry.NewError("Something went wrong here; it was logged.", by.code, nil), by.status, nil, nil)
	}
	if errors.Is(err, blob.ErrFull) {
		by.status = http.StatusInsufficientStorage
	}
	for _, named := range codes {
		if errors.Is(err, named.cause) {
			by.code = named.code
		}
	}
	message := reasons(known)
	if known.Kind == fault.TooLarge || known.Kind == fault.Unavailable || known.Kind == fault.Conflict {
		// The status says more than the code, and ociregistry would take the code's.
		return ociregistry.NewHTTPError(ociregistry.NewError(message, "SLIPWAY_"+by.code, nil), by.status, nil, nil)
	}
	return ociregistry.NewError(message, by.code, nil)
}

// reasons is a refusal in one line, which is all that clients print: what was
// refused, every blocker with who removes it, and every field.
func reasons(f *fault.Fault) string {
	parts := []string{f.Message}
	for _, b := range f.Blockers {
		parts = append(parts, b.Sentence+" ("+b.Owner+", "+b.Link+")")
	}
	for _, field := range f.Fields {
		parts = append(parts, field.Message)
	}
	return strings.Join(parts, " ")
}
