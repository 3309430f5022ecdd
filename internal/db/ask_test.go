package db_test

import (
	"context"
	"testing"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// Questions in plain SQL are answered alike on both databases, those with lists too.
func TestAskingInPlainSQL(t *testing.T) {
	d, write := animals(t)
	list := []animal{{Name: "owl", Legs: 2, Wild: true}, {Name: "cat", Legs: 4}, {Name: "eel"}}
	write(func(tx *db.Tx) error { return tx.Create(&list) })
	err := d.View(context.Background(), func(tx *db.Tx) error {
		names := func(query string, args ...any) (found string) {
			t.Helper()
			rows, err := tx.Rows(query, args...)
			if err != nil {
				t.Error(query, err)
				return ""
			}
			defer rows.Close()
			for rows.Next() {
				var name string
				if err := rows.Scan(&name); err != nil {
					t.Error(query, err)
				}
				found += name + " "
			}
			return found
		}
		if found := names("SELECT name FROM animals WHERE legs > ? AND NOT wild AND name <> ?", 0, mood("eel")); found != "cat " {
			t.Error(found)
		}
		if found := names("SELECT name FROM animals WHERE name IN ? AND legs < ? ORDER BY name", []string{"owl", "cat", "eel"}, 3); found != "eel owl " {
			t.Error(found)
		}
		var two []animal
		if err := tx.FindBy(&two, "name DESC LIMIT 2", "legs >= ?", 0); err != nil || len(two) != 2 || two[0].Name != "owl" || two[1].Name != "eel" {
			t.Errorf("%+v, %v", two, err)
		}
		if err := tx.FindBy(&two, "legs DESC", "name IN ?", []string{"owl", "cat"}); err != nil || len(two) != 2 || two[0].Name != "cat" {
			t.Errorf("%+v, %v", two, err)
		}
		numbered := animal{Row: db.Row{ID: list[1].ID}} // its number is a condition too, as ever
		if err := tx.First(&numbered, "legs >= ?", 0); err != nil || numbered.Name != "cat" {
			t.Errorf("%+v, %v", numbered, err)
		}
		if err := tx.First(&animal{}, "legs = ? OR legs = ?", 7, 8); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
		if _, err := tx.Rows("SELECT hooves FROM animals"); err == nil {
			t.Error("they have hooves")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	ctx, statements := db.CountStatements(context.Background())
	_ = d.View(ctx, func(tx *db.Tx) error {
		var n int64
		var all []animal
		_ = tx.Row("SELECT COUNT(*) FROM animals", nil, &n)
		return tx.Find(&all, "legs > ?", 1)
	})
	if statements.Load() != 2 {
		t.Errorf("%d statements are counted", statements.Load())
	}
}
