package handover_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"slipway/internal/review"
	"slipway/web/webtest"
)

// A transfer is delivered by its giver and confirmed by its receiver, and by
// nobody in their place.
func TestTransfersAreMovedByThoseTheyName(t *testing.T) {
	s := webtest.Demo(t)
	ctx, key := context.Background(), "SLW-2026.10.1"
	maya, err := s.App.Identity.Local(ctx, "maya")
	if err != nil {
		t.Fatal(err)
	}
	confirmed := slices.IndexFunc(sheet(t, s, maya, key).Transfers, func(t review.Transfer) bool { return t.State == review.TransferConfirmed })
	if confirmed < 0 {
		t.Fatal("the demonstration has no confirmed transfer")
	}
	like := sheet(t, s, maya, key).Transfers[confirmed] // bruno tells omar
	planned, err := s.App.Review.PlanTransfer(ctx, maya, key, review.TransferPlan{Topic: "Reading the feeds", Audience: like.Audience, Method: like.Method,
		GiverID: like.GiverID, ReceiverID: like.ReceiverID, MediaVersionID: like.MediaVersionID, Due: s.App.DB.Now()})
	if err != nil {
		t.Fatal(err)
	}
	now := func() review.Transfer {
		list := sheet(t, s, maya, key).Transfers
		return list[slices.IndexFunc(list, func(t review.Transfer) bool { return t.Number == planned.Number })]
	}
	page := "/releases/" + key + "/handover"
	for _, step := range []struct {
		verb, who string
		status    int
		says      string
	}{
		{"deliver", "stefan", http.StatusConflict, "Only Bruno Costa, the giver"},
		{"deliver", "maya", http.StatusConflict, "Only Bruno Costa, the giver"},
		{"deliver", "omar", http.StatusConflict, "Only Bruno Costa, the giver"},
		{"deliver", "bruno", http.StatusSeeOther, ""},
		{"confirm", "stefan", http.StatusConflict, "Only Omar Nasser, the receiver"},
		{"confirm", "bruno", http.StatusConflict, "The giver never confirms"},
		{"confirm", "maya", http.StatusConflict, "Only Omar Nasser, the receiver"},
		{"confirm", "omar", http.StatusSeeOther, ""},
	} {
		before := now()
		answer := s.As(step.who).Post(page+"/transfers/"+strconv.FormatInt(planned.Number, 10), url.Values{"verb": {step.verb}, "note": {"Shown on staging."}, "version": {strconv.FormatInt(before.Version, 10)}})
		if answer.Code != step.status {
			t.Errorf("%s by %s: %d, want %d", step.verb, step.who, answer.Code, step.status)
		}
		if step.says != "" {
			answer.Has("[role=alert]", step.says)
		}
		if after := now(); step.status != http.StatusSeeOther && after.State != before.State {
			t.Errorf("%s by %s was refused, and done: %s", step.verb, step.who, after.State)
		}
	}
	if got := now().State; got != review.TransferConfirmed {
		t.Errorf("in the end it is %s", got)
	}
}
