package oci

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

var blobPath = regexp.MustCompile(`^/v2/(.+)/blobs/(sha256:[0-9a-f]{64})$`)

// front rewrites the requests that ociserver answers otherwise than the
// specification asks: a range counted from the end, and the mount of a blob
// that is not there, which begins an upload. It also bounds manifests, which
// ociserver reads whole, and asks for JSON before ociserver parses it.
func front(registry *dml.Registry, req *http.Request) error {
	if isManifestPut(req) {
		body, err := bounded(req.Body)
		if err != nil {
			return fault.Wrap(fault.Invalid, dml.ErrManifestInvalid, "The manifest did not arrive whole.")
		}
		if body == nil {
			return fault.Wrap(fault.TooLarge, dml.ErrManifestInvalid, "A manifest may have at most %d bytes.", maxBody-1)
		}
		if req.Body = body; req.Header.Get("Content-Type") == "" {
			return fault.Wrap(fault.Invalid, dml.ErrManifestInvalid, "Say the media type of the manifest.")
		}
	}
	query := req.URL.Query()
	if mounted := query.Get("mount"); req.Method == http.MethodPost && mounted != "" {
		_, err := registry.Stat(req.Context(), query.Get("from"), blob.Digest(mounted), false)
		if err != nil {
			query.Del("mount")
			query.Del("from")
			req.URL.RawQuery = query.Encode()
		}
	}
	suffix, fromEnd := strings.CutPrefix(req.Header.Get("Range"), "bytes=-")
	if at := blobPath.FindStringSubmatch(req.URL.Path); fromEnd && at != nil {
		length, err := strconv.ParseInt(suffix, 10, 64)
		if err != nil || length <= 0 {
			return errRange
		}
		c, err := registry.Stat(req.Context(), at[1], blob.Digest(at[2]), false)
		if err != nil {
			return err
		}
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", max(c.Size-length, 0)))
	}
	return nil
}
