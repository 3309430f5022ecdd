package deploy

import (
	"slices"
	"strings"

	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// matching narrows a query over targets to those that a filter chooses.
func matching(tx *db.Tx, q *gorm.DB, f Filter) (*gorm.DB, error) {
	if f.Empty() {
		return q, nil
	}
	c := compiler{tx: tx}
	if err := c.term(f.top); err != nil {
		return nil, err
	}
	return q.Where(c.text.String(), c.args...), nil
}

// notMatching leaves out what a filter chooses.
func notMatching(tx *db.Tx, q *gorm.DB, f Filter) (*gorm.DB, error) {
	if f.Empty() {
		return q.Where("1 = 0"), nil
	}
	return matching(tx, q, Filter{&term{join: "not", of: []term{*f.top}}})
}

// compiler writes a filter as a condition in SQL. It is never unknown (NULL), so
// "not" is what it says.
type compiler struct {
	tx   *db.Tx
	text strings.Builder
	args []any
}

func (c *compiler) add(text string, args ...any) {
	c.text.WriteString(text)
	c.args = append(c.args, args...)
}

func (c *compiler) term(t *term) error {
	switch t.join {
	case "not":
		c.add("NOT (")
	case "and", "or":
		c.add("(")
	default:
		return c.condition(&t.condition)
	}
	for i := range t.of {
		if i > 0 {
			c.add(" " + strings.ToUpper(t.join) + " ")
		}
		if err := c.term(&t.of[i]); err != nil {
			return err
		}
	}
	c.add(")")
	return nil
}

func (c *compiler) condition(one *condition) error {
	if column, ok := columns[one.name]; ok {
		return c.column(column, one)
	}
	if one.op != equal {
		c.ranked(one)
		return nil
	}
	if one.name == "key" && !slices.ContainsFunc(one.values, pattern.open) { // keys are plain letters, so both databases agree on their case
		keys := make([]string, len(one.values))
		for i, value := range one.values {
			keys[i] = value.text()
		}
		c.add("LOWER(targets.target_key) IN ?", keys)
		return nil
	}
	c.add("(")
	for i, value := range one.values {
		if i > 0 {
			c.add(" OR ")
		}
		if value.open() {
			c.facet("value LIKE ? ESCAPE '\\'", one.name+"=", likeParts(one.name+"=", value.parts))
		} else {
			c.add(`targets.facets LIKE ? ESCAPE '\'`, "%|"+escapeLike(one.name+"="+value.text())+"|%")
		}
	}
	c.add(")")
	return nil
}

func likeParts(name string, parts []string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = escapeLike(part)
	}
	return escapeLike(name) + strings.Join(escaped, "%")
}

// ranked compares by the ranks that stand among the facets.
func (c *compiler) ranked(one *condition) {
	name := one.name + "<"
	order := "value " + string(one.op) + " ?"
	if c.tx.Postgres() {
		order = `value COLLATE "C" ` + string(one.op) + " ?"
	}
	c.facet("value LIKE ? ESCAPE '\\' AND "+order, name, escapeLike(name)+"%", name+rank(one.values[0].text()))
}

// facet asks whether one of the facets is as the condition says. Most targets
// are told apart by the first look.
func (c *compiler) facet(condition, begins string, args ...any) {
	c.add(`(targets.facets LIKE ? ESCAPE '\' AND EXISTS (`, "%|"+escapeLike(begins)+"%")
	if c.tx.Postgres() {
		c.add("SELECT 1 FROM unnest(string_to_array(targets.facets, '|')) AS facet(value) WHERE ")
	} else {
		c.add(`WITH RECURSIVE facet(value, rest) AS (SELECT '', substr(targets.facets, 2)
			UNION ALL SELECT substr(rest, 1, instr(rest, '|') - 1), substr(rest, instr(rest, '|') + 1) FROM facet WHERE rest <> '')
			SELECT 1 FROM facet WHERE `)
	}
	c.add(condition+"))", args...)
}

// maxValues is how many different words a column may hold for a filter to tell
// them apart: versions, digests and releases that a fleet runs.
const maxValues = 10_000

// column compares the different words of a column here, where versions are
// understood, and asks the database for those that fit.
func (c *compiler) column(col column, one *condition) error {
	var words, fit []string
	err := c.tx.Gorm().Model(&Target{}).Distinct(col.name).Limit(maxValues+1).Pluck(col.name, &words).Error
	if err != nil {
		return err
	}
	if len(words) > maxValues {
		return fault.New(fault.Refused, "The targets have more than %d different values of %s, too many to filter by it.", maxValues, one.name)
	}
	for _, word := range words {
		if one.fits(tidy(word)) {
			fit = append(fit, word)
		}
	}
	if len(fit) == 0 {
		c.add("1 = 0")
		return nil
	}
	c.add("targets."+col.name+" IN ?", fit)
	return nil
}

// unranked gives targets that were saved before filters compared by ranks.
func unranked(tx *db.Tx, after int64, limit int) ([]Target, error) {
	var list []Target
	return list, tx.Gorm().Where("id > ? AND facets NOT LIKE '%|key<%'", after).Order("id").Limit(limit).Find(&list).Error
}

// keepFacets writes what filters read of a target, and nothing else of it.
func keepFacets(tx *db.Tx, t *Target) error {
	return tx.Gorm().Model(&Target{}).Where("id = ?", t.ID).Update("facets", t.Facets).Error
}
