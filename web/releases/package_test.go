package releases_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/web/webtest"
)

func TestAPackageIsAssembledFromEveryKind(t *testing.T) {
	s := webtest.Demo(t)
	bruno, dario := s.As("bruno"), s.As("dario")
	to := at(t, s, membersDay, "package")
	bruno.Get(to).Status(http.StatusOK).Has("#identity", "The package is empty").Has("#add", "Hardware")
	dario.Get(to).Status(http.StatusOK).Lacks("main", "Add an item").Lacks("#components", "Hardware")
	hardware := url.Values{"kind": {"hardware"}, "name": {"Till with a scanner"}, "serial": {"KV-20881"}, "location": {"Cabinet 4, Oslo"}}
	dario.Post(to+"/components", hardware).Status(http.StatusForbidden)
	for name, c := range map[string]struct {
		form  url.Values
		field string
	}{
		"hardware without a serial":     {with(hardware, "serial", ""), "serial"},
		"hardware from nowhere":         {with(hardware, "location", ""), "location"},
		"a process without a reference": {url.Values{"kind": {"process"}, "name": {"Complaints"}}, "reference"},
		"software that nobody chose":    {url.Values{"kind": {"software"}, "name": {"Loyalty server"}}, "media"},
		"software of no library":        {url.Values{"kind": {"software"}, "name": {"Loyalty server"}, "media": {"99999"}}, "media"},
		"a word as a number":            {url.Values{"kind": {"licence"}, "name": {"Map tiles"}, "media": {"1"}, "quantity": {"many"}}, "quantity"},
	} {
		page := bruno.Post(to+"/components", c.form).Status(http.StatusUnprocessableEntity)
		if page.Text("#f-"+c.field+"-error") == "" {
			t.Errorf("%s: nothing is said at %s: %s", name, c.field, page.Text("[role=alert]"))
		}
		if c.form.Get("kind") != "software" && c.form.Get("kind") != "licence" {
			typed(t, page, "#add #f-name", c.form.Get("name"))
		}
		if got, _ := page.Doc().Find("#add input[name=kind]").Attr("value"); got != c.form.Get("kind") {
			t.Errorf("%s: the form of %q is open", name, got)
		}
	}
	bruno.Post(to+"/components", url.Values{"kind": {"spaceship"}, "name": {"x"}}).Status(http.StatusUnprocessableEntity)
	bruno.Post(to+"/components", hardware).Status(http.StatusSeeOther)
	bruno.Post(to+"/components", url.Values{"kind": {"process"}, "name": {"Complaints"}, "reference": {"PR-31 rev 4"}}).Status(http.StatusSeeOther)
	media, _ := bruno.Get(to + "?do=add-documentation").Status(http.StatusOK).Doc().Find("#f-media option:not([value=''])").First().Attr("value")
	bruno.Post(to+"/components", url.Values{"kind": {"documentation"}, "media": {media}}).Status(http.StatusSeeOther)
	bruno.Post(to+"/components", url.Values{"kind": {"software"}, "media": {media}}).Status(http.StatusUnprocessableEntity).Has("#f-media-error", "as documentation, not as software")
	page := bruno.Get(to).Has("#identity", "Assembling").Has("#components", "KV-20881").Has("#components", "Definitive spares, Cabinet 4, Oslo").
		Has("#components", "PR-31 rev 4").Has("#components", "Controlled reference").Has("#manifest", "written when the package is baselined")
	count(t, page, "#components tbody tr", 3)
	gone, _ := page.Doc().Find("#components tbody tr").First().Attr("id")
	gone = strings.TrimPrefix(gone, "component-")
	dario.Post(to+"/components/"+gone+"/remove", nil).Status(http.StatusForbidden)
	bruno.Post(to+"/components/"+gone+"/remove", nil).Status(http.StatusSeeOther)
	bruno.Post(to+"/components/"+gone+"/remove", nil).Status(http.StatusNotFound)
	bruno.Post(to+"/components/none/remove", nil).Status(http.StatusNotFound)
	count(t, bruno.Get(to), "#components tbody tr", 2)
	part := fragment(t, bruno, to+"?do=add-hardware").Status(http.StatusOK).Has("#add form", "Serial number")
	if strings.Contains(part.Body, "<h1") {
		t.Error("the part is a whole page")
	}
}

