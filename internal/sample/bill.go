package sample

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"slipway/internal/build"
)

// part is a library that software of the demonstration is made of. Later
// versions of the software hold later ones of it.
type part struct {
	name, licence, purl string // of the purl, what stands before @
	versions            []string
}

// recipe is what an item is made of, from one of its versions to the next; what
// comes after the last label is made as that one was.
type recipe struct {
	spdx   bool // its bill is SPDX, else CycloneDX
	labels []string
	parts  []part
}

var recipes = map[string]recipe{
	"pay-server": {labels: []string{"4.1.3", "4.2.0", "4.3.0"}, parts: []part{
		{"org.apache.logging.log4j/log4j-core", "Apache-2.0", "pkg:maven/org.apache.logging.log4j/log4j-core", []string{"2.17.1", "2.20.0", "2.24.3"}},
		{"com.fasterxml.jackson.core/jackson-databind", "Apache-2.0", "pkg:maven/com.fasterxml.jackson.core/jackson-databind", []string{"2.15.4", "2.17.2"}},
		{"io.netty/netty-handler", "Apache-2.0", "pkg:maven/io.netty/netty-handler", []string{"4.1.108.Final", "4.1.118.Final"}},
		{"org.postgresql/postgresql", "BSD-2-Clause", "pkg:maven/org.postgresql/postgresql", []string{"42.7.3", "42.7.4"}},
		{"org.bouncycastle/bcprov-jdk18on", "MIT", "pkg:maven/org.bouncycastle/bcprov-jdk18on", []string{"1.78.1"}}}},
	"pay-gateway": {labels: []string{"2.7.1", "2.8.0"}, parts: []part{
		{"org.apache.logging.log4j/log4j-core", "Apache-2.0", "pkg:maven/org.apache.logging.log4j/log4j-core", []string{"2.20.0", "2.24.3"}},
		{"io.netty/netty-handler", "Apache-2.0", "pkg:maven/io.netty/netty-handler", []string{"4.1.118.Final"}},
		{"org.bouncycastle/bcprov-jdk18on", "MIT", "pkg:maven/org.bouncycastle/bcprov-jdk18on", []string{"1.78.1", "1.80"}}}},
	"loy-server": {labels: []string{"5.2.2", "5.3.0", "5.4.0"}, parts: []part{
		{"org.apache.logging.log4j/log4j-core", "Apache-2.0", "pkg:maven/org.apache.logging.log4j/log4j-core", []string{"2.17.1", "2.17.1", "2.24.3"}},
		{"org.springframework/spring-web", "Apache-2.0", "pkg:maven/org.springframework/spring-web", []string{"6.1.6", "6.1.14"}},
		{"com.h2database/h2", "MPL-2.0 OR EPL-1.0", "pkg:maven/com.h2database/h2", []string{"2.2.224"}}}},
	"whs-app": {labels: []string{"3.5.0", "3.6.0", "3.7.0"}, parts: []part{
		{"com.squareup.okhttp3/okhttp", "Apache-2.0", "pkg:maven/com.squareup.okhttp3/okhttp", []string{"4.11.0", "4.12.0"}},
		{"com.google.zxing/core", "Apache-2.0", "pkg:maven/com.google.zxing/core", []string{"3.5.2", "3.5.3"}},
		{"androidx.room/room-runtime", "Apache-2.0", "pkg:maven/androidx.room/room-runtime", []string{"2.6.1"}}}},
	"whs-sync": {spdx: true, labels: []string{"1.9.3"}, parts: []part{
		{"openssl", "Apache-2.0", "pkg:generic/openssl", []string{"3.0.15"}},
		{"zlib", "Zlib", "pkg:generic/zlib", []string{"1.3.1"}},
		{"sqlite", "blessing", "pkg:generic/sqlite", []string{"3.46.1"}}}},
	"brf-image": {spdx: true, labels: []string{"7.3.2", "7.4.0"}, parts: []part{
		{"linux", "GPL-2.0-only", "pkg:generic/linux", []string{"6.1.90", "6.6.63"}},
		{"busybox", "GPL-2.0-only", "pkg:generic/busybox", []string{"1.36.1"}},
		{"openssl", "Apache-2.0", "pkg:generic/openssl", []string{"3.0.13", "3.0.15"}},
		{"dropbear", "MIT", "pkg:generic/dropbear", []string{"2022.83", "2024.86"}},
		{"dnsmasq", "GPL-2.0-only OR GPL-3.0-only", "pkg:generic/dnsmasq", []string{"2.90"}}}},
}

