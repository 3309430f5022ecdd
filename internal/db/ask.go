package db

import (
	"database/sql"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm/schema"
)

// Rows asks in plain SQL, with a ? for each argument. GORM spends more on
// carrying such a question than the database on answering it; only where an
// argument is a list is it asked.
func (tx *Tx) Rows(query string, args ...any) (*sql.Rows, error) {
	ctx := tx.g.Statement.Context
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	text, ok := tx.bind(query, args)
	if !ok {
		return tx.g.Raw(query, args...).Rows()
	}
	began := time.Now()
	rows, err := tx.g.Statement.ConnPool.QueryContext(ctx, text, args...)
	tx.g.Logger.Trace(ctx, began, func() (string, int64) { return text, -1 }, err)
	return rows, err
}

// Row reads the columns of the first row; NotFound when there is none.
func (tx *Tx) Row(query string, args []any, columns ...any) error {
	rows, err := tx.Rows(query, args...)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err = rows.Err(); err == nil {
			err = sql.ErrNoRows
		}
		return translate(err)
	}
	if err := rows.Scan(columns...); err != nil {
		return translate(err)
	}
	return translate(rows.Close())
}

// bind writes the question as the database takes it, unless an argument is for
// GORM to take apart.
func (tx *Tx) bind(query string, args []any) (string, bool) {
	for _, arg := range args {
		switch reflect.ValueOf(arg).Kind() {
		case reflect.String, reflect.Int64, reflect.Int, reflect.Bool:
		default:
			return "", false
		}
	}
	if !tx.d.postgres {
		return query, true
	}
	if strings.Count(query, "?") != len(args) {
		return "", false
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, more := strings.Cut(query, "?")
		b.WriteString(before)
		if !more {
			return b.String(), true
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		query = after
	}
}

// ask reads what a condition selects of a plain table into a slice, or a struct
// that is still empty; asked is false where GORM must.
func (tx *Tx) ask(dst any, query, end string, args []any) (asked bool, n int64, err error) {
	to := reflect.ValueOf(dst)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return false, 0, nil
	}
	to = to.Elem()
	if to.Kind() == reflect.Struct && !to.IsZero() || to.Kind() != reflect.Struct && (to.Kind() != reflect.Slice || to.Type().Elem().Kind() != reflect.Struct) {
		return false, 0, nil
	}
	of, err := schema.Parse(dst, &tx.d.rows.schemas, tx.g.NamingStrategy)
	if err != nil {
		return false, 0, nil
	}
	t := tx.d.rows.table(of)
	if _, plain := tx.bind(query, args); !plain || !t.plain {
		return false, 0, nil
	}
	rows, err := tx.Rows("SELECT * FROM "+quote(of.Table)+" WHERE ("+query+")"+end, args...)
	if err != nil {
		return true, 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return true, 0, err
	}
	n, err = t.read(tx.g.Statement.Context, rows, columns, to)
	return true, n, err
}
