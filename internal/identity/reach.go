package identity

// Reach gives the services for which the actor holds the permission; everywhere
// means that it is held for all. Lists are narrowed with it, where Authorize
// would be asked row by row.
func (a Actor) Reach(p Permission) (services []int64, everywhere bool) {
	if a.Kind == SystemKind {
		return nil, a.Can(p, 0)
	}
	for _, g := range a.Grants {
		alone := Actor{Kind: a.Kind, Scopes: a.Scopes, Grants: []Grant{g}}
		if !alone.Can(p, g.ServiceID) {
			continue
		}
		if g.ServiceID == 0 {
			return nil, true
		}
		services = append(services, g.ServiceID)
	}
	return services, false
}
