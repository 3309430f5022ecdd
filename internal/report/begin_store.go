package report

import (
	"strings"

	"slipway/internal/identity"
)

// Beginning is one thing to set up before the first release can be made.
type Beginning struct {
	Title, Why, Href, Action string
	Done                     bool
	May                      bool            // the actor may do it
	Roles                    []identity.Role // who may
}

// begins lists what there is to set up where no release was ever made.
func (d *desk) begins(w *Work) error {
	if w.UnderWay > 0 {
		return nil
	}
	var has struct{ Releases, Services, Units, Targets, Policies, Models bool }
	err := d.read(&has, `SELECT EXISTS (SELECT 1 FROM releases) AS releases,
		EXISTS (SELECT 1 FROM services) AS services, EXISTS (SELECT 1 FROM units) AS units, EXISTS (SELECT 1 FROM targets) AS targets,
		EXISTS (SELECT 1 FROM policy_versions WHERE state = 'Active') AS policies, EXISTS (SELECT 1 FROM model_versions WHERE state = 'Active') AS models`, nil)
	if err != nil || has.Releases {
		return err
	}
	vacant, err := identity.Vacant(d.tx)
	if err != nil {
		return err
	}
	for _, b := range []struct {
		p                        identity.Permission
		title, why, href, action string
		done                     bool
	}{
		{identity.AdminUsers, "Add the people", peopleWords(vacant), "/admin/users", "Open accounts", len(vacant) == 0},
		{identity.CatalogEdit, "Add a service", "With its owner, and its service package: utility, warranty, service levels.", "/services", "Open services", has.Services},
		{identity.CatalogEdit, "Draw up its release units", "From its configuration items: those that are normally released together.", "/units", "Open units", has.Units},
		{identity.EnvironmentEdit, "Add environments and targets", "Where releases go, and in which order.", "/environments", "Open environments", has.Targets},
		{identity.PolicyEdit, "Put a release policy in force", "The standard one is complete; a service owner who did not write it approves it.", "/policies", "Open policies", has.Policies},
		{identity.ModelEdit, "Put a model in use", "Start from a ready-made one; somebody who did not write it approves it.", "/models", "Open models", has.Models},
		{identity.ReleaseEdit, "Plan the first release", "Made from the model, it arrives with its plan, gates, waves and steps.", "/releases/new", "Plan a release", false},
	} {
		w.Begin = append(w.Begin, Beginning{Title: b.title, Why: b.why, Href: b.href, Action: b.action, Done: b.done, May: d.actor.Can(b.p, 0), Roles: identity.RolesFor(b.p)})
	}
	return nil
}

// peopleWords say which roles nobody holds; a release would wait for them in vain.
func peopleWords(vacant []identity.Role) string {
	text := "Each has an account, and roles for every service or for one."
	if len(vacant) == 0 {
		return text
	}
	labels := make([]string, len(vacant))
	for i, role := range vacant {
		labels[i] = role.Label()
	}
	return text + " Nobody holds yet: " + strings.Join(labels, ", ") + "."
}
