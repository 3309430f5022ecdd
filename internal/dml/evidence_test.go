package dml

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

const cyclone = `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,
 "metadata":{"component":{"type":"application","name":"payments-server","version":"%s"%s}},
 "components":[
  {"type":"library","group":"org.apache.logging.log4j","name":"log4j-core","version":"2.14.1","purl":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1","licenses":[{"license":{"id":"Apache-2.0"}}]},
  {"type":"library","name":"zlib","version":"1.3","components":[{"type":"library","name":"crc","version":"0.1"}]}]}`

const spdxText = `{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"x","documentNamespace":"https://example.org/x","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: t"]},
 "packages":[{"name":"payments-server","SPDXID":"SPDXRef-root","versionInfo":"1.4.0","downloadLocation":"NOASSERTION"},
  {"name":"log4j-core","SPDXID":"SPDXRef-a","versionInfo":"2.17.0","downloadLocation":"NOASSERTION","licenseConcluded":"Apache-2.0","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:maven/log4j-core@2.17.0"}]}],
 "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relatedSpdxElement":"SPDXRef-root","relationshipType":"DESCRIBES"}]}`

const cycloneXML = `<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1"><metadata><component type="application"><name>payments-server</name><version>1.4.0</version></component></metadata>
<components><component type="library"><name>openssl</name><version>3.0.1</version></component></components></bom>`

func hashed(d blob.Digest) string {
	return fmt.Sprintf(`,"hashes":[{"alg":"SHA-256","content":%q}]`, d.Hex())
}

func TestBillsOfMaterialsAreReadAndHeldAgainstTheVersion(t *testing.T) {
	program := blob.Of([]byte("the program"))
	v := &Version{ItemName: "Payments server", Label: "1.4.0", Digest: program}
	for name, try := range map[string]struct {
		text    string
		format  string
		parts   int
		verdict Verdict
	}{
		"the version":            {fmt.Sprintf(cyclone, "1.4.0", ""), "CycloneDX 1.6", 3, Met},
		"the version with a v":   {fmt.Sprintf(cyclone, "v1.4.0", ""), "CycloneDX 1.6", 3, Met},
		"another version":        {fmt.Sprintf(cyclone, "1.3.9", ""), "CycloneDX 1.6", 3, Unmet},
		"the digest":             {fmt.Sprintf(cyclone, "9", hashed(program)), "CycloneDX 1.6", 3, Met},
		"another digest":         {fmt.Sprintf(cyclone, "1.4.0", hashed(blob.Of([]byte("other")))), "CycloneDX 1.6", 3, Unmet},
		"nothing said":           {fmt.Sprintf(cyclone, "", ""), "CycloneDX 1.6", 3, Unknown},
		"SPDX":                   {spdxText, "SPDX 2.3", 1, Met},
		"CycloneDX as XML":       {cycloneXML, "CycloneDX 1.5", 1, Met},
		"with space in front":    {"\n " + spdxText, "SPDX 2.3", 1, Met},
		"without any components": {`{"bomFormat":"CycloneDX","specVersion":"1.4"}`, "CycloneDX 1.4", 0, Unknown},
	} {
		b, err := parseBill([]byte(try.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if verdict, why := b.names(v, nil); b.format != try.format || len(b.parts) != try.parts || verdict != try.verdict {
			t.Errorf("%s: %s with %d parts, %s: %s", name, b.format, len(b.parts), verdict, why)
		}
	}
	for _, bad := range []string{"", "{", "[]", "<html>", `{"bomFormat":"CycloneDX","components":7}`, `{"spdxVersion":"SPDX-9.9"}`, `{"bomFormat":"Other"}`} {
		if _, err := parseBill([]byte(bad)); err == nil {
			t.Errorf("%q was read as a bill of materials", bad)
		}
	}
}

func TestAttachedBillIsJudgedSearchedAndPulled(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.receive(l.bruno, "1.4.0", "the program")
	attach := func(actor identity.Actor, text string) error {
		_, err := l.Attach(ctx, actor, v.ID, "bom.json", strings.NewReader(text))
		return err
	}
	wantKind(t, attach(l.bruno, fmt.Sprintf(cyclone, "1.3.9", "")), fault.Invalid, "not about Payments server 1.4.0")
	wantKind(t, attach(l.bruno, ""), fault.Invalid, "empty")
	wantKind(t, attach(dbtest.User(t, l.db, "olga", identity.ChangeAuthority), spdxText), fault.Forbidden, "submit media")
	for range 2 { // the same again changes nothing
		if err := attach(l.bruno, fmt.Sprintf(cyclone, "1.4.0", "")); err != nil {
			t.Fatal(err)
		}
	}
	v = l.get(v.ID)
	if v.ChecksMet != 6 || v.ChecksUnknown != 2 {
		t.Errorf("after the bill: %d met, %d unknown", v.ChecksMet, v.ChecksUnknown)
	}
	if err := l.Accept(ctx, l.cora, v.ID, v.Row.Version, Decision{}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"log4j 2.14": 1, "LOG4J-core 2.14.1": 1, "log4j 2.17": 0, "zlib": 1, "crc": 1, "payments": 0, "": 0, "%": 0, "log_j": 0} {
		found, _, err := l.FindComponents(ctx, l.cora, ComponentQuery{Text: text})
		if err != nil || len(found) != want {
			t.Errorf("%q: found %d, want %d, %v", text, len(found), want, err)
		}
		for _, f := range found {
			if f.Version.ID != v.ID {
				t.Errorf("%q is said to be in %s", text, f.Version.Title())
			}
		}
	}
	stranger := dbtest.User(t, l.db, "stefan", identity.Stakeholder)
	if found, _, err := l.FindComponents(ctx, stranger, ComponentQuery{Text: "zlib"}); err != nil || len(found) > 0 {
		t.Errorf("a stakeholder searched the library: %v %v", found, err)
	}
	list, err := l.Registry(robot(l.bruno)).Referrers(ctx, "dml/payments-api/server", v.Manifest, "application/vnd.cyclonedx")
	if err != nil || len(list) != 1 {
		t.Errorf("referrers: %+v %v", list, err)
	}
}

func TestPushedBillIsReadByTheJob(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	runner := jobs.NewRunner(l.db, slog.New(slog.DiscardHandler))
	l.Jobs(runner)
	r := l.Registry(robot(l.bruno))
	pushed := mustPush(t, r, "1.4.0", "layer")
	bill := pushBlob(t, r, waiting1, fmt.Sprintf(cyclone, "1", hashed(blob.Of([]byte("layer")))))
	referring := image(pushBlob(t, r, waiting1, "{}"), &Descriptor{MediaType: typeManifest, Digest: pushed.Digest, Size: pushed.Size}, bill)
	if _, err := r.Push(ctx, waiting1, "", typeManifest, referring); err != nil {
		t.Fatal(err)
	}
	for {
		worked, err := runner.Step(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			break
		}
	}
	v := l.labelled("1.4.0")
	d, err := l.Detail(ctx, l.cora, v.ItemKey)
	if err != nil {
		t.Fatal(err)
	}
	if e := d.Versions[0].Evidence; len(e) != 1 || e[0].Verdict != Met || e[0].Components != 3 || e[0].ByName != v.SubmitterName {
		t.Errorf("%+v", e)
	}
}

func FuzzParseBill(f *testing.F) {
	for _, seed := range []string{spdxText, cycloneXML, fmt.Sprintf(cyclone, "1", "")} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		if b, err := parseBill(data); err == nil {
			b.names(&Version{Label: "1"}, nil)
			b.components(&Evidence{})
		}
	})
}
