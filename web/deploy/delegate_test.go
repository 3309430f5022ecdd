package deploy_test

import (
	"fmt"
	"net/http"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/release"
)

// TestADelegateGivesGoFromThePage goes by role: the lead names, the delegate
// says go, everybody reads of both.
func TestADelegateGivesGoFromThePage(t *testing.T) {
	c := at(t, "PAY", release.Ready)
	maya, dario, stefan := c.s.As("maya"), c.s.As("dario"), c.s.As("stefan")
	c.rows(&deploy.Wave{}, "lead_id", actor(t, c.s, "maya").UserID)
	c.rows(&deploy.Wave{}, "lead_name", "Maya Lindqvist")
	id := fmt.Sprint(actor(t, c.s, "dario").UserID)
	c.done(maya, c.board(), c.wave("1/ready"))
	for _, page := range []string{"dario", "stefan", "chen"} {
		lacksForm(t, c.s.As(page).Get(c.board()).Status(http.StatusOK), c.wave("1/delegate"))
	}
	form := filled(t, maya.Get(c.board()), c.wave("1/delegate"), "delegate", id)
	dario.Post(c.wave("1/delegate"), form).Status(http.StatusForbidden)
	stefan.Post(c.wave("1/delegate"), form).Status(http.StatusForbidden)
	c.does(maya, c.board(), c.wave("1/delegate"), "delegate", fmt.Sprint(actor(t, c.s, "stefan").UserID)).Status(http.StatusUnprocessableEntity).Has("#f-delegate-error", "Deployment staff")
	lacksForm(t, dario.Get(c.board()), c.wave("1/go"))
	c.done(maya, c.board(), c.wave("1/delegate"), "delegate", id)
	for _, who := range []string{"maya", "dario", "stefan"} {
		c.s.As(who).Get(c.board()).Has("#wave-1", "Go may be given by Dario Conti for Maya Lindqvist")
	}
	lacksForm(t, c.s.As("dina").Get(c.board()), c.wave("1/go"))
	c.done(dario, c.board(), c.wave("1/go"), "comment", "All set.")
	stefan.Get(c.board()).Has("#wave-1", "Go by Dario Conti for Maya Lindqvist")
	maya.Get("/releases/"+c.key+"/history").Has("main", "gave go for Wave 1, Pilot for Maya Lindqvist")
	c.waveIs(1, deploy.WaveGo)
}
