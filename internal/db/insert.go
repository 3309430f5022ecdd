package db

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// inserter writes rows of plain tables. GORM builds the text of each INSERT
// anew, looks every column up by its name and boxes every value twice; a release
// arrives with a dozen of them while all other writers wait. Here the text of a
// table is built once for each number of rows. Whatever is not plain, such as a
// conflict clause, is GORM's own work as before.
type inserter struct {
	postgres bool
	gorm     func(*gorm.DB)
	tables   sync.Map // *schema.Schema to *insertTable
}

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

// install takes the place of GORM's own creation.
func (i *inserter) install(g *gorm.DB) error {
	i.gorm = g.Callback().Create().Get("gorm:create")
	return g.Callback().Create().Replace("gorm:create", i.create)
}

func (i *inserter) create(g *gorm.DB) {
	s := g.Statement
	if g.Error != nil || s.Schema == nil || len(s.Clauses) > 0 || len(s.Selects) > 0 || len(s.Omits) > 0 || s.SQL.Len() > 0 || g.DryRun || s.Table != s.Schema.Table {
		i.gorm(g)
		return
	}
	t := i.table(s.Schema)
	rows, ok := rowsOf(s.ReflectValue, s.Schema.ModelType)
	if !t.plain || !ok || t.id != nil && !unnumbered(s.Context, t.id, rows) {
		i.gorm(g)
		return
	}
	s.SQL.WriteString(t.text(len(rows), i.postgres))
	s.Vars = make([]any, 0, len(rows)*len(t.columns))
	for _, row := range rows {
		for _, c := range t.columns {
			s.Vars = append(s.Vars, c.value(s.Context, row))
		}
	}
	g.RowsAffected = int64(len(rows))
	if t.id != nil && i.postgres {
		_ = g.AddError(i.returned(s, t.id, rows))
		return
	}
	result, err := s.ConnPool.ExecContext(s.Context, s.SQL.String(), s.Vars...)
	if g.AddError(err) != nil || t.id == nil {
		return
	}
	last, err := result.LastInsertId()
	if g.AddError(err) != nil {
		return
	}
	for n, row := range rows { // one statement numbers its rows without a gap
		t.number(row, last-int64(len(rows)-1-n))
	}
}

// returned reads the numbers that PostgreSQL gave.
func (i *inserter) returned(s *gorm.Statement, id *schema.Field, rows []reflect.Value) error {
	found, err := s.ConnPool.QueryContext(s.Context, s.SQL.String(), s.Vars...)
	if err != nil {
		return err
	}
	defer found.Close()
	for n := 0; found.Next() && n < len(rows); n++ {
		var number int64
		if err := found.Scan(&number); err != nil {
			return err
		}
		rows[n].FieldByIndex(id.StructField.Index).SetInt(number)
	}
	return found.Err()
}

func (t *insertTable) number(row reflect.Value, id int64) {
	row.FieldByIndex(t.id.StructField.Index).SetInt(id)
}

// rowsOf gives the structs that are to be written, if it is they.
func rowsOf(v reflect.Value, model reflect.Type) ([]reflect.Value, bool) {
	switch v.Kind() {
	case reflect.Struct:
		return []reflect.Value{v}, v.Type() == model && v.CanSet()
	case reflect.Slice:
		rows := make([]reflect.Value, v.Len())
		for i := range rows {
			row := v.Index(i)
			if row.Kind() == reflect.Pointer {
				row = row.Elem()
			}
			if !row.IsValid() || row.Type() != model {
				return nil, false
			}
			rows[i] = row
		}
		return rows, len(rows) > 0
	}
	return nil, false
}

// unnumbered tells that the database numbers all the rows.
func unnumbered(ctx context.Context, id *schema.Field, rows []reflect.Value) bool {
	for _, row := range rows {
		if _, zero := id.ValueOf(ctx, row); !zero {
			return false
		}
	}
	return true
}

func (i *inserter) table(s *schema.Schema) *insertTable {
	if t, ok := i.tables.Load(s); ok {
		return t.(*insertTable)
	}
	t, _ := i.tables.LoadOrStore(s, newInsertTable(s))
	return t.(*insertTable)
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
