//go:build ignore

// Command collect gathers what Slipway's own release brings as media, because a
// program can embed only what lies below its folder: a copy of the README, and
// third-party.txt, the licence texts of every module that the slipway binary is
// linked from, of Go's own library, and of the assets that it serves. It is run
// by go generate, in internal/sample.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

type source struct{ name, from, dir string }

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|unlicense|copyright)([.-].*)?$`)

func main() {
	log.SetFlags(0)
	root := filepath.Join("..", "..")
	list, err := linked(root)
	if err != nil {
		log.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Licence texts of what Slipway is built from\n\nCollected from the module cache, the Go distribution and static/vendor/licences. Modules: %d.\nSQLite, within github.com/mattn/go-sqlite3, is in the public domain: https://sqlite.org/copyright.html\n", len(list))
	list = append([]source{{"The Go programming language, " + strings.TrimPrefix(goMinor(), "go"), "https://go.dev/LICENSE", runtime.GOROOT()}}, list...)
	for _, s := range list {
		if err := section(&b, s, licenceFile); err != nil {
			log.Fatal(err)
		}
	}
	assets := source{"Assets served in pages", "static/vendor/licences", filepath.Join(root, "static", "vendor", "licences")}
	if err := section(&b, assets, regexp.MustCompile(`.`)); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("own", "third-party.txt"), b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("own", "README.md"), readme, 0o644); err != nil {
		log.Fatal(err)
	}
}

func goMinor() string {
	parts := strings.SplitN(runtime.Version(), ".", 3)
	return strings.Join(parts[:min(len(parts), 2)], ".")
}

// linked lists the modules whose packages end up in the binary.
func linked(root string) ([]source, error) {
	command := exec.Command("go", "list", "-deps", "-json=Module", "./cmd/slipway")
	command.Dir, command.Stderr = root, os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, err
	}
	var list []source
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ Module *module }
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		m := p.Module
		if m == nil || m.Main {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		s := source{m.Path + " " + m.Version, "https://pkg.go.dev/" + m.Path + "@" + m.Version + "?tab=licenses", m.Dir}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b source) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

// section writes every licence file of a folder.
func section(b *bytes.Buffer, s source, names *regexp.Regexp) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	found := false
	for _, e := range entries {
		if e.IsDir() || !names.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(s.dir, e.Name()))
		if err != nil {
			return err
		}
		line := strings.Repeat("=", 78)
		fmt.Fprintf(b, "\n%s\n%s, file %s\nfrom %s\n%s\n\n%s\n", line, s.name, e.Name(), s.from, line, strings.TrimSpace(string(text)))
		found = true
	}
	if !found {
		return fmt.Errorf("no licence text in %s", s.dir)
	}
	return nil
}
