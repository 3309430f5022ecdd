package dml

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"testing"
)

const bill = `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"component":{"type":"application","name":"server","version":%q}},
"components":[{"type":"library","name":"log4j-core","version":"2.14.1","licenses":[{"license":{"id":"Apache-2.0"}}]}]}`

func (s site) attach(user, name, content string) answer {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("evidence", name)
	if err != nil {
		s.t.Fatal(err)
	}
	fmt.Fprint(part, content)
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	return s.send(user, http.MethodPost, "/dml/versions/1/evidence", w.FormDataContentType(), &b)
}

func TestEvidenceIsAttachedAndItsComponentsAreFound(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "first").want(http.StatusSeeOther)
	s.get("bruno", "/dml/payments-api/server").want(http.StatusOK, "No bill of materials, signature or attestation yet.", "None came with it.")
	s.attach("bruno", "bom.json", fmt.Sprintf(bill, "0.1")).want(http.StatusUnprocessableEntity, "This bill of materials is not about", "0.1")
	s.attach("bruno", "bom.json", "").want(http.StatusUnprocessableEntity, "The file is empty.")
	s.attach("stefan", "bom.json", fmt.Sprintf(bill, server["label"])).want(http.StatusNotFound)
	s.attach("bruno", "bom.json", fmt.Sprintf(bill, server["label"])).want(http.StatusSeeOther)
	s.get("cora", "/dml/payments-api/server").want(http.StatusOK, "CycloneDX 1.6, 1 components")
	s.get("cora", "/dml/components").want(http.StatusOK, "Search the bills of materials.")
	s.get("cora", "/dml/components?q=log4j+2.14").want(http.StatusOK, "log4j-core 2.14.1", "Apache-2.0", "/dml/payments-api/server")
	s.get("cora", "/dml/components?q=log4j+2.15").want(http.StatusOK, "No bill of materials names it.")
	s.get("stefan", "/dml/components?q=log4j").want(http.StatusOK, "No bill of materials names it.")
}
