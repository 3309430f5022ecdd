package state

import (
	"strings"
	"unicode"
)

// words that a space alone does not make readable.
var words = map[string]string{
	"BuildTest": "Build and test", "ECABAuthorised": "ECAB authorised", "NoGo": "No go", "WithKnownErrors": "With known errors",
	"MustFix": "Must fix", "Installed": "Installed, awaiting confirmation",
}

// Word is a state as people read it: "EarlyLife" is "Early life". Sentences and
// pages say this; the stored word is for machines.
func Word[S ~string](s S) string {
	if word, ok := words[string(s)]; ok {
		return word
	}
	var b strings.Builder
	for i, c := range string(s) {
		if i > 0 && unicode.IsUpper(c) {
			b.WriteByte(' ')
			c = unicode.ToLower(c)
		}
		b.WriteRune(c)
	}
	return b.String()
}
