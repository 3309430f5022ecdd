package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// UsualIncidents are the shapes of references to incidents, problems and known
// errors where a policy names none.
const UsualIncidents = "{A}-{N} INC{N} https://"

// incidentPart says what the tokens of a shape stand for, and shows one.
var incidentPart = map[string]struct{ match, example string }{
	"{A}": {"[A-Z][A-Z0-9]+", "INC"},
	"{N}": {"[0-9]+", "4711"},
}

// address tells whether a shape is how web addresses begin.
func address(shape string) bool {
	return strings.HasPrefix(shape, "https://") || strings.HasPrefix(shape, "http://")
}

func (r Rules) incidentShapes() []string {
	if shapes := strings.Fields(r.Incidents); len(shapes) > 0 {
		return shapes
	}
	return strings.Fields(UsualIncidents)
}

// checkIncidents says what is wrong with the shapes that a policy names.
func checkIncidents(shapes string) error {
	for _, shape := range strings.Fields(shapes) {
		if address(shape) {
			continue
		}
		for _, token := range tokenPattern.FindAllString(shape, -1) {
			if _, known := incidentPart[token]; !known {
				return fmt.Errorf("{A} stands for capital letters and {N} for a number; %s for nothing", token)
			}
		}
		if !strings.Contains(shape, "{N}") || !plainPattern.MatchString(tokenPattern.ReplaceAllString(shape, "")) {
			return fmt.Errorf("%s has no {N}, is no web address, or holds other than letters, digits, dot, dash and underscore", shape)
		}
	}
	return nil
}

// NamesIncident says what is wrong with a text that is to name what an emergency
// corrects: one of its words at least is a reference of a shape that the policy
// names, and more may be said beside it.
func (r Rules) NamesIncident(text string) error {
	for _, word := range strings.Fields(text) {
		word = strings.Trim(word, ".,;:!?()[]“”\"'")
		for _, shape := range r.incidentShapes() {
			if address(shape) && strings.HasPrefix(word, shape) && len(word) > len(shape) {
				return nil
			}
			if !address(shape) && shapeMatch(shape, word) {
				return nil
			}
		}
	}
	return fmt.Errorf("give the reference of the incident or known error, such as %s", r.IncidentExamples())
}

// shapeMatch tells whether a word is of a shape, from its first to its last letter.
func shapeMatch(shape, word string) bool {
	pattern := regexp.QuoteMeta(shape)
	for token, part := range incidentPart {
		pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta(token), part.match)
	}
	ok, err := regexp.MatchString("^(?:"+pattern+")$", word)
	return err == nil && ok
}

// IncidentExamples shows one reference of each shape: "INC-4711 or https://…".
func (r Rules) IncidentExamples() string {
	shapes := r.incidentShapes()
	list := make([]string, len(shapes))
	for i, shape := range shapes {
		for token, part := range incidentPart {
			shape = strings.ReplaceAll(shape, token, part.example)
		}
		if address(shape) {
			shape += "…"
		}
		list[i] = shape
	}
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}
