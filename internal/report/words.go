package report

import (
	"cmp"
	"fmt"
	"strings"

	"slipway/internal/identity"
)

// page is a page of the row's release.
func (r row) page(path string) string {
	return strings.TrimSuffix("/releases/"+r.ReleaseKey+"/"+path, "/")
}

func (r row) wave() string { return r.page(fmt.Sprintf("deployment#wave-%d", r.Number)) }

func (r row) risk() string { return r.page(fmt.Sprintf("risks#risk-%d", r.Number)) }

// media is the row's version on the page of its item.
func (r row) media() string { return fmt.Sprintf("/dml/%s#v%d", r.Note, r.Number) }

func nobody(name string) string { return cmp.Or(name, "nobody") }

// either is a text cut short, or what is said instead of none.
func either(text, otherwise string) string { return cmp.Or(shorten(text, 120), otherwise) }

// shorten cuts a text at a word.
func shorten(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= most {
		return string(runes)
	}
	cut := string(runes[:most])
	if at := strings.LastIndex(cut, " "); at > most/2 {
		cut = cut[:at]
	}
	return cut + "…"
}

func sentenceCase(text string) string {
	runes := []rune(cmp.Or(text, "what it was decided on changed"))
	return strings.ToUpper(string(runes[:1])) + string(runes[1:])
}

// listed joins words as a sentence does.
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// roleWord is a role within a sentence: "you are …".
func roleWord(r identity.Role) string {
	switch r {
	case identity.DMLCustodian:
		return "DML custodian"
	case identity.Operations, identity.EarlyLifeSupport:
		return "in " + strings.ToLower(r.Label())
	}
	return strings.ToLower(r.Label())
}

func roleWords(roles []identity.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = strings.TrimPrefix(roleWord(r), "in ")
	}
	return strings.Join(words, " or ")
}
