package main

import (
	"context"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestMain is the slipway program itself where a test starts it as a process of
// its own, to kill it.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(context.Background(), os.Args[1:]))
	}
	os.Exit(m.Run())
}

const asProgram = "SLIPWAY_TEST_AS_PROGRAM"

// TestEveryFlagHasItsVariable walks the commands: --log-level is SLIPWAY_LOG_LEVEL
// and so on, and every command can be run.
func TestEveryFlagHasItsVariable(t *testing.T) {
	flags := 0
	var walk func(string, reflect.Type)
	walk = func(name string, kind reflect.Type) {
		commands := 0
		for i := range kind.NumField() {
			field := kind.Field(i)
			tag := field.Tag.Get("arg")
			if field.Anonymous {
				walk(name, field.Type)
				continue
			}
			if field.Tag.Get("help") == "" {
				t.Errorf("%s: %s has no help", name, field.Name)
			}
			if sub, ok := strings.CutPrefix(tag, "subcommand:"); ok {
				commands++
				walk(name+" "+sub, field.Type.Elem())
				if _, ok := reflect.New(field.Type.Elem()).Interface().(command); !ok && field.Type.Elem().NumField() == 0 {
					t.Errorf("%s %s does nothing", name, sub)
				}
				continue
			}
			if strings.HasPrefix(tag, "positional") {
				continue
			}
			flags++
			_, long, _ := strings.Cut(tag, "--")
			long, _, _ = strings.Cut(long, ",")
			if want := "env:" + strings.ToUpper(strings.ReplaceAll(long, "-", "_")); long == "" || !strings.Contains(tag+",", want+",") {
				t.Errorf("%s: the flag of %s is tagged %q, without %s", name, field.Name, tag, want)
			}
		}
	}
	walk("slipway", reflect.TypeFor[cli]())
	if flags < 40 {
		t.Errorf("only %d flags were seen", flags)
	}
}

func TestHelpAndUsageMistakes(t *testing.T) {
	for args, want := range map[string]struct {
		status int
		said   string
	}{
		"help":                        {0, ""},
		"help dml put":                {0, ""},
		"demo --help":                 {0, ""},
		"nonsense":                    {2, "invalid subcommand: nonsense; see: slipway help\n"},
		"dml":                         {2, "name one of its commands; see: slipway help dml\n"},
		"serve --nonsense":            {2, "unknown argument --nonsense; see: slipway help serve\n"},
		"serve --log-level loud":      {2, "--log-level is one of debug, info, warn, error"},
		"token create --user maya":    {2, "NAME is required (or environment variable SLIPWAY_NAME)"},
		"dml put --item a --user b f": {2, "VERSION is required"},
		"demo --releases many":        {2, "--releases"},
		"dml gc --grace yesterday":    {2, "--grace"},
		"simulate --server x --token": {2, "--token"},
	} {
		status, said := stderr(t, strings.Fields(args)...)
		if status != want.status || !strings.Contains(said, want.said) || want.status != 0 && strings.Count(said, "\n") != 1 {
			t.Errorf("slipway %s: %d, %q", args, status, said)
		}
	}
}

func TestWordsAreRepeatedOrListed(t *testing.T) {
	var w words
	for _, given := range []string{"dml:read,dml:write", "api:read"} {
		if err := w.UnmarshalText([]byte(given)); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(w, " ") != "dml:read dml:write api:read" {
		t.Error(w)
	}
}