// Baselining writes the manifest, and its SHA-256 is the package's identity.
func TestTheManifestIsTheIdentity(t *testing.T) {
	s := webtest.Demo(t)
	bruno, stefan := s.As("bruno"), s.As("stefan")
	to := at(t, s, membersDay, "package")
	bruno.Post(to+"/baseline", nil).Status(http.StatusConflict).Has("[role=alert] .blockers", "The package is empty")
	bruno.Post(to+"/components", url.Values{"kind": {"process"}, "name": {"Complaints"}, "reference": {"PR-31 rev 4"}}).Status(http.StatusSeeOther)
	bruno.Get(to + "/1/manifest.json").Status(http.StatusNotFound)
	s.As("dario").Post(to+"/baseline", nil).Status(http.StatusForbidden)
	if codes := twice(bruno, to+"/baseline", url.Values{"once": {"one-press"}}); codes != [2]int{http.StatusSeeOther, http.StatusSeeOther} {
		t.Errorf("two clicks answered %v", codes)
	}
	page := stefan.Get(to).Status(http.StatusOK).Has("#identity", "Baselined").Has("#manifest", "sha256sum")
	file := stefan.Get(to + "/1/manifest.json").Status(http.StatusOK)
	sum := sha256.Sum256([]byte(file.Body))
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if shown := page.Text("#identity .digest-pop"); shown != digest {
		t.Errorf("the page shows %s, the bytes are %s", shown, digest)
	}
	if tag := file.Head.Get("ETag"); tag != `"`+digest+`"` {
		t.Errorf("ETag %s", tag)
	}
	if name := file.Head.Get("Content-Disposition"); !strings.HasPrefix(name, "attachment") || !strings.Contains(name, "-v1-manifest.json") {
		t.Errorf("saved as %s", name)
	}
	var manifest any
	if err := json.Unmarshal([]byte(file.Body), &manifest); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"/2/manifest.json", "/0/manifest.json", "/x/manifest.json", "?version=2", "?version=x"} {
		stefan.Get(to + path).Status(http.StatusNotFound)
	}
	bruno.Post(to+"/baseline", nil).Status(http.StatusConflict)
}

// A baselined package is never edited: an edit says that it makes the next
// version, and the two are compared.
func TestAnEditOfABaselineMakesTheNextVersion(t *testing.T) {
	s := webtest.Demo(t)
	bruno := s.As("bruno")
	to := at(t, s, cardKeys, "package")
	before := bruno.Get(to).Status(http.StatusOK).Has("#identity", "any edit makes v2").Has("#components", "Checking")
	first, _ := before.Doc().Find("#components tbody tr").First().Attr("id")
	id := strings.TrimPrefix(first, "component-")
	count(t, before, "form[action$=remove]", 0) // one click removes nothing from a baseline
	bruno.Get(to+"?do=remove-"+id).Has("#remove-"+id, "Any edit makes v2.")
	bruno.Post(to+"/components/"+id+"/remove", nil).Status(http.StatusSeeOther)
	bruno.Get(to).Has("#identity", "Package v2").Has("#identity", "Assembling").Has("#versions", "Withdrawn")
	old := bruno.Get(to+"?version=1").Status(http.StatusOK).Has("#older", "v1 against v2").Has("#older", "removed").Has("#manifest", "v1")
	count(t, old, "#older tbody tr", 1)
}

func TestAnAffectedItemIsDecidedWithAReason(t *testing.T) {
	s := webtest.Demo(t)
	bruno, dario := s.As("bruno"), s.As("dario")
	to := at(t, s, membersDay, "package")
	page := bruno.Get(to).Status(http.StatusOK).Has("#items", "not decided")
	row, _ := page.Doc().Find("#items tbody tr").First().Attr("id")
	id := strings.TrimPrefix(row, "affected-")
	form := url.Values{"version": {of(page, "#item-"+id)}, "decision_" + id: {"excluded"}, "reason_" + id: {"It stays; its owner was asked."}, "to_be_" + id: {"9.9"}}
	dario.Post(to+"/items/"+id, form).Status(http.StatusForbidden)
	hidden := bruno.Post(to+"/items/"+id, with(form, "reason_"+id, " ")).Status(http.StatusUnprocessableEntity).Has("#f-reason_"+id+"-error", "hidden item")
	typed(t, hidden, "#f-to_be_"+id, "9.9")
	count(t, hidden, "#item-"+id+"[open] input[checked]", 1)
	bruno.Post(to+"/items/"+id, with(form, "decision_"+id, "included", "to_be_"+id, "")).Status(http.StatusUnprocessableEntity).Has("#f-to_be_"+id+"-error", "version after")
	bruno.Post(to+"/items/"+id, with(form, "decision_"+id, "")).Status(http.StatusUnprocessableEntity).Has("#f-decision_"+id, "Include or exclude it.")
	stale := bruno.Post(to+"/items/"+id, with(form, "version", "44")).Status(http.StatusConflict).Has("[role=alert]", "Somebody else saved this")
	typed(t, stale, "#f-reason_"+id, "It stays; its owner was asked.")
	bruno.Post(to+"/items/"+id, form).Status(http.StatusSeeOther)
	bruno.Get(to).Has("#"+row, "Excluded").Has("#"+row, "its owner was asked").Has("#"+row, "kept")
	bruno.Post(to+"/items/99999", form).Status(http.StatusNotFound)
	unknown := bruno.Post(to+"/items", url.Values{"item": {"no-such-item"}}).Status(http.StatusUnprocessableEntity).Has("#f-item-error", "no configuration item with this key")
	typed(t, unknown, "#f-item", "no-such-item")
	bruno.Post(to+"/items", url.Values{"item": {"pay-server"}}).Status(http.StatusSeeOther)
	bruno.Post(to+"/items", url.Values{"item": {"pay-server"}}).Status(http.StatusUnprocessableEntity).Has("#f-item-error", "on the list already")
	bruno.Get(to).Has("#items", "added by Bruno Costa")
}

