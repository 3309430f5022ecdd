package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"slipway/internal/client"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/web/guard"
	"slipway/web/page"
)

// Uploads speak tus 1.0 with the extensions creation, termination and
// expiration: https://tus.io/protocols/resumable-upload

const (
	tusVersion   = "1.0.0"
	tusChunk     = "application/offset+octet-stream"
	maxDrain     = 64 << 20 // bytes read and dropped, so that a sender hears the answer
	maxMetadata  = 4 << 10
	uploadOffset = "Upload-Offset"
)

var uploads = []string{"Uploads"}

func (h *handler) uploadRoutes(api huma.API, g *echo.Group) {
	huma.Register(api, huma.Operation{OperationID: "list-uploads", Method: http.MethodGet, Path: "/uploads", Tags: uploads,
		Summary: "List the caller's uploads", Description: "Those that wait to be submitted or to be gone on with; nobody sees another's. Needs dml:write."}, h.listUploads)
	g.OPTIONS("/uploads", h.tus(h.capabilities))
	g.POST("/uploads", h.tus(h.createUpload))
	g.HEAD("/uploads/:id", h.tus(h.headUpload))
	g.PATCH("/uploads/:id", h.tus(h.patchUpload))
	g.DELETE("/uploads/:id", h.tus(h.deleteUpload))
	g.POST("/uploads/:id", h.tus(h.override))
	for _, d := range [][4]string{
		{http.MethodPost, "/uploads", "Announce an upload (tus 1.0, creation)", "201"},
		{http.MethodHead, "/uploads/{id}", "Ask how far an upload has come (tus 1.0)", "200"},
		{http.MethodPatch, "/uploads/{id}", "Send more of an upload (tus 1.0)", "204"},
		{http.MethodDelete, "/uploads/{id}", "Give an upload up (tus 1.0, termination)", "204"},
	} {
		describe(api, uploads, d[0], d[1], d[2], "See https://tus.io/protocols/resumable-upload. Upload-Metadata may hold filename, filetype, sha256, item and version.", d[3])
	}
}

type uploadsAnswer struct{ Body []client.Upload }

func (h *handler) listUploads(ctx context.Context, _ *struct{}) (*uploadsAnswer, error) {
	list, err := h.dml.Arrivals(ctx, actorOf(ctx))
	if err != nil {
		return nil, h.problem(ctx, err)
	}
	answer := &uploadsAnswer{Body: []client.Upload{}}
	for _, u := range list {
		answer.Body = append(answer.Body, client.Upload{ID: u.ID, FileName: u.FileName, Size: u.Size, Declared: u.Declared.String(), Digest: u.Digest.String(),
			Expires: u.Expires.Std().UTC().Format(time.RFC3339)})
	}
	return answer, nil
}

// tus names the protocol in the answer, and refuses another version of it.
func (h *handler) tus(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set("Tus-Resumable", tusVersion)
		if c.Request().Method != http.MethodOptions && c.Request().Header.Get("Tus-Resumable") != tusVersion {
			header.Set("Tus-Version", tusVersion)
			return refuse(http.StatusPreconditionFailed, "Uploads speak tus 1.0.0: say so in the header Tus-Resumable.")
		}
		return next(c)
	}
}

func refuse(status int, detail string) error {
	return &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}
}

func (h *handler) capabilities(c echo.Context) error {
	header := c.Response().Header()
	header.Set("Tus-Version", tusVersion)
	header.Set("Tus-Extension", "creation,termination,expiration")
	header.Set("Tus-Max-Size", strconv.FormatInt(h.dml.MaxSize(), 10))
	return c.NoContent(http.StatusNoContent)
}

// override serves senders that cannot use every method.
func (h *handler) override(c echo.Context) error {
	switch c.Request().Header.Get("X-HTTP-Method-Override") {
	case http.MethodPatch:
		return h.patchUpload(c)
	case http.MethodDelete:
		return h.deleteUpload(c)
	}
	return echo.ErrMethodNotAllowed
}

