package services

import (
	"slices"
	"strings"

	"slipway/internal/identity"
	view "slipway/templates/services"
)

// differing leaves the fields that somebody else saved otherwise than they are
// typed.
func differing(fields ...view.Saved) []view.Saved {
	return slices.DeleteFunc(fields, func(s view.Saved) bool { return strings.TrimSpace(s.Now) == strings.TrimSpace(s.Typed) })
}

// withPerson lets a record keep the person it has, who may hold the role no
// longer.
func withPerson(people []identity.Person, id int64, name string) []identity.Person {
	if id == 0 || slices.ContainsFunc(people, func(p identity.Person) bool { return p.ID == id }) {
		return people
	}
	return append(slices.Clone(people), identity.Person{ID: id, Name: name})
}

func personName(people []identity.Person, id int64) string {
	for _, p := range people {
		if p.ID == id {
			return p.Name
		}
	}
	return ""
}
