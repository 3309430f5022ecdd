package webtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/sample"
)

// subjects are the states of the release in which a part of its pages has
// something to show; the others are asked of one that is being deployed.
var subjects = map[string]release.State{
	"plan": release.Planning, "gates": release.Ready, "handover": release.EarlyLife, "tests": release.EarlyLife, "package": release.BuildTest,
	"items": release.BuildTest, "components": release.BuildTest, "emergency": release.EarlyLife,
}

// names are records of the demonstration, by the word before them in an address.
var names = map[string]string{
	"users": "stefan", "policies": "payments", "models": "rolling-service", "services": "PAY", "items": "pay-server", "targets": "pay-osl-1",
	"environments": "field", "status": "settlement", "changes": "CHG-1", "freezes": "F-1", "gates": "A4", "errors": "KE-2", "dml": "pay/pay-server", "licences": "RADIO-2026",
	"sessions": "999999", "tokens": "999999", // nobody's, so that nobody is signed out
}

// Address fills the parameters of a route with records of the demonstration.
// Where none of the kind is known it fills in 1, which is most often there.
func (s *Server) Address(path string) string {
	s.t.Helper()
	if path == "/dml/compare" {
		return path + s.compared()
	}
	words := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var r *release.Release
	for i, word := range words {
		if word == ":tenant" {
			words[i] = "default"
		}
		if !strings.HasPrefix(word, ":") && word != "*" || i == 0 {
			continue
		}
		before := words[i-1]
		switch {
		case before == "releases":
			r = s.releaseFor(words[i+1:])
			words[i] = r.Key
		case word == ":verb":
			words[i] = "accept"
		case r != nil && before != "gates" && before != "errors" && before != "targets":
			words[i] = strconv.FormatInt(s.within(r, before), 10)
		case before == "versions":
			words[i] = strconv.FormatInt(s.version(), 10)
		case before == "targets" && r == nil:
			words[i] = "brf-0001" // a device that fetches; releases are deployed to others
		case names[before] != "" && word != ":number":
			words[i] = names[before]
		case before == "items" && word == "*":
			words[i] = names["dml"]
		default:
			words[i] = "1"
		}
	}
	return "/" + strings.Join(words, "/")
}

// compared asks for two versions of an item, the older one first.
func (s *Server) compared() string {
	s.t.Helper()
	d, err := s.App.DML.Detail(context.Background(), s.maya(), "telenord/modem-firmware")
	if err != nil || len(d.Versions) < 2 {
		s.t.Fatalf("there are no two versions to compare: %v", err)
	}
	return fmt.Sprintf("?from=%d&to=%d", d.Versions[len(d.Versions)-1].ID, d.Versions[0].ID)
}

func (s *Server) maya() identity.Actor {
	s.t.Helper()
	maya, err := s.App.Identity.Local(context.Background(), sample.Holder(identity.ReleaseManager))
	if err != nil {
		s.t.Fatal(err)
	}
	return maya
}

// releaseFor gives the release that suits the rest of the address: of several
// the one that was planned first, since it holds most.
func (s *Server) releaseFor(rest []string) *release.Release {
	s.t.Helper()
	state, kind := release.Deploying, release.Type("")
	for _, word := range rest {
		if found, known := subjects[word]; known {
			state = found
			break
		}
	}
	if slices.Contains(rest, "emergency") {
		kind = release.Emergency
	}
	list, err := s.App.Release.List(context.Background(), s.maya(), release.Filter{State: state, Type: kind})
	if err != nil || len(list) == 0 {
		s.t.Fatalf("no release is %s: %v", state, err)
	}
	if state == release.Ready { // one whose A4 waits for a decision
		list = slices.DeleteFunc(list, func(r release.Release) bool { return !strings.Contains(r.Gates, "Open") })
	}
	return &list[len(list)-1]
}

// within gives the number of a record of a release.
func (s *Server) within(r *release.Release, kind string) int64 {
	s.t.Helper()
	number := int64(1)
	err := s.App.DB.View(context.Background(), func(tx *db.Tx) error {
		switch kind {
		case "items":
			list, err := s.App.Release.Items(tx, r)
			if len(list) > 0 && r.State != release.EarlyLife { // there they are the handover's, by number
				number = list[0].ID
			}
			return err
		case "attachments":
			list, err := dml.AttachmentsOf(tx, r.ID)
			if at := slices.IndexFunc(list, func(a dml.Attachment) bool { return a.Picture() }); at >= 0 {
				number = list[at].ID
			}
			return err
		case "components":
			_, lines, err := s.App.Release.CurrentPackage(tx, r)
			if len(lines) > 0 {
				number = lines[0].ID
			}
			return err
		}
		return nil
	})
	if err == nil && kind == "stakeholders" {
		var circle *plan.Circle
		if circle, err = s.App.Plan.Circle(context.Background(), s.maya(), r.Key); err == nil {
			number = circle.Stakeholders[0].ID
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return number
}

// version gives a media version that waits for its custodian.
func (s *Server) version() int64 {
	s.t.Helper()
	queue, err := s.App.DML.List(context.Background(), s.maya(), dml.Filter{State: dml.Checking, Limit: 1})
	if err != nil || len(queue.Versions) == 0 {
		s.t.Fatalf("nothing waits in quarantine: %v", err)
	}
	return queue.Versions[0].ID
}