func (h *handler) createUpload(c echo.Context) error {
	length := c.Request().Header.Get("Upload-Length")
	size, err := strconv.ParseInt(length, 10, 64)
	if err != nil {
		return refuse(http.StatusBadRequest, "Say how many bytes the file has, in the header Upload-Length.")
	}
	said, err := metadata(c.Request().Header.Get("Upload-Metadata"))
	if err != nil {
		return refuse(http.StatusBadRequest, "The header Upload-Metadata is not what tus 1.0 asks for: "+err.Error()+".")
	}
	declared := said["sha256"]
	if declared != "" && !strings.HasPrefix(declared, "sha256:") {
		declared = "sha256:" + declared
	}
	u, err := h.dml.Announce(c.Request().Context(), page.Actor(c), dml.Announcement{FileName: said["filename"], MediaType: said["filetype"], Size: size,
		Declared: blob.Digest(declared), ItemKey: said["item"], Label: said["version"]})
	if err != nil {
		return err
	}
	// Without scheme and host, of which a proxy before us knows more than we do.
	c.Response().Header().Set(echo.HeaderLocation, prefix+"/uploads/"+u.ID)
	return progress(c, u, http.StatusCreated)
}

// metadata reads "key base64,key base64"; a value may be missing.
func metadata(header string) (map[string]string, error) {
	said := map[string]string{}
	if len(header) > maxMetadata {
		return nil, fmt.Errorf("it is longer than %d bytes", maxMetadata)
	}
	if header == "" {
		return said, nil
	}
	for _, pair := range strings.Split(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
		if _, twice := said[key]; err != nil || twice || key == "" {
			return nil, errors.New("it has pairs of a key and a value in Base64, separated by commas, each key once")
		}
		said[key] = string(text)
	}
	return said, nil
}

func progress(c echo.Context, u *dml.Arrival, status int) error {
	header := c.Response().Header()
	header.Set(uploadOffset, strconv.FormatInt(u.Offset, 10))
	header.Set("Upload-Expires", u.Expires.Std().UTC().Format(http.TimeFormat))
	return c.NoContent(status)
}

func (h *handler) headUpload(c echo.Context) error {
	ctx, actor, id := c.Request().Context(), page.Actor(c), c.Param("id")
	leave, err := h.turn(c, nil)
	if err != nil {
		return err
	}
	defer leave()
	u, err := h.dml.Arrival(ctx, actor, id)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Upload-Length", strconv.FormatInt(u.Size, 10))
	return progress(c, u, http.StatusOK)
}

// turn waits for the turn at an upload that is the caller's; anybody else's
// request does not end theirs.
func (h *handler) turn(c echo.Context, body *guard.PatientBody) (leave func(), err error) {
	if _, err := h.dml.Announced(c.Request().Context(), page.Actor(c), c.Param("id")); err != nil {
		return nil, err
	}
	return h.turns.take(c.Request().Context(), c.Param("id"), body)
}

func (h *handler) patchUpload(c echo.Context) error {
	req := c.Request()
	if req.Header.Get(echo.HeaderContentType) != tusChunk {
		return refuse(http.StatusUnsupportedMediaType, "The content type of a part is "+tusChunk+".")
	}
	offset, err := strconv.ParseInt(req.Header.Get(uploadOffset), 10, 64)
	if err != nil || offset < 0 {
		return refuse(http.StatusBadRequest, "Say where the part belongs, in the header Upload-Offset.")
	}
	body := guard.Patient(c.Response(), req.Body)
	leave, err := h.turn(c, body)
	if err != nil {
		return err
	}
	defer leave()
	u, err := h.take(c, offset, body)
	if err != nil {
		if !errors.Is(err, dml.ErrIncomplete) {
			_, _ = io.CopyN(io.Discard, body, maxDrain)
		}
		return err
	}
	return progress(c, u, http.StatusNoContent)
}

func (h *handler) take(c echo.Context, offset int64, body io.Reader) (*dml.Arrival, error) {
	ctx, actor, id := c.Request().Context(), page.Actor(c), c.Param("id")
	u, err := h.dml.Announced(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if c.Request().ContentLength > u.Size-offset && offset <= u.Size {
		return nil, fault.New(fault.TooLarge, "The part goes beyond the %d bytes that were announced. Nothing was changed.", u.Size)
	}
	return h.dml.Take(ctx, actor, id, offset, body)
}

func (h *handler) deleteUpload(c echo.Context) error {
	leave, err := h.turn(c, nil)
	if err != nil {
		return err
	}
	defer leave()
	if err := h.dml.GiveUp(c.Request().Context(), page.Actor(c), c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
