package releases

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/release"
	"slipway/templates/draft"
	view "slipway/templates/releases"
	"slipway/web/page"
)

func (h handler) packageRoutes(g *echo.Group) {
	g.GET("/releases/:key/package", h.showPackage)
	g.POST("/releases/:key/package/components", h.addComponent)
	g.POST("/releases/:key/package/components/:id/remove", h.removeComponent)
	g.POST("/releases/:key/package/items", h.addItem)
	g.POST("/releases/:key/package/units", h.addUnit)
	g.POST("/releases/:key/package/items/:id", h.decideItem)
	g.POST("/releases/:key/package/baseline", h.baseline)
	g.POST("/releases/:key/package/recheck", h.recheck)
	g.GET("/releases/:key/package/:number/manifest.json", h.manifest)
}

// opened is the form that an address opens, with what the address fills in.
func opened(c echo.Context) draft.Draft {
	form := c.QueryParam("do")
	if form == "" {
		return draft.Draft{}
	}
	return draft.Draft{Form: form, Values: c.QueryParams()}
}

// again draws a page once more around a form that was refused, with everything
// typed and every reason; what is not the person's to mend goes on.
func again(c echo.Context, form string, cause error, drawn func(draft.Draft) (templ.Component, error)) error {
	switch fault.KindOf(cause) {
	case fault.Invalid, fault.Refused, fault.Conflict, fault.TooLarge, fault.Unavailable:
	default:
		return cause
	}
	component, err := drawn(drafted(form, c.Request().PostForm, cause))
	if err != nil {
		return err
	}
	return page.Again(c, cause, component)
}

// paramID reads a row's number from the address; anything else is not there.
func paramID(c echo.Context, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "There is nothing at this address.")
	}
	return n, nil
}

func (h handler) packageView(c echo.Context, number int64, d draft.Draft) (view.PackageView, error) {
	v := view.PackageView{Draft: d, Host: c.Request().Host}
	var err error
	v.PackageSheet, err = h.app.Release.PackagePage(c.Request().Context(), page.Actor(c), c.Param("key"), number)
	return v, err
}

func (h handler) packageAgain(c echo.Context, form string, cause error) error {
	return again(c, form, cause, func(d draft.Draft) (templ.Component, error) {
		v, err := h.packageView(c, 0, d)
		return view.Package(v), err
	})
}

// packaged leads back to a part of the package's page.
func packaged(c echo.Context, anchor, flash string) error {
	return page.Redirect(c, page.Path("releases", c.Param("key"), "package")+anchor, flash)
}

func (h handler) showPackage(c echo.Context) error {
	var number int64
	if text := c.QueryParam("version"); text != "" {
		var err error
		if number, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fault.New(fault.NotFound, "There is no such version of the package.")
		}
	}
	v, err := h.packageView(c, number, opened(c))
	if err != nil {
		return err
	}
	if page.Fragment(c) && v.Edits {
		return page.Render(c, http.StatusOK, view.AddComponent(v))
	}
	return page.Render(c, http.StatusOK, view.Package(v))
}

type componentForm struct {
	Kind      string `form:"kind"`
	Media     int64  `form:"media"`
	Item      int64  `form:"item"`
	Name      string `form:"name"`
	Label     string `form:"label"`
	Serial    string `form:"serial"`
	Location  string `form:"location"`
	Reference string `form:"reference"`
	Licence   string `form:"licence"`
	Quantity  int64  `form:"quantity"`
}

func (f componentForm) component() release.Component {
	return release.Component{Kind: release.ComponentKind(f.Kind), MediaVersionID: f.Media, ItemID: f.Item, Name: f.Name, Label: f.Label,
		Serial: f.Serial, Location: f.Location, Reference: f.Reference, LicenceKey: f.Licence, Quantity: f.Quantity}
}

func (h handler) addComponent(c echo.Context) error {
	var f componentForm
	err := page.Bind(c, &f)
	if err == nil {
		err = h.app.Release.AddComponent(c.Request().Context(), page.Actor(c), c.Param("key"), f.component())
	}
	if err != nil {
		return h.packageAgain(c, view.AddForm(c.FormValue("kind")), err)
	}
	return packaged(c, "#components", "The component is added.")
}

func (h handler) removeComponent(c echo.Context) error {
	id, err := paramID(c, "id")
	if err != nil {
		return err
	}
	if err := h.app.Release.RemoveComponent(c.Request().Context(), page.Actor(c), c.Param("key"), id); err != nil {
		return h.packageAgain(c, "", err)
	}
	return packaged(c, "#components", "The component is removed.")
}

func (h handler) addItem(c echo.Context) error {
	if err := h.app.Release.AddItem(c.Request().Context(), page.Actor(c), c.Param("key"), c.FormValue("item")); err != nil {
		return h.packageAgain(c, "add-item", err)
	}
	return packaged(c, "#items", "The item is on the list; decide on it.")
}

func (h handler) addUnit(c echo.Context) error {
	id, _ := strconv.ParseInt(c.FormValue("unit"), 10, 64)
	if err := h.app.Release.AddUnit(c.Request().Context(), page.Actor(c), c.Param("key"), id); err != nil {
		return h.packageAgain(c, "add-unit", err)
	}
	return packaged(c, "#items", "The release unit is added; decide on its items.")
}

// decideItem decides on one item. Its fields carry its number, because each
// item of the page has a form of its own.
func (h handler) decideItem(c echo.Context) error {
	id, err := paramID(c, "id")
	if err != nil {
		return err
	}
	field := func(name string) string { return c.FormValue(name + "_" + c.Param("id")) }
	err = h.app.Release.DecideItem(c.Request().Context(), page.Actor(c), c.Param("key"), id, page.Version(c),
		release.Inclusion(field("decision")), field("to_be"), field("reason"))
	if err != nil {
		return h.packageAgain(c, "item-"+c.Param("id"), err)
	}
	return packaged(c, "#items", "The item is decided.")
}

func (h handler) baseline(c echo.Context) error {
	if err := h.app.Release.Baseline(c.Request().Context(), page.Actor(c), c.Param("key")); err != nil {
		return h.packageAgain(c, "", err)
	}
	return packaged(c, "", "The package is baselined; its digest is its identity from now on.")
}

func (h handler) recheck(c echo.Context) error {
	if err := h.app.Release.Recheck(c.Request().Context(), page.Actor(c), c.Param("key")); err != nil {
		return h.packageAgain(c, "", err)
	}
	return packaged(c, "#recheck", "All media was hashed anew and matches.")
}

// manifest gives the exact bytes whose SHA-256 is the package's identity.
func (h handler) manifest(c echo.Context) error {
	number, err := paramID(c, "number")
	if err != nil {
		return err
	}
	v, err := h.packageView(c, number, draft.Draft{})
	if err != nil {
		return err
	}
	if v.Shown.Manifest == "" {
		return fault.New(fault.NotFound, "Package v%d is not baselined yet, so it has no manifest.", number)
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+v.Key+"-v"+c.Param("number")+`-manifest.json"`)
	c.Response().Header().Set("ETag", `"`+v.Shown.Digest+`"`)
	mediaType := "application/vnd.oci.image.index.v1+json"
	if v.Shown.Older() {
		mediaType = dml.TypePackage
	}
	return c.Blob(http.StatusOK, mediaType, []byte(v.Shown.Manifest))
}
