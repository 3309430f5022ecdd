package tests

import "slipway/templates/ui"

func hinted(i ui.Input, hint string) ui.Input {
	i.Hint = hint
	return i
}

func kindInput(v View) ui.Input { return v.Draft.Input("kind", "Kind", "software") }

func fileInput(v View, name, label string) ui.Input {
	i := v.Draft.Input(name, label, "")
	i.Type = "file"
	return i
}

func reportInput(v View) ui.Input {
	i := hinted(fileInput(v, "report", "JUnit XML report"), "At most 8 MiB.")
	i.Accept = ".xml,application/xml,text/xml"
	return i
}
