package services

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/catalog"
	"slipway/internal/fault"
	view "slipway/templates/services"
	"slipway/web/page"
)

func (h handler) units(c echo.Context) error {
	groups, err := h.app.Catalog.UnitGroups(c.Request().Context(), page.Actor(c))
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, view.Units(groups))
}

func (h handler) newUnit(c echo.Context) error {
	sheet, err := h.app.Catalog.NewUnit(c.Request().Context(), page.Actor(c), c.QueryParam("service"))
	if err != nil {
		return err
	}
	return unit(c, sheet, view.UnitForm{}, nil)
}

// unit shows a unit with its form. A stale form comes back with what was typed,
// beside what somebody else saved meanwhile.
func unit(c echo.Context, sheet *catalog.UnitSheet, f view.UnitForm, cause error) error {
	v := view.UnitView{UnitSheet: *sheet, Form: f, Answer: answer(cause)}
	if fault.KindOf(cause) == fault.Conflict {
		v.Form.Version = sheet.Unit.Version
		v.Newer = differing(view.Saved{Label: "Name", Now: sheet.Unit.Name, Typed: f.Name}, view.Saved{Label: "Description", Now: sheet.Unit.Description, Typed: f.Description},
			view.Saved{Label: "Items", Now: itemKeys(sheet.Unit.Items, nil), Typed: itemKeys(sheet.Items, f.Items)})
	}
	if cause != nil {
		return page.Again(c, cause, view.Unit(v))
	}
	return page.Render(c, http.StatusOK, view.Unit(v))
}

// itemKeys names the items that are ticked, or all of them where nothing says
// which.
func itemKeys(items []catalog.Item, ticked []string) string {
	on := map[string]bool{}
	for _, id := range ticked {
		on[id] = true
	}
	var keys []string
	for _, i := range items {
		if ticked == nil || on[strconv.FormatInt(i.ID, 10)] {
			keys = append(keys, i.Key)
		}
	}
	return strings.Join(keys, ", ")
}

func unitFormOf(u *catalog.Unit) view.UnitForm {
	f := view.UnitForm{Version: u.Version, Name: u.Name, Description: u.Description}
	for _, i := range u.Items {
		f.Items = append(f.Items, strconv.FormatInt(i.ID, 10))
	}
	return f
}

// typedUnit reads the form; what is no number names no item.
func typedUnit(c echo.Context) (f view.UnitForm, items []int64, err error) {
	err = page.Bind(c, &f)
	for _, text := range f.Items {
		n, _ := strconv.ParseInt(text, 10, 64)
		items = append(items, n)
	}
	return f, items, err
}

func (h handler) addUnit(c echo.Context) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	sheet, err := h.app.Catalog.NewUnit(ctx, actor, c.QueryParam("service"))
	if err != nil {
		return err
	}
	f, items, err := typedUnit(c)
	if err != nil {
		return err
	}
	u := &catalog.Unit{ServiceID: sheet.Service.ID, Name: f.Name, Description: f.Description}
	if err := h.app.Catalog.SaveUnit(ctx, actor, u, items); err != nil {
		return unit(c, sheet, f, err)
	}
	return page.Redirect(c, sheet.Service.Link()+"#units", "The release unit is drawn up. A release can be made from it.")
}

func (h handler) showUnit(c echo.Context) error {
	n, err := id(c, "id")
	if err != nil {
		return err
	}
	sheet, err := h.app.Catalog.Unit(c.Request().Context(), page.Actor(c), n)
	if err != nil {
		return err
	}
	return unit(c, sheet, unitFormOf(sheet.Unit), nil)
}

// unitToEdit gives the unit of the address to those who may edit it.
func (h handler) unitToEdit(c echo.Context) (*catalog.UnitSheet, error) {
	n, err := id(c, "id")
	if err != nil {
		return nil, err
	}
	return h.app.Catalog.UnitToEdit(c.Request().Context(), page.Actor(c), n)
}

func (h handler) saveUnit(c echo.Context) error {
	sheet, err := h.unitToEdit(c)
	if err != nil {
		return err
	}
	f, items, err := typedUnit(c)
	if err != nil {
		return err
	}
	u := &catalog.Unit{ServiceID: sheet.Service.ID, Name: f.Name, Description: f.Description}
	u.ID, u.Version = sheet.Unit.ID, f.Version
	if err := h.app.Catalog.SaveUnit(c.Request().Context(), page.Actor(c), u, items); err != nil {
		return unit(c, sheet, f, err)
	}
	return page.Redirect(c, u.Link(), "The release unit is saved.")
}

func (h handler) dropUnit(c echo.Context) error {
	sheet, err := h.unitToEdit(c)
	if err != nil {
		return err
	}
	if err := h.app.Catalog.DropUnit(c.Request().Context(), page.Actor(c), sheet.Unit.ID, page.Version(c)); err != nil {
		return unit(c, sheet, unitFormOf(sheet.Unit), err)
	}
	return page.Redirect(c, sheet.Service.Link()+"#units", "The release unit is dissolved. Its items stay.")
}
