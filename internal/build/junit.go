package build

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/joshdk/go-junit"

	"slipway/internal/fault"
)

// Bounds on a report. The parser keeps the inner text of every level, so depth
// is bounded as well as size before it sees a byte.
const (
	MaxReport   = 8 << 20
	maxDepth    = 24
	maxCases    = 50000
	maxFailures = 200
	maxMessage  = 1000
	maxBody     = 8000
)

// ReadReport reads a JUnit XML report into the counts and failures of a run. A
// report that cannot be taken is Invalid on the field "report".
func ReadReport(r io.Reader) (Counts, []Failure, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxReport+1))
	if err != nil {
		return Counts{}, nil, fmt.Errorf("read the report: %w", err)
	}
	if len(data) > MaxReport {
		return Counts{}, nil, reportFault("The report is larger than %d MiB. Upload it in parts, one run each.", MaxReport>>20)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return Counts{}, nil, reportFault("Choose a JUnit XML file; this one is empty.")
	}
	if err := checkReport(data); err != nil {
		return Counts{}, nil, err
	}
	suites, err := junit.Ingest(data[prologue(data):])
	if err != nil {
		return Counts{}, nil, reportFault("The report cannot be read: %v.", err)
	}
	var counts Counts
	var failures []Failure
	for _, suite := range suites {
		gather(suite, &counts, &failures)
	}
	if counts.Tests == 0 {
		return Counts{}, nil, reportFault("The report has no test cases.")
	}
	return counts, failures, nil
}

// checkReport walks the tokens once: well formed, shallow, and a JUnit root.
func checkReport(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	depth, cases, root := 0, 0, ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			return reportFault("The report is not well-formed XML: line %d, %s.", syntax.Line, syntax.Msg)
		}
		if err != nil {
			return reportFault("The report is not readable XML: %v.", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return reportFault("The report nests deeper than %d levels; JUnit needs four.", maxDepth)
			}
			if root == "" {
				root = t.Name.Local
			}
			if t.Name.Local == "testcase" {
				cases++
			}
		case xml.EndElement:
			depth--
		}
	}
	switch {
	case root != "testsuites" && root != "testsuite":
		return reportFault("This is XML, but no JUnit report: its outermost element is %q, not testsuites or testsuite.", root)
	case cases > maxCases:
		return reportFault("The report has more than %d test cases. Upload it in parts, one run each.", maxCases)
	}
	return nil
}

// prologue gives the offset of the outermost element: the parser puts the report
// inside an element of its own, where an XML declaration may not stand.
func prologue(data []byte) int {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		at := d.InputOffset()
		token, err := d.Token()
		if err != nil {
			return 0
		}
		if _, ok := token.(xml.StartElement); ok {
			return int(at)
		}
	}
}

func gather(suite junit.Suite, counts *Counts, failures *[]Failure) {
	for _, test := range suite.Tests {
		counts.Tests++
		counts.DurationMS += test.Duration.Milliseconds()
		switch test.Status {
		case junit.StatusPassed:
			counts.Passed++
			continue
		case junit.StatusSkipped:
			counts.Skipped++
			continue
		case junit.StatusFailed:
			counts.Failed++
		case junit.StatusError:
			counts.Errors++
		}
		if len(*failures) < maxFailures {
			*failures = append(*failures, failureOf(suite.Name, test))
		}
	}
	for _, inner := range suite.Suites {
		gather(inner, counts, failures)
	}
}

func failureOf(suite string, test junit.Test) Failure {
	name := test.Name
	if test.Classname != "" && test.Classname != suite {
		name = test.Classname + ": " + name
	}
	f := Failure{Suite: head(suite, 300), Name: head(name, 500), Kind: string(test.Status), Message: head(test.Message, maxMessage)}
	var body junit.Error
	if errors.As(test.Error, &body) {
		f.Body = head(strings.TrimSpace(body.Body), maxBody)
		if f.Message == "" {
			f.Message = head(firstLine(f.Body), maxMessage)
		}
	}
	return f
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// head keeps the first limit bytes, whole characters only.
func head(text string, limit int) string {
	text = strings.ReplaceAll(text, "\x00", "")
	if len(text) > limit {
		text = text[:limit]
	}
	return strings.ToValidUTF8(text, "")
}

func reportFault(format string, args ...any) error {
	return &fault.Fault{Kind: fault.Invalid, Message: "The test report was not taken.",
		Fields: []fault.Field{{Name: "report", Message: fmt.Sprintf(format, args...)}}}
}
