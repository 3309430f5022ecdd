package deploy_test

import (
	"net/http"
	"strings"
	"testing"

	"slipway/internal/release"
)

func TestTheBoardIsToldOfChanges(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	board := c.s.As("dario").Get(c.board())
	address, there := board.Doc().Find("#stream").Attr("hx-sse:connect")
	if !there || !strings.HasPrefix(address, c.board()+"/events?since=") {
		t.Fatalf("the board listens at %q", address)
	}
	trigger, _ := board.Doc().Find("#board").Attr("hx-trigger")
	if !strings.Contains(trigger, "every 10s") || !strings.Contains(trigger, "changed from:#stream") {
		t.Errorf("the board looks %q", trigger)
	}
	stale := c.s.As("dario").Get(c.board() + "/events?since=before")
	stale.Status(http.StatusOK)
	if !strings.Contains(stale.Body, "event: changed\n") {
		t.Errorf("whoever missed a change hears %q", stale.Body)
	}
	if fresh := c.s.As("dario").Get(address); strings.Contains(fresh.Body, "changed") {
		t.Errorf("whoever missed nothing hears %q", fresh.Body)
	}
	c.s.As("dario").Get("/releases/NO-1/deployment/events").Status(http.StatusNotFound)
	c.s.Nobody().Get(c.board() + "/events").Status(http.StatusSeeOther)
}
