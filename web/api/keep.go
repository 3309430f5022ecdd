package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"slipway/internal/client"
	"slipway/internal/dml"
	"slipway/internal/fault"
)

func (h *handler) keepRoutes(api huma.API) {
	const who = " Needs dml:write, and the role of a custodian or an administrator."
	huma.Register(api, huma.Operation{OperationID: "verify-library", Method: http.MethodPost, Path: "/media/verification", Tags: media, DefaultStatus: http.StatusAccepted,
		Summary: "Hash everything again", Description: "Begins in the background; while it lasts, asking again gives the same one." + who}, h.verifyLibrary)
	huma.Register(api, huma.Operation{OperationID: "find-library-verification", Method: http.MethodGet, Path: "/media/verification/{id}", Tags: media,
		Summary: "See how far a verification is, and what it has found", Description: "Needs the same."}, h.findVerification)
	huma.Register(api, huma.Operation{OperationID: "collect-media", Method: http.MethodPost, Path: "/media/gc", Tags: media, DefaultStatus: http.StatusAccepted,
		Summary:     "Collect what nothing needs",
		Description: "Lets go of what retention no longer keeps, condemns bytes that nothing needs and deletes those condemned longer than the grace ago, in the background. Who asks again while theirs goes on gets the same one. A dry run answers at once (200) what would go, and changes nothing." + who}, h.collect)
	huma.Register(api, huma.Operation{OperationID: "find-collection", Method: http.MethodGet, Path: "/media/gc/{id}", Tags: media,
		Summary: "See how far a collection is", Description: "Needs the same."}, h.findCollection)
}

type (
	numbered struct {
		ID int64 `path:"id"`
	}
	libraryAnswer  struct{ Body client.LibraryVerification }
	collectRequest struct{ Body client.CollectionRequest }
	collectAnswer  struct {
		Status int
		Body   client.Collection
	}
)

func (h *handler) verifyLibrary(ctx context.Context, _ *struct{}) (*libraryAnswer, error) {
	v, err := h.dml.VerifyAll(ctx, actorOf(ctx))
	if err != nil {
		return nil, h.problem(ctx, err)
	}
	return &libraryAnswer{verification(v, nil)}, nil
}

func (h *handler) findVerification(ctx context.Context, in *numbered) (*libraryAnswer, error) {
	v, damaged, err := h.dml.FindVerification(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, h.problem(ctx, err)
	}
	return &libraryAnswer{verification(v, damaged)}, nil
}

func (h *handler) collect(ctx context.Context, in *collectRequest) (*collectAnswer, error) {
	grace := dml.DefaultGrace
	if in.Body.Grace != "" {
		var err error
		if grace, err = time.ParseDuration(in.Body.Grace); err != nil {
			return nil, h.problem(ctx, fault.New(fault.Invalid, "The grace period is a duration such as 24h."))
		}
	}
	if in.Body.DryRun {
		plan, err := h.dml.Plan(ctx, actorOf(ctx), grace)
		if err != nil {
			return nil, h.problem(ctx, err)
		}
		return &collectAnswer{http.StatusOK, client.Collection{State: client.Planned, Plan: Plan(plan)}}, nil
	}
	run, err := h.dml.AskCollection(ctx, actorOf(ctx), grace)
	if err != nil {
		return nil, h.problem(ctx, err)
	}
	return &collectAnswer{http.StatusAccepted, *Collection(run)}, nil
}

func (h *handler) findCollection(ctx context.Context, in *numbered) (*collectAnswer, error) {
	run, err := h.dml.FindCollection(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, h.problem(ctx, err)
	}
	return &collectAnswer{http.StatusOK, *Collection(run)}, nil
}

func verification(v *dml.Verification, damaged []dml.Damage) client.LibraryVerification {
	out := client.LibraryVerification{ID: v.ID, State: client.Running, By: v.ByName, Blobs: v.Blobs, Bytes: v.Bytes,
		DoneBlobs: v.DoneBlobs, DoneBytes: v.Hashed(), Damaged: v.Damaged, Error: v.LastError}
	switch {
	case v.Failed():
		out.State = client.Failed
	case v.Ended():
		out.State = client.Ended
	}
	for _, d := range damaged {
		out.Suspects = append(out.Suspects, client.Damage{Digest: d.Digest.String(), Size: d.Size, Versions: append([]string{}, d.Versions...)})
	}
	return out
}

// Collection is a collection as programs see it.
func Collection(c *dml.Collection) *client.Collection {
	out := &client.Collection{ID: c.ID, State: client.Running, LetGo: c.LetGo, Condemned: c.Condemned + c.Orphans, Deleted: c.Deleted,
		Freed: c.Freed, Uploads: c.Uploads, Failures: c.Failures, LastError: c.LastError}
	if c.Ended() {
		out.State = client.Ended
	}
	return out
}

// Plan is a dry run as programs see it.
func Plan(p *dml.Plan) *client.CollectionPlan {
	out := &client.CollectionPlan{Lines: make([]client.PlanLine, len(p.Lines)), Blobs: p.Blobs, Frees: p.Frees, Now: p.Now, Uploads: p.Uploads, More: p.More}
	for i, line := range p.Lines {
		out.Lines[i] = client.PlanLine{What: string(line.What), Name: line.Name, Digest: line.Digest.String(), Size: line.Size, Why: line.Why, At: line.At.Std().Format(time.RFC3339)}
	}
	return out
}
