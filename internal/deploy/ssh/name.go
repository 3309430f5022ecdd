package ssh

import (
	"fmt"
	"path"
	"strings"
)

// Name makes a file name of any text: letters, digits and ._+- alone, no folder
// in it, neither hidden nor taken for an option. Whatever a media file is
// called, it stays in the folder that it is put into.
func Name(text string) string {
	text = path.Base(strings.ReplaceAll(text, `\`, "/"))
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '+', r == '-':
			return r
		}
		return '_'
	}, text)
	if len(name) > 100 {
		name = name[len(name)-100:]
	}
	if name == "" || name[0] == '.' || name[0] == '-' {
		name = "_" + strings.TrimLeft(name, ".-")
	}
	return name
}

// Names makes the names of files that stand beside each other; those that would
// be the same are numbered.
func Names(texts []string) []string {
	names := make([]string, len(texts))
	taken := map[string]bool{}
	for i, text := range texts {
		name := Name(text)
		for n := 2; taken[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%d-%s", n, Name(text))
		}
		names[i], taken[strings.ToLower(name)] = name, true
	}
	return names
}

// quote makes one word of the shell out of any text.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