func TestASignedPackageIsLockedAndHashedAnew(t *testing.T) {
	s := webtest.Demo(t)
	bruno, maya, stefan := s.As("bruno"), s.As("maya"), s.As("stefan")
	to := at(t, s, shelfLabels, "package")
	bruno.Get(to).Has("#identity", "Signed off").Has("#identity", "Send it back to build and test first").Has("#components", "Accepted").Lacks("main", "Add an item").Lacks("#identity a", "Rework")
	maya.Get(to).Has("#identity a", "Rework")
	stefan.Get(to).Lacks("main", "Hash all media anew").Lacks("main", "Send it back")
	bruno.Post(to+"/components", url.Values{"kind": {"process"}, "name": {"Complaints"}, "reference": {"PR-31"}}).Status(http.StatusConflict).Has("[role=alert] .blockers", "Send it back")
	bruno.Get(to).Has("#recheck", "never")
	stefan.Post(to+"/recheck", nil).Status(http.StatusForbidden)
	bruno.Post(to+"/recheck", nil).Status(http.StatusSeeOther)
	bruno.Get(to).Has("#recheck", "all match")
	bruno.Get(at(t, s, shelfLabels, "gates", "A4")).Has("#subject", "Hashed anew, all match")
}

func TestAReleaseUnitIsAddedOnThePackagePage(t *testing.T) {
	s := webtest.Demo(t)
	bruno, to := s.As("bruno"), at(t, s, cardKeys, "package") // planned with one of two units
	page := bruno.Get(to+"?do=add-unit").Status(http.StatusOK).Has("#add-item form select option", "Payment server and papers").Lacks("#add-item form", "Card gateway")
	unit, _ := page.Doc().Find("#add-item option:contains('Payment server')").Attr("value")
	s.As("tess").Get(to+"?do=add-unit").Status(http.StatusOK).Lacks("#items", "release unit")
	s.As("tess").Post(to+"/units", url.Values{"unit": {unit}}).Status(http.StatusForbidden)
	s.As("stefan").Post(to+"/units", url.Values{"unit": {unit}}).Status(http.StatusNotFound) // it is restricted
	bruno.Post(to+"/units", url.Values{}).Status(http.StatusUnprocessableEntity).Has("#f-unit-error", "release units of Payments API")
	bruno.Post(to+"/units", url.Values{"unit": {unit}}).Status(http.StatusSeeOther)
	bruno.Get(to).Has("#items", "in the unit Payment server and papers").Lacks("#add-item", "Add a release unit")
	s.As("maya").Get(at(t, s, cardKeys, "history")).Has("#record", "added the release unit Payment server and papers")
	bruno.Post(at(t, s, shelfLabels, "package", "units"), url.Values{"unit": {unit}}).Status(http.StatusConflict).Has("[role=alert] .blockers", "Send it back to build and test")
}

// The library is not open to a stakeholder: what they may not open is named, not linked.
func TestThePackageLeadsToWhatOneMayOpen(t *testing.T) {
	s := webtest.Demo(t)
	to := at(t, s, settlement, "package")
	for name, software := range map[string]int{"stefan": 0, "dario": 1} {
		page := s.As(name).Get(to).Status(http.StatusOK).Has("#components", "pay/pay-server")
		count(t, page, "#components a[href='/dml/pay/pay-server']", software)
		count(t, page, "#components a[href='/dml/pay/pay-runbook']", 1) // documentation that was accepted
	}
}
