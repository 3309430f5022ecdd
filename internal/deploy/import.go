package deploy

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"slipway/internal/fault"
)

// Import is what a list of targets would change, before anything is.
type Import struct {
	Environment Environment
	Added       []Target
	Changed     []TargetChange
	Same        int
	Mark        string // of what it was drawn from; a newer change makes another
}

// TargetChange is a target that a list says something new about.
type TargetChange struct {
	Target      Target // as it would be
	Differences []Difference
}

// Difference is one field before and after a change.
type Difference struct{ What, Before, After string }

// Differences tells what of a target's own words differs between two states.
func Differences(before, after *Target) []Difference {
	var list []Difference
	for _, d := range []Difference{
		{"Name", before.Name, after.Name}, {"Environment", before.EnvironmentKey, after.EnvironmentKey},
		{"Tags", before.Tags, after.Tags}, {"Attributes", before.Attributes, after.Attributes},
	} {
		if d.Before != d.After {
			list = append(list, d)
		}
	}
	return list
}

// importLine is one target as a list names it. Only a list with a heading says
// of a target that is there already which fields it means to change.
type importLine struct {
	number  int
	draft   TargetDraft
	columns []string // of the heading; none in a list without
	cells   []string
}

// has tells whether the heading names the column, and gives the cell.
func (l *importLine) has(column string) (string, bool) {
	at := slices.Index(l.columns, column)
	return l.cell(at), at >= 0
}

func (l *importLine) cell(at int) string {
	if at < 0 || at >= len(l.cells) {
		return ""
	}
	return l.cells[at]
}

// ownColumns are the columns that are no attributes.
var ownColumns = []string{"key", "name", "tags", "environment", "digest", "version"}

// readLines reads a list of targets: lines of cells with tabs, semicolons or
// commas between, the first of which may be a heading that begins with "key".
func readLines(c *fault.Check, text, environment string) []importLine {
	text = strings.TrimPrefix(text, "\ufeff")
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		c.Field("lines", "This is not UTF-8 text. Save the list as “CSV UTF-8” and choose it again.")
		return nil
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = separator(text), '#', -1, true
	var list []importLine
	var columns []string
	for first := true; ; first = false {
		cells, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			c.Field("lines", quoteProblem(err))
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		number, _ := r.FieldPos(0)
		switch {
		case strings.Join(cells, "") == "":
		case first && strings.EqualFold(cells[0], "key"):
			columns = heading(c, number, cells)
		default:
			list = append(list, importLine{number: number, columns: columns, cells: cells})
		}
	}
	c.Need(len(list) > 0 || c.Failed(), "lines", "Give at least one target.")
	c.Need(len(list) <= maxImport, "lines", "Import at most 20,000 targets at once.")
	seen := map[string]int{}
	for i := range list {
		l := &list[i]
		l.read(c, environment)
		if before := seen[l.draft.Key]; before != 0 {
			l.wrong(c, fmt.Sprintf("%s stands in line %d already.", l.draft.Key, before))
		}
		seen[l.draft.Key] = l.number
	}
	return list
}

func (l *importLine) wrong(c *fault.Check, why string) {
	c.Field("lines", fmt.Sprintf("Line %d: %s", l.number, why))
}

// separator is what stands between the cells of the first line that has any.
func separator(text string) rune {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for _, candidate := range "\t;" {
			if strings.ContainsRune(line, candidate) {
				return candidate
			}
		}
		break
	}
	return ','
}

func quoteProblem(err error) string {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err.Error()
	}
	return fmt.Sprintf("Line %d: a quote stands inside a value. Put the whole value in quotes, and write the quote within twice.", p.StartLine)
}

