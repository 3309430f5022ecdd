package db

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"gorm.io/gorm/schema"
)

// insertTable is how rows of one table are written; plain is false where GORM must.
type insertTable struct {
	plain   bool
	head    string // INSERT INTO "t" ("a","b") VALUES
	columns []insertColumn
	id      *schema.Field // numbered by the database, if there is one
	texts   sync.Map      // number of rows to text
}

// insertColumn reads a column's value from a row.
type insertColumn struct {
	field *schema.Field
	index []int
	kind  reflect.Kind // how to read it directly; Invalid leaves it to GORM
}

func newInsertTable(s *schema.Schema) *insertTable {
	t := &insertTable{}
	if len(s.Relationships.Relations) > 0 || len(s.CreateClauses) > 0 || s.BeforeCreate || s.BeforeSave || s.AfterCreate || s.AfterSave {
		return t
	}
	names := make([]string, 0, len(s.DBNames))
	for _, name := range s.DBNames {
		f := s.FieldsByDBName[name]
		switch {
		case f.HasDefaultValue && f == s.PrioritizedPrimaryField && f.AutoIncrement && f.FieldType.Kind() == reflect.Int64:
			t.id = f
			continue
		case f.HasDefaultValue, !f.Creatable, f.AutoCreateTime > 0, f.AutoUpdateTime > 0:
			return &insertTable{}
		}
		names = append(names, quote(name))
		t.columns = append(t.columns, newInsertColumn(f))
	}
	t.plain = true
	t.head = fmt.Sprintf("INSERT INTO %s (%s) VALUES ", quote(s.Table), strings.Join(names, ","))
	return t
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

var valuer = reflect.TypeFor[driver.Valuer]()

func newInsertColumn(f *schema.Field) insertColumn {
	c := insertColumn{field: f, index: f.StructField.Index}
	if f.Serializer != nil || f.FieldType.Implements(valuer) || reflect.PointerTo(f.FieldType).Implements(valuer) {
		return c
	}
	for _, i := range c.index {
		if i < 0 { // through a pointer
			return c
		}
	}
	switch k := f.FieldType.Kind(); k {
	case reflect.String, reflect.Bool, reflect.Int64:
		c.kind = k
	}
	return c
}

func (c insertColumn) value(ctx context.Context, row reflect.Value) any {
	switch c.kind {
	case reflect.String:
		return row.FieldByIndex(c.index).String()
	case reflect.Bool:
		return row.FieldByIndex(c.index).Bool()
	case reflect.Int64:
		return row.FieldByIndex(c.index).Int()
	}
	v, _ := c.field.ValueOf(ctx, row)
	return v
}

func (t *insertTable) number(row reflect.Value, id int64) {
	row.FieldByIndex(t.id.StructField.Index).SetInt(id)
}

// mostKept is up to how many rows the text of an INSERT is kept.
const mostKept = 64

// text is the INSERT of so many rows.
func (t *insertTable) text(rows int, postgres bool) string {
	if text, ok := t.texts.Load(rows); ok {
		return text.(string)
	}
	var b strings.Builder
	b.WriteString(t.head)
	for n := range rows * len(t.columns) {
		switch {
		case n%len(t.columns) > 0:
			b.WriteByte(',')
		case n > 0:
			b.WriteString("),(")
		default:
			b.WriteByte('(')
		}
		if postgres {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n + 1))
		} else {
			b.WriteByte('?')
		}
	}
	b.WriteByte(')')
	if postgres && t.id != nil {
		b.WriteString(" RETURNING " + quote(t.id.DBName))
	}
	if rows <= mostKept {
		t.texts.Store(rows, b.String())
	}
	return b.String()
}
