package dml

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	pages "slipway/templates/dml"
	"slipway/web/page"
)

func stockFilter(c echo.Context) dml.StockFilter {
	f := dml.StockFilter{Site: c.QueryParam("site"), Shelf: c.QueryParam("shelf"), ItemKey: c.QueryParam("item"), State: dml.CopyState(c.QueryParam("state")),
		Overdue: c.QueryParam("overdue") != "", After: c.QueryParam("after")}
	for _, text := range c.QueryParams()["id"] {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			f.IDs = append(f.IDs, id)
		}
	}
	return f
}

func (h *handler) stock(c echo.Context) error {
	v, err := h.stockView(c)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.StockPage(*v))
}

func (h *handler) stockView(c echo.Context) (*pages.StockView, error) {
	f := stockFilter(c)
	k, err := h.dml.Stock(c.Request().Context(), page.Actor(c), f)
	if err != nil {
		return nil, err
	}
	return &pages.StockView{Stock: *k, Filter: f, Form: pages.CopyForm{Kind: string(dml.MediaCopy), Item: f.ItemKey, Site: f.Site, Count: 1}}, nil
}

func (h *handler) addCopies(c echo.Context) error {
	var form pages.CopyForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	first, err := h.dml.AddCopies(c.Request().Context(), page.Actor(c), dml.Copy{Kind: dml.CopyKind(form.Kind), Name: form.Name, ItemKey: form.Item, Label: form.Label,
		Serial: form.Serial, Site: form.Site, Shelf: form.Shelf, Keeper: form.Keeper}, form.Count)
	if err == nil {
		return page.Redirect(c, first.Link(), first.Key()+" is on record. Print its label and stick it on.")
	}
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	v, again := h.stockView(c)
	if again != nil {
		return again
	}
	v.Form, v.Errors = form, page.Errors(err)
	return page.Again(c, err, pages.StockPage(*v))
}

func (h *handler) copy(c echo.Context) error {
	id, err := versionID(c)
	if err != nil {
		return err
	}
	d, err := h.dml.CopyDetail(c.Request().Context(), page.Actor(c), id)
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.CopyPage(pages.CopyView{Detail: *d}))
}

var copyDone = map[dml.CopyVerb]string{
	dml.CopySight: "%s is sighted.", dml.CopyLend: "%s is lent.", dml.CopyReturn: "%s is back.", dml.CopyMove: "%s is moved.",
	dml.CopyMiss: "%s is noted as missing.", dml.CopyWriteOff: "%s is written off.",
}

func (h *handler) doCopy(c echo.Context) error {
	id, err := versionID(c)
	if err != nil {
		return err
	}
	verb := dml.CopyVerb(c.Param("verb"))
	if copyDone[verb] == "" {
		return echo.ErrNotFound
	}
	var form pages.DeedForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	form.Verb = string(verb)
	until, when := page.When(form.Until, page.Zone(c).String())
	if when != nil {
		err = wrong("until", "Write the day like 2026-11-23.")
	} else {
		var done *dml.Copy
		done, err = h.dml.DoCopy(c.Request().Context(), page.Actor(c), id, form.Version, dml.CopyDeed{Verb: verb, LendTo: form.LendTo, Until: until,
			Site: form.Site, Shelf: form.Shelf, Keeper: form.Keeper, Reason: form.Reason})
		if err == nil {
			return page.Redirect(c, done.Link(), fmt.Sprintf(copyDone[verb], done.Title()))
		}
	}
	if kind := fault.KindOf(err); kind == fault.Forbidden || kind == fault.NotFound {
		return err
	}
	d, again := h.dml.CopyDetail(c.Request().Context(), page.Actor(c), id)
	if again != nil {
		return again
	}
	return page.Again(c, err, pages.CopyPage(pages.CopyView{Detail: *d, Form: form, Errors: page.Errors(err)}))
}

// showCount is for those who may take stock.
func (h *handler) showCount(c echo.Context) error {
	if err := identity.Authorize(page.Actor(c), identity.DmlDecide, 0); err != nil {
		return err
	}
	v, err := h.countView(c, pages.CountForm{Site: c.QueryParam("site"), Shelf: c.QueryParam("shelf")})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, pages.CountPage(*v))
}

func (h *handler) countView(c echo.Context, form pages.CountForm) (*pages.CountView, error) {
	k, err := h.dml.Stock(c.Request().Context(), page.Actor(c), dml.StockFilter{Site: form.Site, Shelf: form.Shelf})
	if err != nil {
		return nil, err
	}
	return &pages.CountView{Stock: *k, Form: form}, nil
}

func (h *handler) takeStock(c echo.Context) error {
	var form pages.CountForm
	if err := page.Bind(c, &form); err != nil {
		return err
	}
	round, err := h.dml.TakeStock(c.Request().Context(), page.Actor(c), dml.Count{Site: form.Site, Shelf: form.Shelf, Listed: form.Listed, Seen: form.Seen, Note: form.Note})
	if err == nil {
		return page.Redirect(c, "/dml/stock", fmt.Sprintf("Stock is taken: %d seen, %d missing.", round.Seen, round.Missing))
	}
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	v, again := h.countView(c, form)
	if again != nil {
		return again
	}
	v.Errors = page.Errors(err)
	return page.Again(c, err, pages.CountPage(*v))
}

func (h *handler) labels(c echo.Context) error {
	f := stockFilter(c)
	k, err := h.dml.Stock(c.Request().Context(), page.Actor(c), f)
	if err != nil {
		return err
	}
	list, err := h.labelsOf(c.Request().Context(), k.Copies, c.Scheme()+"://"+c.Request().Host)
	if err != nil {
		return err
	}
	next := ""
	if k.Next != "" {
		q := c.QueryParams()
		q.Set("after", k.Next)
		next = "/dml/stock/labels?" + q.Encode()
	}
	return page.Render(c, http.StatusOK, pages.LabelsPage(list, next))
}

// labelsOf gives each copy the digest of its version and the address that its
// code leads to: the item of a copy of media, else the copy itself.
func (h *handler) labelsOf(ctx context.Context, copies []dml.Copy, origin string) ([]pages.Label, error) {
	var list []pages.Label
	return list, h.db.View(ctx, func(tx *db.Tx) error {
		for _, one := range copies {
			l := pages.Label{Copy: one, URL: origin + one.Link()}
			if one.ItemKey != "" {
				l.URL = origin + "/dml/" + one.ItemKey
			}
			if one.Label != "" {
				v, err := h.dml.FindVersion(tx, one.ItemKey, one.Label)
				if err != nil && fault.KindOf(err) != fault.NotFound {
					return err
				}
				if err == nil {
					l.Digest = v.Digest.Short()
				}
			}
			list = append(list, l)
		}
		return nil
	})
}
