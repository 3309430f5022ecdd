package services

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/catalog"
	"slipway/internal/identity"
	view "slipway/templates/services"
	"slipway/web/page"
)

func (h handler) items(c echo.Context) error {
	f := catalog.ItemFilter{Text: strings.TrimSpace(c.QueryParam("q")), ServiceKey: c.QueryParam("service"), Kind: c.QueryParam("kind"),
		Retired: c.QueryParam("retired") == "true", After: c.QueryParam("after")}
	list, err := h.app.Catalog.ItemList(c.Request().Context(), page.Actor(c), f)
	if err != nil {
		return err
	}
	if page.Fragment(c) {
		return page.Render(c, http.StatusOK, view.ItemRows(list))
	}
	return page.Render(c, http.StatusOK, view.Items(list))
}

func (h handler) showItem(c echo.Context) error { return h.item(c, view.RelationForm{}, nil) }

// item shows an item's page; where a relation was refused, with what was typed.
func (h handler) item(c echo.Context, f view.RelationForm, cause error) error {
	ctx, actor := c.Request().Context(), page.Actor(c)
	sheet, err := h.app.Catalog.Item(ctx, actor, c.Param("key"))
	if err != nil {
		return err
	}
	v := view.ItemView{ItemSheet: *sheet, Relation: f, Library: actor.Can(identity.ReportRead, 0), Answer: answer(cause)}
	if v.Releases, err = h.app.Release.ItemUses(ctx, actor, v.Item.ID); err != nil {
		return err
	}
	if v.Media, err = h.app.Release.ItemMedia(ctx, actor, v.Item.ID); err != nil {
		return err
	}
	if cause != nil {
		return page.Again(c, cause, view.Item(v))
	}
	return page.Render(c, http.StatusOK, view.Item(v))
}

func (h handler) relate(c echo.Context) error {
	var f view.RelationForm
	if err := page.Bind(c, &f); err != nil {
		return err
	}
	key := c.Param("key")
	if err := h.app.Catalog.Relate(c.Request().Context(), page.Actor(c), key, f.To, f.Kind); err != nil {
		return h.item(c, f, err)
	}
	return page.Redirect(c, page.Path("items", key)+"#relations", "The relation is noted. Releases of one ask about the other.")
}

func (h handler) unrelate(c echo.Context) error {
	n, err := id(c, "id")
	if err != nil {
		return err
	}
	key := c.Param("key")
	if err := h.app.Catalog.Unrelate(c.Request().Context(), page.Actor(c), key, n); err != nil {
		return err
	}
	return page.Redirect(c, page.Path("items", key)+"#relations", "The relation is taken away.")
}

func (h handler) retireItem(c echo.Context) error {
	return h.turn(c, h.app.Catalog.RetireItem, "The item is retired. Its history stays.")
}

func (h handler) restoreItem(c echo.Context) error {
	return h.turn(c, h.app.Catalog.RestoreItem, "The item is back in operation.")
}

// turn retires an item or brings it back, as it was read.
func (h handler) turn(c echo.Context, verb func(ctx context.Context, actor identity.Actor, key string, version int64) error, done string) error {
	key := c.Param("key")
	if err := verb(c.Request().Context(), page.Actor(c), key, page.Version(c)); err != nil {
		return h.item(c, view.RelationForm{}, err)
	}
	return page.Redirect(c, page.Path("items", key), done)
}
