package deploy_test

import (
	"net/http"
	"testing"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/release"
)

// TestAHeldWaveSaysWhy shows on the wave what machines wait for, with who
// removes it, to whoever sees the release.
func TestAHeldWaveSaysWhy(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	c.rows(&deploy.Wave{}, "method", deploy.MethodSSH)
	err := c.s.App.DB.InTx(t.Context(), func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.WaveTarget{}).Where("wave_id = ?", c.find(2).ID).Update("state", deploy.TargetStaged).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"maya", "dario", "stefan"} {
		if page := c.s.As(who).Get(c.board()).Status(http.StatusOK); page.Doc().Find("[data-withheld]").Length() != 0 {
			t.Errorf("%s is told that a wave is held in its window", who)
		}
	}
	c.later(c.find(2).WindowEnd.Std().Sub(c.s.App.DB.Now().Std()))
	for _, who := range []string{"maya", "dario", "stefan"} {
		c.s.As(who).Get(c.board()).Status(http.StatusOK).
			Has("#live [data-withheld]", "Nothing further is begun").Has("#live [data-withheld] .blockers", "The window of Wave 2").
			Has("#live [data-withheld] .blockers", "Change authority").Has("#live [data-withheld] a[href$='/deployment#window']", "Open the window")
	}
}
