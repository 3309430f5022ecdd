package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// ImportTargets adds many targets to an environment from pasted lines: key,
// name, tags and attributes, with tabs, semicolons or commas between. Either
// all are added or none; the refusal names each bad line.
func (s *Service) ImportTargets(ctx context.Context, actor identity.Actor, environmentKey, text string) (int, error) {
	var added int
	return added, s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		var c fault.Check
		e, err := environmentByKey(tx, strings.TrimSpace(environmentKey))
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		c.Need(err == nil, "environment", "Choose the environment that they stand in.")
		drafts, lines := readTargets(&c, text)
		keys := make([]string, len(drafts))
		for i := range drafts {
			keys[i] = drafts[i].Key
		}
		taken, err := keysTaken(tx, keys)
		if err != nil {
			return err
		}
		for i, key := range keys {
			c.Need(!slices.Contains(taken, key), "lines", fmt.Sprintf("Line %d: there is a target %s already.", lines[i], key))
		}
		if err := c.Err("No target was added."); err != nil {
			return err
		}
		list := make([]Target, len(drafts))
		for i := range drafts {
			list[i] = *drafts[i].target(e)
		}
		if err := insertTargets(tx, list); err != nil {
			return err
		}
		added = len(list)
		return recordPlace(tx, actor, "environment", e.Key, "import", "", "added %d targets to %s", added, e.Name)
	})
}

// readTargets reads pasted lines, and gives the number of each.
func readTargets(c *fault.Check, text string) (drafts []TargetDraft, numbers []int) {
	seen := map[string]int{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		d := draftOf(line)
		var own fault.Check
		d.validate(&own)
		if f, ok := fault.As(own.Err("")); ok {
			for _, field := range f.Fields {
				c.Field("lines", fmt.Sprintf("Line %d: %s", number, field.Message))
			}
		}
		if first := seen[d.Key]; first != 0 {
			c.Field("lines", fmt.Sprintf("Line %d: %s stands in line %d already.", number, d.Key, first))
		}
		seen[d.Key] = number
		drafts, numbers = append(drafts, d), append(numbers, number)
	}
	c.Need(len(drafts) > 0, "lines", "Paste at least one line.")
	c.Need(len(drafts) <= maxImport, "lines", "Add at most 20,000 targets at once.")
	return drafts, numbers
}

// draftOf reads "key, name, tag tag, site=Oslo, rev=C".
func draftOf(line string) TargetDraft {
	separator := ","
	for _, candidate := range []string{"\t", ";"} {
		if strings.Contains(line, candidate) {
			separator = candidate
			break
		}
	}
	cells := strings.Split(line, separator)
	d := TargetDraft{Key: cells[0], EnvironmentKey: "-"}
	if len(cells) > 1 && !strings.Contains(cells[1], "=") {
		d.Name = cells[1]
	}
	for i, cell := range cells[1:] {
		switch cell = strings.TrimSpace(cell); {
		case strings.Contains(cell, "="):
			d.Attributes += cell + "\n"
		case i > 0:
			d.Tags += " " + cell
		}
	}
	return d
}
