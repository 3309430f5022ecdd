package sample

import (
	"runtime/debug"
	"slices"
	"testing"
)

func TestLinkedListsModulesAsTheyWereBuilt(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{{Path: "github.com/labstack/echo/v4", Version: "v4.16.0"},
		{Path: "example.org/old", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/new", Version: "v1.2.0"}}}}
	want := []component{{"std", "1.26.8", "BSD-3-Clause", "pkg:golang/std@1.26.8"}, {"github.com/labstack/echo/v4", "v4.16.0", "", "pkg:golang/github.com/labstack/echo/v4@v4.16.0"},
		{"example.org/new", "v1.2.0", "", "pkg:golang/example.org/new@v1.2.0"}}
	if got := linked(info); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestLaterVersionsHoldLaterParts(t *testing.T) {
	for item, recipe := range recipes {
		for _, p := range recipe.parts {
			if len(p.versions) == 0 || len(p.versions) > len(recipe.labels) {
				t.Errorf("%s holds %s in %d versions, and is told in %d", item, p.name, len(p.versions), len(recipe.labels))
			}
		}
		first, last, after := recipe.of(recipe.labels[0]), recipe.of(recipe.labels[len(recipe.labels)-1]), recipe.of("99")
		if !slices.Equal(last, after) || len(recipe.labels) > 1 && slices.Equal(first, last) {
			t.Errorf("%s is made of %v, then %v, then %v", item, first, last, after)
		}
	}
}
