// Package arch holds the test of who may import whom. The order is
// ARCHITECTURE's: inside internal a package imports only those to its left.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms is the order from left to right; braced siblings stand together and do
// not import each other.
var rooms = [][]string{
	{"client"}, {"noun"}, {"zone"}, {"fault"}, {"seal"}, {"state"}, {"db"}, {"audit"}, {"identity"}, {"jobs"}, {"catalog", "dml"}, {"policy"}, {"change"}, {"release"},
	{"plan", "build"}, {"deploy"}, {"review"}, {"notify", "report", "status"}, {"app"}, {"sample"},
}

// testRooms may be imported by tests only.
var testRooms = []string{"dbtest", "arch"}

const module = "slipway/"

type file struct {
	path, pkg string // pkg is relative to the module: "internal/release"
	imports   []string
	test      bool
}

func sources(t *testing.T) []file {
	t.Helper()
	root := filepath.Join("..", "..")
	var files []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "var" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		relative, _ := filepath.Rel(root, path)
		f := file{path: relative, pkg: filepath.ToSlash(filepath.Dir(relative)), test: strings.HasSuffix(path, "_test.go")}
		for _, spec := range parsed.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			f.imports = append(f.imports, name)
		}
		files = append(files, f)
		return nil
	})
	if err != nil || len(files) < 20 {
		t.Fatalf("read %d files: %v", len(files), err)
	}
	return files
}

func place(room string) int {
	return slices.IndexFunc(rooms, func(siblings []string) bool { return slices.Contains(siblings, room) })
}

// room is the first folder below internal, "" elsewhere.
func room(pkg string) string {
	rest, ok := strings.CutPrefix(pkg, "internal/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func TestEveryRoomHasItsPlace(t *testing.T) {
	for _, f := range sources(t) {
		if r := room(f.pkg); r != "" && place(r) < 0 && !slices.Contains(testRooms, r) {
			t.Errorf("%s: the room %q has no place in the order", f.path, r)
		}
	}
}

func TestImportsPointLeft(t *testing.T) {
	for _, f := range sources(t) {
		from := room(f.pkg)
		if from == "" || f.test || slices.Contains(testRooms, from) {
			continue
		}
		for _, imported := range f.imports {
			to := room(strings.TrimPrefix(imported, module))
			if to == "" || to == from {
				continue
			}
			if slices.Contains(testRooms, to) {
				t.Errorf("%s imports %s, which is for tests", f.path, imported)
			} else if place(to) >= place(from) {
				t.Errorf("%s imports %s, which lies to its right or beside it", f.path, imported)
			}
		}
	}
}

func TestLayersPointDown(t *testing.T) {
	below := map[string][]string{ // a layer and those it must not import
		"static":    {"internal", "templates", "web", "cmd"},
		"internal":  {"templates", "web", "cmd", "static"},
		"templates": {"web", "cmd"},
		"web":       {"cmd"},
	}
	for _, f := range sources(t) {
		layer, _, _ := strings.Cut(f.pkg, "/")
		for _, imported := range f.imports {
			rest, ours := strings.CutPrefix(imported, module)
			other, _, _ := strings.Cut(rest, "/")
			if ours && slices.Contains(below[layer], other) {
				t.Errorf("%s imports %s: %s lies above %s", f.path, imported, other, layer)
			}
		}
	}
}

func TestTemplatesTakeValuesNotServices(t *testing.T) {
	for _, f := range sources(t) {
		if !strings.HasPrefix(f.pkg, "templates/") {
			continue
		}
		if slices.Contains(f.imports, module+"internal/app") {
			t.Errorf("%s imports app", f.path)
		}
	}
}

// TestNothingKeepsEveryMethod guards a seventh of the program's size: once one
// package calls methods by names that only the run knows, as Go's template
// packages do, the linker keeps every exported method of every type.
func TestNothingKeepsEveryMethod(t *testing.T) {
	for _, f := range sources(t) {
		for _, imported := range f.imports {
			if !f.test && (imported == "text/template" || imported == "html/template") {
				t.Errorf("%s imports %s", f.path, imported)
			}
		}
	}
}

func TestAreasDoNotImportEachOther(t *testing.T) {
	shared := []string{"web/page", "web/guard", "web/webtest"}
	for _, f := range sources(t) {
		if !strings.HasPrefix(f.pkg, "web/") || f.test {
			continue
		}
		for _, imported := range f.imports {
			rest := strings.TrimPrefix(imported, module)
			if strings.HasPrefix(rest, "web/") && rest != f.pkg && !slices.Contains(shared, rest) {
				t.Errorf("%s imports %s", f.path, imported)
			}
		}
	}
}

func TestWebLibrariesStayOutOfTheDomain(t *testing.T) {
	for _, f := range sources(t) {
		if room(f.pkg) == "" {
			continue
		}
		for _, imported := range f.imports {
			for _, foreign := range []string{"github.com/labstack/echo", "github.com/a-h/templ", "github.com/gorilla/", "net/http/httptest"} {
				if strings.HasPrefix(imported, foreign) && !f.test {
					t.Errorf("%s imports %s", f.path, imported)
				}
			}
		}
	}
}

func TestOnlyStoresTouchGorm(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || room(f.pkg) == "db" || strings.HasSuffix(f.path, "_store.go") {
			continue
		}
		for _, imported := range f.imports {
			if strings.HasPrefix(imported, "gorm.io/") {
				t.Errorf("%s imports %s; only *_store.go and db may", f.path, imported)
			}
		}
	}
}
