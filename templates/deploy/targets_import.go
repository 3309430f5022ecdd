package deploy

import (
	"slipway/internal/deploy"
	"slipway/internal/noun"
	"slipway/templates/ui"
	"strings"
)

// ImportForm is a list of targets that is to be imported.
type ImportForm struct {
	Trial
	Environments []deploy.EnvironmentView
	Lines        string         // as chosen or pasted
	Bad          []string       // what is wrong, line by line
	Seen         *deploy.Import // what it would do; nil before it is asked
}

// ImportFormName is the name of the form.
const ImportFormName = "import"

// shown is how many rows of a preview are listed.
const shown = 50

func (v ImportForm) lines() ui.Input {
	i := optional(hinted(v.field(ImportFormName, "lines", "Or paste the lines", v.Lines), "Up to 1 MiB at once, some 10,000 targets."))
	i.Rows, i.Mono, i.Value = 8, true, v.Lines
	if len(v.Bad) > 1 {
		i.Error = noun.Count(len(v.Bad), "fault") + ", listed above."
	}
	return i
}

// count is what the import does, in a line.
func (v ImportForm) count() string {
	var parts []string
	if n := len(v.Seen.Added); n > 0 {
		parts = append(parts, noun.Count(n, "target")+" added")
	}
	if n := len(v.Seen.Changed); n > 0 {
		parts = append(parts, noun.Count(n, "target")+" changed")
	}
	if len(parts) == 0 {
		return "Nothing would change."
	}
	line := strings.Join(parts, ", ")
	if v.Seen.Same > 0 {
		line += ", " + ui.Count(int64(v.Seen.Same)) + " as they are"
	}
	return line + "."
}

func (v ImportForm) changes() bool { return len(v.Seen.Added)+len(v.Seen.Changed) > 0 }

func (v ImportForm) button() string {
	return "Import " + noun.Count(len(v.Seen.Added)+len(v.Seen.Changed), "target")
}

func rest(n int) string { return "and " + ui.Count(int64(n-shown)) + " more" }
