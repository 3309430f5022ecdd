package sample

import (
	"bytes"
	_ "embed" // for the README and the licence texts
	"io"
	"os"

	"slipway/internal/dml"
)

// licenceTexts are those of every module, of Go and of the assets that the
// program is made of.
//
//go:generate go run ./own/collect.go
//go:embed own/third-party.txt
var licenceTexts []byte

// readme is README.md as it was when the program was built.
//
//go:embed own/README.md
var readme []byte

// ownLicences is what the texts come to.
const ownLicences = "MIT AND BSD-3-Clause AND Apache-2.0 AND 0BSD AND blessing"

// own opens what Slipway's own release brings: the program, the README it was
// built with, and the licence texts. Other items have none.
func own(program, itemKey string, sub *dml.Submission) (io.ReadCloser, bool, error) {
	switch itemKey {
	case "slw-program":
		path := program
		if path == "" {
			var err error
			if path, err = os.Executable(); err != nil {
				return nil, false, err
			}
		}
		sub.FileName, sub.MediaType, sub.About = "slipway", "", "The program that serves this page."
		f, err := os.Open(path)
		return f, true, err
	case "slw-readme":
		sub.FileName, sub.About = "README.md", "What Slipway is, and how to start it."
		return io.NopCloser(bytes.NewReader(readme)), true, nil
	case "slw-licence-texts":
		sub.FileName, sub.Licence, sub.About = "third-party.txt", ownLicences, "Licence texts of the modules and assets that the program is made of."
		return io.NopCloser(bytes.NewReader(licenceTexts)), true, nil
	}
	return nil, false, nil
}
