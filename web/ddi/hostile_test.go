package ddi_test

import (
	"fmt"
	"strings"
	"testing"

	"slipway/internal/deploy"
)

func TestWhoAsksIsFoundOut(t *testing.T) {
	f := newWorld(t, image, "dev-1", "dev-2")
	one := f.device("dev-1")
	wrong := &device{f, "dev-1", "TargetToken nonsense"}
	nobody := &device{f, "dev-9", "TargetToken nonsense"}
	a, b := wrong.ask("GET", "", "").status(401), nobody.ask("GET", "", "").status(401)
	if string(a.body) != string(b.body) || !strings.Contains(string(a.body), "errorCode") {
		t.Errorf("%s tells more than %s", a.body, b.body)
	}
	for _, auth := range []string{"", "TargetToken", "TargetToken ", "Bearer " + one.auth, "GatewayToken " + strings.TrimPrefix(one.auth, "TargetToken ")} {
		(&device{f, "dev-1", auth}).ask("GET", "", "").status(401)
	}
	(&device{f, "dev-2", one.auth}).ask("GET", "", "").status(401)
	(&device{f, "../dev-1", one.auth}).ask("GET", "", "").status(404)
	(&device{f, "..%2fdev-1", one.auth}).ask("GET", "", "").status(401)
	old := *one
	one = f.device("dev-1")
	old.ask("GET", "", "").status(401)
	one.ask("GET", "", "").status(200)
	f.must(f.app.Deploy.EndToken(ctx, f.omar, "dev-1"))
	one.ask("GET", "", "").status(401)
	one.ask("GET", f.url+"/other/controller/v1/dev-1", "").status(404)
}

func TestAGatewayAddsItsDevices(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	f.must(f.app.Deploy.AddEnvironment(ctx, f.omar, deploy.EnvironmentDraft{Key: "lab", Name: "Lab", Zone: "UTC"}))
	f.must(f.app.Deploy.AddTarget(ctx, f.omar, deploy.TargetDraft{Key: "lab-1", EnvironmentKey: "lab"}))
	token, err := f.app.Deploy.RotateGateway(ctx, f.omar, "field")
	f.must(err)
	gateway := "GatewayToken " + token
	(&device{f, "new-1", gateway}).ask("GET", "", "").status(200)
	detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, "new-1")
	f.must(err)
	if detail.Target.EnvironmentKey != "field" {
		t.Errorf("%+v", detail.Target)
	}
	(&device{f, "dev-1", gateway}).ask("GET", "", "").status(200)
	(&device{f, "lab-1", gateway}).ask("GET", "", "").status(401)
	(&device{f, "a%20name", gateway}).ask("GET", "", "").status(400)
	(&device{f, "new-2", "TargetToken " + token}).ask("GET", "", "").status(401)
	_, err = f.app.Deploy.RotateGateway(ctx, f.omar, "field")
	f.must(err)
	(&device{f, "dev-1", gateway}).ask("GET", "", "").status(401)
}

func TestHostileBodiesAreBoundedAndKeptShort(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	f.start(1)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	for _, path := range []string{"/deploymentBase/" + action + "/feedback", "/cancelAction/" + action + "/feedback", "/confirmationBase/" + action + "/feedback"} {
		one.ask("POST", path, strings.Repeat("x", 2<<20)).status(413)
		one.ask("POST", path, "{").status(400)
	}
	one.ask("PUT", "/configData", strings.Repeat("x", 2<<20)).status(413)
	one.ask("PUT", "/configData", "nonsense").status(400)
	one.ask("PUT", "/configData", `{"data":{"a|tag":"x|tag=pilot|\ny","tag":"gold","si<te":"x","Site":"Oslo"}}`).status(200)
	detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, "dev-1")
	f.must(err)
	if facets := detail.Target.Facets; !strings.Contains(facets, "|site=oslo|") || strings.Count(facets, "|tag=pilot|") != 1 || strings.Contains(facets, "|tag=gold|") || strings.Contains(facets, "si<te") {
		t.Errorf("filters read %q", detail.Target.Facets)
	}
	list, err := f.app.Deploy.TargetsPage(ctx, f.maya, deploy.TargetFilter{Filter: "site=Oslo"})
	f.must(err)
	if len(list.Targets) != 1 {
		t.Errorf("%d targets say that they are in Oslo", len(list.Targets))
	}
	one.ask("PUT", "/configData", `{"mode":"remove","data":{"Site":""}}`).status(200)
	one.ask("PUT", "/configData", `{"mode":"replace","data":{"only":"this"}}`).status(200)
	for range 250 {
		one.says(action, "proceeding", "none", strings.Repeat("much to say ", 5000)).status(200)
	}
	one.says(action, "proceeding", "none", "the last word").status(200)
	detail, err = f.app.Deploy.TargetDetail(ctx, f.maya, "dev-1")
	f.must(err)
	said := detail.Actions[0].Statuses
	if detail.Target.Reported != "only=this" || detail.Actions[0].PullAction.Statuses != 200 || said[0].Details != "the last word" || len(said[1].Details) > 9000 {
		t.Errorf("%q, %d, %q, %d bytes", detail.Target.Reported, detail.Actions[0].PullAction.Statuses, said[0].Details, len(said[1].Details))
	}
}

func TestFileNamesLeadNowhereElse(t *testing.T) {
	f := newWorld(t, image, "dev-1")
	one := f.device("dev-1")
	f.start(1)
	href, _ := one.offered()
	one.ask("GET", href, "").status(200)
	for _, name := range []string{"..%2f..%2fslipway.db", "%2e%2e%2fslipway.db", "fw", "fw%202.0+a.swu%00", "..%5cslipway.db", "fw%202.0+a.swu.MD5SUM.MD5SUM", "%2fetc%2fpasswd"} {
		one.ask("GET", "/softwaremodules/"+fmt.Sprint(f.Module)+"/artifacts/"+name, "").status(404)
	}
	one.ask("GET", "/softwaremodules/999/artifacts/fw%202.0+a.swu", "").status(404)
	one.ask("GET", "/softwaremodules/-1/artifacts", "").status(404)
	one.ask("GET", "/softwaremodules/"+fmt.Sprint(f.Module)+"/artifacts/fw%202.0%2ba.swu", "").status(200)
}
