package db

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// inserter writes rows of plain tables. GORM builds the text of each INSERT
// anew, looks every column up by its name and boxes every value twice; a release
// arrives with a dozen of them while all other writers wait. Here the text of a
// table is built once for each number of rows. Whatever is not plain is GORM's
// own work.
type inserter struct {
	schemas sync.Map // what GORM knows of the structs
	tables  sync.Map // *schema.Schema to *insertTable
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

// insert writes a row, or a slice of rows; done is false where GORM must.
func (tx *Tx) insert(row any) (done bool, err error) {
	v := reflect.ValueOf(row)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return false, nil
	}
	of, err := schema.Parse(row, &tx.d.inserts.schemas, tx.g.NamingStrategy)
	if err != nil {
		return false, nil
	}
	t := tx.d.inserts.table(of)
	rows, ok := rowsOf(v.Elem(), of.ModelType)
	if !t.plain || !ok || t.id != nil && !unnumbered(tx.ctx, t.id, rows) {
		return false, nil
	}
	text, vars := t.text(len(rows), tx.d.postgres), make([]any, 0, len(rows)*len(t.columns))
	for _, row := range rows {
		for _, c := range t.columns {
			vars = append(vars, c.value(tx.ctx, row))
		}
	}
	began := time.Now()
	if err = tx.ctx.Err(); err == nil {
		err = tx.numbered(t, rows, text, vars)
	}
	tx.g.Logger.Trace(tx.ctx, began, func() (string, int64) { return text, int64(len(rows)) }, err)
	if dialect, ok := tx.g.Dialector.(gorm.ErrorTranslator); ok && err != nil {
		err = dialect.Translate(err)
	}
	return true, err
}

// numbered does an INSERT and gives the rows the numbers they got.
func (tx *Tx) numbered(t *insertTable, rows []reflect.Value, text string, vars []any) error {
	pool := tx.g.Statement.ConnPool
	if t.id != nil && tx.d.postgres {
		found, err := pool.QueryContext(tx.ctx, text, vars...)
		if err != nil {
			return err
		}
		defer found.Close()
		for n := 0; found.Next() && n < len(rows); n++ {
			var number int64
			if err := found.Scan(&number); err != nil {
				return err
			}
			t.number(rows[n], number)
		}
		return found.Err()
	}
	result, err := pool.ExecContext(tx.ctx, text, vars...)
	if err != nil || t.id == nil {
		return err
	}
	last, err := result.LastInsertId()
	if err != nil {
		return err
	}
	for n, row := range rows { // one statement numbers its rows without a gap
		t.number(row, last-int64(len(rows)-1-n))
	}
	return nil
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
