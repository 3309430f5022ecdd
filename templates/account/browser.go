package account

import (
	"strings"

	"slipway/internal/identity"
)

// Held is one role of the person, for a service or for all.
type Held struct {
	Role    identity.Role
	Service string // its name; empty is every service
}

func (h Held) scope() string {
	if h.Service == "" {
		return "for every service"
	}
	return "for " + h.Service
}

// mark is a word in what a browser calls itself, and what it stands for.
type mark struct{ word, name string }

// The first that is found counts: most browsers call themselves by the names of
// others as well.
var (
	browsers = []mark{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}}
	systems  = []mark{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}}
)

// browser is what a browser calls itself in a few words; in its own where none
// are known.
func browser(agent string) string {
	name, version := found(agent, browsers)
	if name == "" {
		if agent == "" {
			return "A browser that does not say its name"
		}
		return agent
	}
	if name == "Safari" {
		_, version, _ = strings.Cut(agent, "Version/")
	}
	version, _, _ = strings.Cut(version, ".")
	words := strings.TrimSpace(name + " " + version)
	if system, _ := found(agent, systems); system != "" {
		words += " on " + system
	}
	return words
}

// found gives the first of the marks in an agent's name, and what follows it.
func found(agent string, marks []mark) (name, rest string) {
	for _, m := range marks {
		if _, after, there := strings.Cut(agent, m.word); there {
			return m.name, after
		}
	}
	return "", ""
}
