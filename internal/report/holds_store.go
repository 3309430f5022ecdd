package report

import (
	"slices"

	"slipway/internal/identity"
)

// holds says in a sentence which roles the actor holds, and for which services.
func (d *desk) holds(w *Work) error {
	var ids []int64
	for _, g := range d.actor.Grants {
		if g.ServiceID != 0 {
			ids = append(ids, g.ServiceID)
		}
	}
	names := map[int64]string{}
	if len(ids) > 0 {
		var rows []struct {
			ID   int64
			Name string
		}
		if err := d.read(&rows, "SELECT id, name FROM services WHERE id IN @ids", values{"ids": ids}); err != nil {
			return err
		}
		for _, r := range rows {
			names[r.ID] = r.Name
		}
	}
	w.Holds = holdsSentence(d.actor.Grants, names)
	return nil
}

func holdsSentence(grants []identity.Grant, names map[int64]string) string {
	if len(grants) == 0 {
		return "You hold no role yet; an administrator gives you one."
	}
	var parts []string
	for _, role := range identity.Roles() {
		everywhere, services := false, []string{}
		for _, g := range grants {
			if g.Role == role {
				everywhere = everywhere || g.ServiceID == 0
				services = append(services, names[g.ServiceID])
			}
		}
		switch {
		case everywhere:
			parts = append(parts, roleWord(role))
		case len(services) > 0:
			slices.Sort(services)
			parts = append(parts, roleWord(role)+" for "+listed(services))
		}
	}
	return "You are " + listed(parts)
}
