package dml

import (
	"context"
	"strings"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// Found is a component with the version that contains it, and the releases that
// hold that version.
type Found struct {
	Component
	Version  Version
	Releases []Use
	Hidden   int // releases the viewer may not know of
}

// ComponentQuery is what to look for: words that begin the component's name and
// its version.
type ComponentQuery struct {
	Text  string
	After int64 // the ID of the last one seen
}

// FindComponents answers "which releases contain log4j 2.14?".
func (s *Service) FindComponents(ctx context.Context, actor identity.Actor, q ComponentQuery) (found []Found, more bool, err error) {
	words := strings.Fields(strings.ToLower(q.Text))
	if len(words) == 0 || !sightOf(actor).all {
		return nil, false, nil
	}
	label := ""
	if len(words) > 1 {
		label = words[len(words)-1]
	}
	return found, more, s.db.View(ctx, func(tx *db.Tx) (err error) {
		list, err := componentsLike(tx, words[0], label, q.After, pageSize+1)
		if err != nil {
			return err
		}
		if more = len(list) > pageSize; more {
			list = list[:pageSize]
		}
		found, err = withVersions(tx, actor, list)
		return err
	})
}

func withVersions(tx *db.Tx, actor identity.Actor, list []Component) ([]Found, error) {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].MediaVersionID
	}
	versions, err := versionsByID(tx, ids)
	if err != nil {
		return nil, err
	}
	uses, err := usesOf(tx, ids)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(list))
	for i, c := range list {
		found[i] = Found{Component: c, Version: versions[c.MediaVersionID]}
		for _, use := range uses {
			switch {
			case use.MediaVersionID != c.MediaVersionID:
			case use.Restricted && !actor.Can(identity.ReportRead, use.ServiceID):
				found[i].Hidden++
			default:
				found[i].Releases = append(found[i].Releases, use)
			}
		}
	}
	return found, nil
}
