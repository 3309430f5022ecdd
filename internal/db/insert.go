package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
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
	schemas sync.Map            // what GORM knows of the structs
	tables  sync.Map            // *schema.Schema to *insertTable
	values  []driver.NamedValue // SQLite's one writer hands them over; used anew
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
	text, began := t.text(len(rows), tx.d.postgres), time.Now()
	switch err = tx.ctx.Err(); {
	case err != nil:
	case tx.d.postgres:
		err = tx.returned(t, rows, text)
	default:
		err = tx.straight(t, rows, text)
	}
	tx.g.Logger.Trace(tx.ctx, began, func() (string, int64) { return text, int64(len(rows)) }, err)
	if dialect, ok := tx.g.Dialector.(gorm.ErrorTranslator); ok && err != nil {
		err = dialect.Translate(err)
	}
	return true, err
}

// mostValues is how many values the list of SQLite's writer is kept for.
const mostValues = 1 << 12

// straight does an INSERT by SQLite's driver itself, and gives the rows the
// numbers they got. On the way database/sql would copy each value and look at it
// twice, which was a third of all the memory that a new release went through.
func (tx *Tx) straight(t *insertTable, rows []reflect.Value, text string) error {
	conn, writes := tx.g.Statement.ConnPool.(*sql.Conn)
	if !writes {
		return errors.New("db: an insert outside a writing transaction")
	}
	values := tx.d.inserts.values[:0]
	for _, row := range rows {
		for _, c := range t.columns {
			v, err := driver.DefaultParameterConverter.ConvertValue(c.value(tx.ctx, row))
			if err != nil {
				return fmt.Errorf("%s: %w", c.field.DBName, err)
			}
			values = append(values, driver.NamedValue{Ordinal: len(values) + 1, Value: v})
		}
	}
	err := conn.Raw(func(lite any) error {
		result, err := lite.(driver.ExecerContext).ExecContext(tx.g.Statement.Context, text, values)
		if err != nil || t.id == nil {
			return err
		}
		last, err := result.LastInsertId()
		for n, row := range rows { // one statement numbers its rows without a gap
			t.number(row, last-int64(len(rows)-1-n))
		}
		return err
	})
	clear(values)
	if len(values) <= mostValues {
		tx.d.inserts.values = values
	}
	return err
}

// returned does an INSERT that says the numbers the rows got, as PostgreSQL can.
func (tx *Tx) returned(t *insertTable, rows []reflect.Value, text string) error {
	vars := make([]any, 0, len(rows)*len(t.columns))
	for _, row := range rows {
		for _, c := range t.columns {
			vars = append(vars, c.value(tx.ctx, row))
		}
	}
	pool := tx.g.Statement.ConnPool
	if t.id == nil {
		_, err := pool.ExecContext(tx.ctx, text, vars...)
		return err
	}
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
