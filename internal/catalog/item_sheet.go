package catalog

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// itemsPerPage is how many items a page of the list holds.
const itemsPerPage = 50

// ItemList is one page of the list of items.
type ItemList struct {
	Filter   ItemFilter
	Items    []Item
	Services []ServiceRecord // to filter by
	Next     string          // the After of the next page, or empty
	Adds     bool
}

// ItemList gives a page of the configuration items, by key.
func (s *Service) ItemList(ctx context.Context, actor identity.Actor, f ItemFilter) (v *ItemList, err error) {
	v = &ItemList{Filter: f, Adds: actor.Can(identity.CatalogEdit, 0)}
	f.Limit = itemsPerPage + 1
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if v.Items, err = findItems(tx, f); err != nil {
			return err
		}
		v.Services, err = allServices(tx)
		return err
	})
	if len(v.Items) > itemsPerPage {
		v.Items = v.Items[:itemsPerPage]
		v.Next = v.Items[itemsPerPage-1].Key
	}
	return v, err
}

// keeping are the roles that an item's owner is looked for among.
var keeping = []identity.Role{identity.ServiceOwner, identity.Operations, identity.ReleaseManager, identity.BuildManager, identity.DMLCustodian}

// ItemChoices are what an item may be made from.
type ItemChoices struct {
	Services []ServiceRecord // that the actor adds items to
	Owners   []identity.Person
}

// ItemChoices gives what a new item may be made from, to those who may add one.
func (s *Service) ItemChoices(ctx context.Context, actor identity.Actor) (v *ItemChoices, err error) {
	if err := identity.Authorize(actor, identity.CatalogEdit, 0); err != nil {
		return nil, err
	}
	v = &ItemChoices{}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		services, err := allServices(tx)
		if err != nil {
			return err
		}
		v.Services = slices.DeleteFunc(services, func(r ServiceRecord) bool { return !actor.Can(identity.CatalogEdit, r.ID) })
		v.Owners, err = identity.People(tx, 0, keeping...)
		return err
	})
	return v, err
}

// Neighbour is an item that another one is related to.
type Neighbour struct {
	RelationID int64
	Item       Item
	Removes    bool // the viewer may take the relation away
}

// ItemSheet is what the page of an item shows.
type ItemSheet struct {
	Item        *Item
	ServiceName string
	PartOf      []Neighbour // what it is a part of
	Parts       []Neighbour
	DependsOn   []Neighbour
	Dependants  []Neighbour // what depends on it
	Versions    []ItemVersion
	Units       []Unit // that bring it
	Near        []Item // of the same service, to relate it to
	Owners      []identity.Person
	Edits       bool
	Against     []fault.Blocker // what keeps it from being retired
}

// Item gives an item with what it is related to and where it is used.
func (s *Service) Item(ctx context.Context, actor identity.Actor, key string) (v *ItemSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		v = &ItemSheet{}
		if v.Item, err = itemByKey(tx, key); err != nil {
			return err
		}
		service, err := serviceByID(tx, v.Item.ServiceID)
		if err != nil {
			return err
		}
		v.ServiceName = service.Name
		if v.Versions, err = versionsOf(tx, v.Item.ID); err != nil {
			return err
		}
		if err := v.relate(tx); err != nil {
			return err
		}
		if v.Units, err = unitsWith(tx, v.Item.ID); err != nil {
			return err
		}
		v.allow(actor)
		if v.Against, err = s.againstRetiring(tx, actor, service, v); err != nil {
			return err
		}
		if v.Edits = actor.Can(identity.CatalogEdit, v.Item.ServiceID); !v.Edits {
			return nil
		}
		if v.Near, err = itemsOf(tx, v.Item.ServiceID); err != nil {
			return err
		}
		v.Owners, err = identity.People(tx, v.Item.ServiceID, keeping...)
		return err
	})
	return v, err
}

// ItemToEdit is Item for those who may edit it.
func (s *Service) ItemToEdit(ctx context.Context, actor identity.Actor, key string) (*ItemSheet, error) {
	v, err := s.Item(ctx, actor, key)
	if err != nil {
		return nil, err
	}
	return v, identity.Authorize(actor, identity.CatalogEdit, v.Item.ServiceID)
}

func (v *ItemSheet) relate(tx *db.Tx) error {
	relations, err := relationsOf(tx, v.Item.ID)
	if err != nil || len(relations) == 0 {
		return err
	}
	var ids []int64
	for _, r := range relations {
		ids = append(ids, r.FromID, r.ToID)
	}
	items, err := itemsByID(tx, ids)
	if err != nil {
		return err
	}
	byID := map[int64]Item{}
	for _, i := range items {
		byID[i.ID] = i
	}
	for _, r := range relations {
		from, to := byID[r.FromID], byID[r.ToID]
		switch out := from.ID == v.Item.ID; {
		case out && r.Kind == PartOf:
			v.PartOf = append(v.PartOf, Neighbour{RelationID: r.ID, Item: to})
		case out:
			v.DependsOn = append(v.DependsOn, Neighbour{RelationID: r.ID, Item: to})
		case r.Kind == PartOf:
			v.Parts = append(v.Parts, Neighbour{RelationID: r.ID, Item: from})
		default:
			v.Dependants = append(v.Dependants, Neighbour{RelationID: r.ID, Item: from})
		}
	}
	return nil
}

// allow tells which relations the actor may take away: those of the items they
// keep, which lead from them.
func (v *ItemSheet) allow(actor identity.Actor) {
	for _, out := range [][]Neighbour{v.PartOf, v.DependsOn} {
		for i := range out {
			out[i].Removes = actor.Can(identity.CatalogEdit, v.Item.ServiceID)
		}
	}
	for _, in := range [][]Neighbour{v.Parts, v.Dependants} {
		for i := range in {
			in[i].Removes = actor.Can(identity.CatalogEdit, in[i].Item.ServiceID)
		}
	}
}
