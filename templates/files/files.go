// Package files shows the files that people attached as evidence, and the
// fields to attach more.
package files

import (
	"strconv"

	"slipway/internal/dml"
	"slipway/templates/ui"
)

// Accept is what a browser offers to choose; the server looks at the bytes.
const Accept = "image/*,text/*,.log,.txt,.csv,.json,.xml,.pdf,.zip,.gz"

// address is where a file of a release is kept.
func address(key string, a *dml.Attachment) string {
	return "/releases/" + key + "/attachments/" + strconv.FormatInt(a.ID, 10)
}

// camera takes a photograph there and then; browsers without one offer a file.
func camera(i ui.Input, photo string) ui.Input {
	i.Name, i.Label, i.Hint, i.Error = photo, "Take a photo", "", ""
	i.Type, i.Optional, i.Accept, i.Capture = "file", true, "image/*", "environment"
	return i
}

func chooser(i ui.Input) ui.Input {
	i.Type, i.Optional, i.Multiple, i.Accept = "file", true, true, Accept
	i.Hint = "Photos, screenshots, text and log files, PDF or zip; at most " + strconv.Itoa(dml.MaxAttachment>>20) + " MiB each. They cannot be taken back."
	return i
}
