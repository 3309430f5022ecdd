package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"slipway/internal/client"
	"slipway/internal/deploy"
)

var deployments = []string{"Deployment"}

func (h *handler) resultRoutes(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "report-results", Method: http.MethodPost, Path: "/releases/{key}/waves/{n}/results", Tags: deployments, MaxBodyBytes: 8 << 20,
		Summary:     "Report what became of targets of a wave",
		Description: "Each result counts by itself; one that is refused says why, and one that says what is so already changes nothing. Sent again under the same Idempotency-Key, the same report gets the same answer; another report under it is refused (422). A report decides nothing. Needs deploy:report."}, h.report)
	huma.Register(api, huma.Operation{OperationID: "report-installed", Method: http.MethodPut, Path: "/targets/{key}/installed", Tags: deployments, DefaultStatus: http.StatusNoContent,
		Summary:     "Report what a target runs",
		Description: "For monitors. It changes no record: what differs from the records is drift, and is shown to those who keep the target. Needs deploy:report."}, h.installed)
}

type (
	installedRequest struct {
		Key  string `path:"key" doc:"Key of the target" maxLength:"64"`
		Body client.Installed
	}
	reportRequest struct {
		Key  string `path:"key" doc:"Key of the release" example:"PAY-2026.11.2"`
		N    int64  `path:"n" doc:"Number of the wave"`
		Once string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"A word of your own for this report"`
		Body client.Report
	}
	reportAnswer struct{ Body client.Reported }
)

// installed keeps what a monitor found on a target.
func (h *handler) installed(ctx context.Context, in *installedRequest) (*struct{}, error) {
	if err := h.app.Deploy.ReportInstalled(ctx, actorOf(ctx), in.Key, in.Body.Digest, in.Body.Version); err != nil {
		return nil, h.problem(ctx, err)
	}
	return nil, nil
}

func (h *handler) report(ctx context.Context, in *reportRequest) (*reportAnswer, error) {
	results := make([]deploy.Result, len(in.Body.Results))
	for i, r := range in.Body.Results {
		results[i] = deploy.Result{Target: r.Target, Outcome: r.Outcome, Digest: r.Digest, Reason: r.Reason, Evidence: r.Evidence}
	}
	taken, err := h.app.Deploy.TakeResults(ctx, actorOf(ctx), in.Key, in.N, in.Once, results)
	if err != nil {
		return nil, h.problem(ctx, err)
	}
	answer := client.Reported{Wave: string(taken.Wave), Results: make([]client.Taken, len(taken.Results))}
	for i, t := range taken.Results {
		answer.Results[i] = client.Taken{Target: t.Target, State: string(t.State), Taken: t.Taken, Why: t.Why}
	}
	return &reportAnswer{answer}, nil
}
