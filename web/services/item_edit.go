package services

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"slipway/internal/catalog"
	"slipway/internal/fault"
	view "slipway/templates/services"
	"slipway/web/page"
)

// newItem begins with the service of the address.
func (h handler) newItem(c echo.Context) error {
	choices, err := h.app.Catalog.ItemChoices(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	f := view.ItemForm{}
	if at := slices.IndexFunc(choices.Services, func(r catalog.ServiceRecord) bool { return r.Key == c.QueryParam("service") }); at >= 0 {
		f.Service = choices.Services[at].ID
	}
	return showItemForm(c, view.ItemEdit{Form: f, Services: choices.Services, Owners: choices.Owners}, nil)
}

func showItemForm(c echo.Context, v view.ItemEdit, cause error) error {
	if cause != nil {
		return page.Again(c, cause, view.EditItem(v))
	}
	return page.Render(c, http.StatusOK, view.EditItem(v))
}

func itemOf(f view.ItemForm) *catalog.Item {
	return &catalog.Item{Key: f.Key, Name: f.Name, Kind: f.Kind, ServiceID: f.Service, CurrentVersion: f.Current, OwnerID: f.Owner, Location: f.Location, Serial: f.Serial}
}

func (h handler) addItem(c echo.Context) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	choices, err := h.app.Catalog.ItemChoices(ctx, actor)
	if err != nil {
		return err
	}
	var f view.ItemForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	i := itemOf(f)
	if err := h.app.Catalog.SaveItem(ctx, actor, i); err != nil {
		return showItemForm(c, view.ItemEdit{Form: f, Services: choices.Services, Owners: choices.Owners, Answer: answer(err)}, err)
	}
	return page.Redirect(c, i.Link(), "The item is added. Say next what it is part of and what it depends on.")
}

// itemToEdit gives the item of the address to those who may edit it.
func (h handler) itemToEdit(c echo.Context) (*catalog.ItemSheet, error) {
	return h.app.Catalog.ItemToEdit(c.Request().Context(), page.Actor(c), c.Param("key"))
}

func (h handler) editItem(c echo.Context) error {
	sheet, err := h.itemToEdit(c)
	if err != nil {
		return err
	}
	i := sheet.Item
	f := view.ItemForm{Version: i.Version, Name: i.Name, Kind: i.Kind, Current: i.CurrentVersion, Owner: i.OwnerID, Location: i.Location, Serial: i.Serial}
	return h.editingItem(c, sheet, f, nil)
}

// editingItem shows the form of an item. A stale form comes back with what was
// typed, beside what somebody else saved meanwhile.
func (h handler) editingItem(c echo.Context, sheet *catalog.ItemSheet, f view.ItemForm, cause error) error {
	i := sheet.Item
	v := view.ItemEdit{Form: f, Item: i, Owners: withPerson(sheet.Owners, i.OwnerID, i.OwnerName), Answer: answer(cause)}
	if fault.KindOf(cause) == fault.Conflict {
		v.Form.Version = i.Version
		v.Newer = differing(view.Saved{Label: "Name", Now: i.Name, Typed: f.Name}, view.Saved{Label: "Kind", Now: i.Kind, Typed: f.Kind},
			view.Saved{Label: "Version", Now: i.CurrentVersion, Typed: f.Current}, view.Saved{Label: "Owner", Now: i.OwnerName, Typed: personName(v.Owners, f.Owner)},
			view.Saved{Label: "Place", Now: i.Location, Typed: f.Location}, view.Saved{Label: "Serial number", Now: i.Serial, Typed: f.Serial})
	}
	return showItemForm(c, v, cause)
}

func (h handler) saveItem(c echo.Context) error {
	sheet, err := h.itemToEdit(c)
	if err != nil {
		return err
	}
	var f view.ItemForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	i := itemOf(f)
	i.ID, i.Version, i.ServiceID = sheet.Item.ID, f.Version, sheet.Item.ServiceID
	if err := h.app.Catalog.SaveItem(c.Request().Context(), page.Actor(c), i); err != nil {
		return h.editingItem(c, sheet, f, err)
	}
	return page.Redirect(c, i.Link(), "The item is saved.")
}