// component is one line of a bill of materials.
type component struct{ name, version, licence, purl string }

// of gives what a version of the item holds.
func (r recipe) of(label string) (list []component) {
	at := slices.Index(r.labels, label)
	if at < 0 {
		at = len(r.labels) - 1
	}
	for _, p := range r.parts {
		version := p.versions[min(at, len(p.versions)-1)]
		list = append(list, component{p.name, version, p.licence, p.purl + "@" + version})
	}
	return list
}

// bill gives an output the bill of materials of what it is made of: Slipway's
// own is what the running program says of itself. Data and what nothing is known of has none.
func (j *journey) bill(ctx context.Context, itemKey string, out *build.Output) error {
	name, data := out.FileName+".cdx.json", []byte(nil)
	recipe, known := recipes[itemKey]
	at := j.app.DB.Now().Std()
	var err error
	switch {
	case j.tale.own && itemKey == "slw-program":
		info, told := debug.ReadBuildInfo()
		if !told || j.program != "" { // the media is another program than the one that runs
			return nil
		}
		data, err = cycloneDX(itemKey, out, linked(info), at)
	case known && recipe.spdx:
		name = out.FileName + ".spdx.json"
		data, err = spdx(itemKey, out, recipe.of(out.Label), at)
	case known:
		data, err = cycloneDX(itemKey, out, recipe.of(out.Label), at)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	_, err = j.app.DML.Attach(ctx, j.as("bruno"), out.MediaVersionID, name, bytes.NewReader(data))
	return explain("bill of "+itemKey, err)
}

// linked lists the modules that a program was linked from.
func linked(info *debug.BuildInfo) []component {
	version := strings.TrimPrefix(info.GoVersion, "go")
	list := []component{{"std", version, "BSD-3-Clause", "pkg:golang/std@" + version}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		list = append(list, component{name: m.Path, version: m.Version, purl: "pkg:golang/" + m.Path + "@" + m.Version})
	}
	return list
}

// tree is an object of JSON.
type tree map[string]any

// cycloneDX writes a bill as CycloneDX 1.6 asks.
func cycloneDX(itemKey string, out *build.Output, list []component, at time.Time) ([]byte, error) {
	parts := make([]tree, len(list))
	for i, c := range list {
		parts[i] = tree{"type": "library", "name": c.name, "version": c.version, "purl": c.purl, "bom-ref": c.purl}
		if c.licence != "" {
			parts[i]["licenses"] = []tree{{"expression": c.licence}}
		}
	}
	subject := tree{"type": "application", "name": itemKey, "version": out.Label, "bom-ref": itemKey + "@" + out.Label, "hashes": []tree{{"alg": "SHA-256", "content": bare(out)}}}
	return json.Marshal(tree{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
		"metadata": tree{"timestamp": at.UTC().Format(time.RFC3339), "component": subject}, "components": parts})
}

// spdx writes a bill as SPDX 2.3 asks.
func spdx(itemKey string, out *build.Output, list []component, at time.Time) ([]byte, error) {
	one := func(id, name, version, licence string) tree {
		return tree{"SPDXID": id, "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
			"licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION"}
	}
	relation := func(of, kind, to string) tree {
		return tree{"spdxElementId": of, "relationshipType": kind, "relatedSpdxElement": to}
	}
	subject := one("SPDXRef-subject", itemKey, out.Label, "NOASSERTION")
	subject["checksums"] = []tree{{"algorithm": "SHA256", "checksumValue": bare(out)}}
	packages, relations := []tree{subject}, []tree{relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-subject")}
	for i, c := range list {
		id := fmt.Sprintf("SPDXRef-part-%d", i+1)
		p := one(id, c.name, c.version, c.licence)
		p["externalRefs"] = []tree{{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": c.purl}}
		packages, relations = append(packages, p), append(relations, relation("SPDXRef-subject", "CONTAINS", id))
	}
	return json.Marshal(tree{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": itemKey + "-" + out.Label,
		"documentNamespace": "https://nordhavn.example/spdx/" + bare(out),
		"creationInfo":      tree{"created": at.UTC().Format(time.RFC3339), "creators": []string{"Organization: " + Organisation}},
		"packages":          packages, "relationships": relations})
}

// bare is the digest of an output without the name of its algorithm.
func bare(out *build.Output) string { return strings.TrimPrefix(out.Digest, "sha256:") }
