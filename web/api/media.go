package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"slipway/internal/client"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/web/page"
)

func (h *handler) mediaRoutes(api huma.API, g *echo.Group) {
	huma.Register(api, huma.Operation{OperationID: "find-media", Method: http.MethodGet, Path: "/media", Tags: media,
		Summary: "Find a version by its name or digest", Description: "Needs dml:read or dml:write."}, h.findMedia)
	huma.Register(api, huma.Operation{OperationID: "submit-media", Method: http.MethodPost, Path: "/media", Tags: media, DefaultStatus: http.StatusCreated,
		Summary: "Submit an upload", Description: "Turns an upload that has arrived whole into a version in quarantine. While anything is wrong with what is said of it, the upload is kept. Needs dml:write."}, h.submitMedia)
	huma.Register(api, huma.Operation{OperationID: "verify-media", Method: http.MethodPost, Path: "/media/{id}/verification", Tags: media,
		Summary: "Hash the stored bytes of a version again", Description: "Needs dml:read or dml:write."}, h.verifyMedia)
	g.GET("/media/:id/file", h.file)
	g.HEAD("/media/:id/file", h.file)
	describe(api, media, http.MethodGet, "/media/{id}/file", "Read the bytes of a version", "Ranges are answered; the ETag is the digest. The last bytes come only once all of it matched the digest.", "200")
}

var media = []string{"Media library"}

type (
	mediaAnswer struct{ Body client.Media }
	findRequest struct {
		Name string `query:"name" required:"true" maxLength:"300" doc:"ITEM:VERSION, or a digest sha256:…" example:"payments-api/server:1.4.0"`
	}
	submitRequest struct{ Body client.Submission }
	verifyRequest struct {
		ID int64 `path:"id"`
	}
	verificationAnswer struct{ Body client.Verification }
)

func (h *handler) findMedia(ctx context.Context, in *findRequest) (*mediaAnswer, error) {
	v, err := h.dml.Lookup(ctx, actorOf(ctx), in.Name)
	return h.media(ctx, v, err)
}

func (h *handler) submitMedia(ctx context.Context, in *submitRequest) (*mediaAnswer, error) {
	s := in.Body
	sub := dml.Submission{ItemKey: s.Item, Label: s.Version, Declared: blob.Digest(s.Digest), Source: s.Source, ChangeKey: s.Change, Note: s.Note,
		ItemName: s.Name, Kind: dml.Kind(s.Kind), Supplier: s.Supplier, Licence: s.Licence, LicenceKey: s.LicenceKey}
	if s.Supplier != "" {
		sub.Provenance = dml.Procured
	}
	v, err := h.dml.Submit(ctx, actorOf(ctx), sub, s.Upload)
	return h.media(ctx, v, err)
}

func (h *handler) verifyMedia(ctx context.Context, in *verifyRequest) (*verificationAnswer, error) {
	v, err := h.dml.Verify(ctx, actorOf(ctx), in.ID)
	if err != nil && (v == nil || !errors.Is(err, fault.Refused)) {
		return nil, h.problem(ctx, err)
	}
	return &verificationAnswer{client.Verification{Ref: v.Ref(), Digest: v.Digest.String(), Size: v.Size, Intact: err == nil}}, nil
}

func (h *handler) media(ctx context.Context, v *dml.Version, err error) (*mediaAnswer, error) {
	if err != nil {
		return nil, h.problem(ctx, err)
	}
	return &mediaAnswer{*Media(v)}, nil
}

// Media is a version as programs see it.
func Media(v *dml.Version) *client.Media {
	return &client.Media{ID: v.ID, Ref: v.Ref(), Item: v.ItemKey, Name: v.ItemName, Version: v.Label, Kind: string(v.Kind), State: string(v.State),
		FileName: v.FileName, MediaType: v.MediaType, Size: v.Size, Digest: v.Digest.String(), Submitter: v.SubmitterName}
}

func (h *handler) file(c echo.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "There is no such media version.")
	}
	return page.SendMedia(c, h.dml, id)
}

// describe documents an address that speaks no JSON, or a protocol of its own.
func describe(api huma.API, tags []string, method, path, summary, description, status string) {
	op := &huma.Operation{Method: method, Path: path, Tags: tags, Summary: summary, Description: description, Responses: map[string]*huma.Response{
		status:    {Description: summary},
		"default": {Description: "Error", Content: map[string]*huma.MediaType{problem: {}}}}}
	if strings.Contains(path, "{id}") {
		op.Parameters = []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	api.OpenAPI().AddOperation(op)
}
