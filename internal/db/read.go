package db

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/schema"
)

// reader reads rows into plain structs. GORM makes a new value for each row and
// another for each of its columns, and puts both together by reflection: that is
// half of what a page costs. Here a column goes into its field at once. Whatever
// is not plain, such as a map or a join, is GORM's own work as before.
type reader struct {
	schemas sync.Map // what GORM knows of structs that are no table
	tables  sync.Map // *schema.Schema to *readTable
}

// readTable knows the fields of one struct by their columns.
type readTable struct {
	plain  bool
	fields map[string]*readField
	spare  sync.Pool // of *places
}

type readField struct {
	field *schema.Field
	index []int
	kind  reflect.Kind // String, Bool or Int64; Interface scans itself, Invalid is for GORM
}

// install takes the place of GORM's own reading.
func (r *reader) install(g *gorm.DB) error {
	return g.Callback().Query().Replace("gorm:query", r.query)
}

func (r *reader) query(g *gorm.DB) {
	if g.Error != nil {
		return
	}
	callbacks.BuildQuerySQL(g)
	if g.DryRun || g.Error != nil {
		return
	}
	rows, err := g.Statement.ConnPool.QueryContext(g.Statement.Context, g.Statement.SQL.String(), g.Statement.Vars...)
	if err != nil {
		_ = g.AddError(err)
		return
	}
	defer func() { _ = g.AddError(rows.Close()) }()
	if !r.scan(rows, g) {
		gorm.Scan(rows, g, 0)
	}
}

// scan reads the rows, unless the destination is for GORM.
func (r *reader) scan(rows *sql.Rows, g *gorm.DB) bool {
	s := g.Statement
	to := s.ReflectValue
	many := to.Kind() == reflect.Slice
	if s.Schema == nil || len(s.Joins) > 0 || len(s.ColumnMapping) > 0 || !many && to.Kind() != reflect.Struct || !to.CanSet() {
		return false
	}
	model := to.Type()
	if many {
		model = model.Elem()
	}
	columns, err := rows.Columns()
	if err != nil || model.Kind() != reflect.Struct || len(columns) == 1 && model != s.Schema.ModelType {
		return false
	}
	of := s.Schema
	if model != of.ModelType {
		if of, err = schema.Parse(s.Dest, &r.schemas, g.NamingStrategy); err != nil {
			return false
		}
	}
	t := r.table(of)
	if !t.plain {
		return false
	}
	g.RowsAffected, err = t.read(s.Context, rows, columns, to)
	if err == nil && g.RowsAffected == 0 && s.RaiseErrorOnNotFound {
		err = gorm.ErrRecordNotFound
	}
	_ = g.AddError(err)
	return true
}

// read puts the rows into a slice, or the first of them into a struct.
func (t *readTable) read(ctx context.Context, rows *sql.Rows, columns []string, to reflect.Value) (n int64, err error) {
	p := t.places(columns)
	many := to.Kind() == reflect.Slice
	if many {
		if to.Cap() == 0 {
			to.Set(reflect.MakeSlice(to.Type(), 0, 0))
		}
		to.SetLen(0)
	}
	for (many || n == 0) && rows.Next() {
		row := to
		if many {
			at := to.Len()
			to.Grow(1)
			to.SetLen(at + 1)
			row = to.Index(at)
			row.SetZero()
		}
		n++
		if err := p.fill(ctx, rows, row); err != nil {
			return n, err
		}
	}
	t.spare.Put(p)
	return n, rows.Err()
}

// places are where the columns of a question go.
type places struct {
	columns []string
	cells   []cell
	dst     []any
}

func (p *places) fill(ctx context.Context, rows *sql.Rows, row reflect.Value) error {
	for i := range p.cells {
		c := &p.cells[i]
		switch {
		case c.of == nil:
		case c.of.kind == reflect.Invalid:
			p.dst[i] = c.of.field.NewValuePool.Get()
		default:
			c.to = row.FieldByIndex(c.of.index)
		}
	}
	if err := rows.Scan(p.dst...); err != nil {
		return err
	}
	for i := range p.cells {
		c := &p.cells[i]
		c.to = reflect.Value{}
		if c.of != nil && c.of.kind == reflect.Invalid {
			if err := c.of.field.Set(ctx, row, p.dst[i]); err != nil {
				return err
			}
			c.of.field.NewValuePool.Put(p.dst[i])
		}
	}
	return nil
}

// cell is where one column of the row at hand goes; without a field it is dropped.
type cell struct {
	of *readField
	to reflect.Value
}

// Scan puts a driver's value into the field; NULL is its zero value.
func (c *cell) Scan(src any) error {
	if src == nil {
		c.to.SetZero()
		return nil
	}
	switch c.of.kind {
	case reflect.Interface:
		return c.to.Addr().Interface().(sql.Scanner).Scan(src)
	case reflect.String:
		switch v := src.(type) {
		case string:
			c.to.SetString(v)
			return nil
		case []byte:
			c.to.SetString(string(v))
			return nil
		}
	case reflect.Int64:
		if v, ok := src.(int64); ok {
			c.to.SetInt(v)
			return nil
		}
		var v sql.NullInt64 // a sum of PostgreSQL's comes as text
		if err := v.Scan(src); err == nil {
			c.to.SetInt(v.Int64)
			return nil
		}
	case reflect.Bool:
		var v sql.NullBool
		if err := v.Scan(src); err == nil {
			c.to.SetBool(v.Bool)
			return nil
		}
	}
	return fmt.Errorf("%s holds a %T", c.of.field.DBName, src)
}

// places gives the places of the columns, as they were for the question before
// if it was the same.
func (t *readTable) places(columns []string) *places {
	if p, ok := t.spare.Get().(*places); ok && slices.Equal(p.columns, columns) {
		return p
	}
	p := &places{columns: columns, cells: make([]cell, len(columns)), dst: make([]any, len(columns))}
	for i, name := range columns {
		f, ok := t.fields[name]
		if !ok {
			p.dst[i] = new(any)
			continue
		}
		p.cells[i].of = f
		if f.kind != reflect.Invalid {
			p.dst[i] = &p.cells[i]
		}
	}
	return p
}

func (r *reader) table(s *schema.Schema) *readTable {
	if t, ok := r.tables.Load(s); ok {
		return t.(*readTable)
	}
	t, _ := r.tables.LoadOrStore(s, newReadTable(s))
	return t.(*readTable)
}

func newReadTable(s *schema.Schema) *readTable {
	t := &readTable{fields: map[string]*readField{}}
	for _, f := range s.Fields {
		if f.DBName == "" {
			continue
		}
		if _, twice := t.fields[f.DBName]; twice || !f.Readable {
			return &readTable{}
		}
		t.fields[f.DBName] = newReadField(f)
	}
	// GORM finds columns by the name of the field too.
	for _, f := range s.Fields {
		if _, taken := t.fields[f.Name]; !taken && f.DBName != "" {
			t.fields[f.Name] = t.fields[f.DBName]
		}
	}
	t.plain = len(s.Relationships.Relations) == 0 && !s.AfterFind
	return t
}

var scanner = reflect.TypeFor[sql.Scanner]()

func newReadField(f *schema.Field) *readField {
	r := &readField{field: f, index: f.StructField.Index}
	for _, i := range r.index {
		if i < 0 { // through a pointer
			return r
		}
	}
	switch k := f.FieldType.Kind(); {
	case f.Serializer != nil:
	case reflect.PointerTo(f.FieldType).Implements(scanner):
		r.kind = reflect.Interface
	case k == reflect.String || k == reflect.Bool || k == reflect.Int64:
		r.kind = k
	}
	return r
}
