package deploy_test

import (
	"net/http"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/release"
)

func TestTargetsAreReportedOneByOne(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	dario, stefan, maya := c.s.As("dario"), c.s.As("stefan"), c.s.As("maya")
	list := c.wave("2/targets")
	dario.Get(list).Status(http.StatusOK).Has("tbody", "pay-osl-2").Has("tbody", "not reported")
	dario.Get(list+"?q=mma").Has("tbody", "pay-mma-1").Lacks("tbody", "pay-osl-2")
	dario.Get(list+"?state=Failed").Has(".empty", "Nothing matches").Has(".empty a", "Clear filters")
	dario.Get(list + "?state=Lost").Status(http.StatusUnprocessableEntity)
	fragment(t, dario, list+"?q=mma").Has("#wave-targets", "pay-mma-2")

	target := list + "/pay-osl-2"
	page := dario.Get(target).Status(http.StatusOK).Has("h1", "pay-osl-2").Has("#facts", "Before the wave")
	dario.Get(list + "/pay-osl-99").Status(http.StatusNotFound)
	stefan.Get(target).Status(http.StatusOK).Has("#report", "Nothing now").Lacks("main", "Its history")
	stefan.Post(target+"/verified", filled(t, page, target+"/verified", "digest", c.release().PackageDigest, "evidence", "x")).Status(http.StatusForbidden)

	verified := target + "/verified"
	wrong := c.does(dario, target, verified, "digest", "sha256:"+strings.Repeat("b", 64), "evidence", "Read it on the host.").Status(http.StatusConflict)
	wrong.Has("[role=alert] .blockers", "is not the signed").Has("details[open] textarea", "Read it on the host.")
	c.does(dario, target, verified, "digest", c.release().PackageDigest).Status(http.StatusUnprocessableEntity).Has("#f-evidence-error", "Say what shows it")
	form := filled(t, page, verified, "digest", c.release().PackageDigest, "evidence", "Read it on the host.")
	dario.Post(verified, form).Status(http.StatusSeeOther)
	dario.Post(verified, form).Status(http.StatusSeeOther)
	form.Del("once")
	dario.Post(verified, form).Status(http.StatusConflict).Has(".notice", "Read it on the host.")
	dario.Get(target).Has("#facts", "Read it on the host.").Has("#facts", "Dario Conti")

	target = list + "/pay-osl-3"
	c.done(dario, target, target+"/failed", "reason", "Does not boot.")
	maya.Get(c.board()).Has("#wave-2 .targets", "pay-osl-3").Has("#wave-2", "Failed 1")
	c.done(dario, target, target+"/retry")
	dario.Get(target).Has("#facts dt", "Attempts")
	c.waveIs(2, deploy.WaveRunning)
}

func TestTwoPeopleLeaveATargetOut(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	maya, sofia, dario := c.s.As("maya"), c.s.As("sofia"), c.s.As("dario")
	target := c.wave("2/targets/pay-mma-2")
	lacksForm(t, dario.Get(target), target+"/exclude")
	c.does(maya, target, target+"/exclude").Status(http.StatusUnprocessableEntity).Has("#f-reason-error", "Say why it is left out")
	c.done(maya, target, target+"/exclude", "reason", "It is scrapped tomorrow.")
	maya.Get(c.board()).Has("#exclusions", "It is scrapped tomorrow.").Has("#exclusions a[href='"+target+"']", "pay-mma-2")
	own := maya.Get(target).Has("#report button", "Take it back")
	lacksForm(t, own, target+"/exclusion")
	maya.Post(target+"/exclusion", filled(t, own, target+"/inclusion")).Status(http.StatusConflict).Has("[role=alert] .blockers", "somebody else confirms")
	c.done(sofia, target, target+"/inclusion")
	maya.Get(c.board()).Lacks("main", "It is scrapped tomorrow.")
	c.done(maya, target, target+"/exclude", "reason", "It really is.")
	c.done(sofia, target, target+"/exclusion")
	if w := c.find(2); w.Excluded != 1 {
		t.Errorf("%d targets are left out", w.Excluded)
	}
	sofia.Get(target).Has("h1 ~ .row-line .st, .page-head .st", "Excluded")
}