// heading reads the names of the columns.
func heading(c *fault.Check, number int, cells []string) []string {
	columns := make([]string, len(cells))
	for i, name := range cells {
		columns[i] = name
		if own := strings.ToLower(name); slices.Contains(ownColumns, own) {
			columns[i] = own
		}
		switch {
		case name == "":
			c.Field("lines", fmt.Sprintf("Line %d: column %d has no name.", number, i+1))
		case !attributeForm.MatchString(name) || strings.EqualFold(name, "tag"):
			c.Field("lines", fmt.Sprintf("Line %d: %q cannot be the name of an attribute.", number, name))
		case slices.ContainsFunc(columns[:i], func(other string) bool { return strings.EqualFold(other, columns[i]) }):
			c.Field("lines", fmt.Sprintf("Line %d: there are two columns %s.", number, name))
		}
	}
	return columns
}

// read fills the draft and adds what is wrong with it.
func (l *importLine) read(c *fault.Check, environment string) {
	l.draft = TargetDraft{EnvironmentKey: environment}
	if l.columns == nil {
		l.readPlain()
	} else {
		l.readNamed(c, environment)
	}
	var own fault.Check
	if environment == "" {
		l.draft.EnvironmentKey = "-" // the form says so once
	}
	l.draft.validate(&own)
	if f, ok := fault.As(own.Err("")); ok {
		for _, field := range f.Fields {
			l.wrong(c, field.Message)
		}
	}
}

// readPlain reads "key, name, tag tag, site=Oslo, rev=C".
func (l *importLine) readPlain() {
	l.draft.Key = l.cells[0]
	for i, cell := range l.cells[1:] {
		switch {
		case strings.Contains(cell, "="):
			l.draft.Attributes += cell + "\n"
		case i == 0:
			l.draft.Name = cell
		default:
			l.draft.Tags += " " + cell
		}
	}
}

// readNamed reads the cells as the heading says.
func (l *importLine) readNamed(c *fault.Check, environment string) {
	if len(l.cells) > len(l.columns) {
		l.wrong(c, fmt.Sprintf("it has %d cells, and the heading has %d.", len(l.cells), len(l.columns)))
	}
	for i, column := range l.columns {
		switch cell := l.cell(i); column {
		case "key":
			l.draft.Key = cell
		case "name":
			l.draft.Name = cell
		case "tags":
			l.draft.Tags = cell
		case "digest":
			l.draft.InstalledDigest = cell
		case "version":
			l.draft.InstalledVersion = cell
		case "environment":
			if cell != "" && cell != environment {
				l.wrong(c, fmt.Sprintf("it says %s, and this list goes to %s.", cell, environment))
			}
		default:
			if cell != "" {
				l.draft.Attributes += column + "=" + strings.ReplaceAll(cell, "\n", " ") + "\n"
			}
		}
	}
}

// change is what the line says of a target that is there: only the columns it
// has count, and an empty cell takes an attribute away.
func (l *importLine) change(t Target) Target {
	if name, ok := l.has("name"); ok && name != "" {
		t.Name = name
	}
	if _, ok := l.has("tags"); ok {
		t.Tags = l.draft.Tags
	}
	kept := slices.DeleteFunc(t.AttributeList(), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return slices.ContainsFunc(l.columns, func(column string) bool { return strings.EqualFold(column, name) })
	})
	said := (&Target{Attributes: l.draft.Attributes}).AttributeList()
	t.Attributes = inOrder(t.AttributeList(), append(kept, said...))
	t.index()
	return t
}

// inOrder keeps attributes in the order that they stood in before.
func inOrder(before, after []string) string {
	place := func(line string) int {
		name, _, _ := strings.Cut(line, "=")
		at := slices.IndexFunc(before, func(old string) bool {
			was, _, _ := strings.Cut(old, "=")
			return strings.EqualFold(was, name)
		})
		if at < 0 {
			return len(before)
		}
		return at
	}
	slices.SortStableFunc(after, func(a, b string) int { return place(a) - place(b) })
	return strings.Join(after, "\n")
}

// mark names what an import was drawn from.
func mark(environment *Environment, lines []importLine, there map[string]*Target) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d:%d\n", environment.ID, environment.Version)
	for i := range lines {
		key, version := lines[i].draft.Key, int64(0)
		if t := there[key]; t != nil {
			version = t.Version
		}
		fmt.Fprintf(h, "%s %d\n", key, version)
	}
	return hex.EncodeToString(h.Sum(nil))
}
