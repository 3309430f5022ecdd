package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/labstack/echo/v4"
	_ "github.com/mattn/go-sqlite3" // the same driver as the product's
)

type baselineRow struct {
	key, title, state, owner string
	number                   int64
}

// serveBaseline serves what Slipway is measured against: /page reads a session
// and 50 rows and renders them; /commit makes one durable insert. Plain
// net/http and database/sql, prepared statements, the same SQLite settings.
func serveBaseline(addr, dir string) error {
	dsn := "file:" + filepath.Join(dir, "baseline.db") + "?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000"
	write, err := sql.Open("sqlite3", dsn+"&_txlock=immediate")
	if err != nil {
		return err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite3", dsn+"&_query_only=true")
	if err != nil {
		return err
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4)
	if err := fillBaseline(write); err != nil {
		return err
	}
	session, err := read.Prepare("SELECT name FROM sessions WHERE token = ?")
	if err != nil {
		return err
	}
	rows, err := read.Prepare("SELECT key, title, state, owner, number FROM rows WHERE id < ? ORDER BY id DESC LIMIT 50")
	if err != nil {
		return err
	}
	insert, err := write.Prepare("INSERT INTO inserts (text, at) VALUES (?, ?)")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("GET /constant", constant())
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		if err := baselineAnswer(w, r, session, rows); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /commit", func(w http.ResponseWriter, r *http.Request) {
		if _, err := insert.Exec(r.FormValue("title"), 1); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return http.ListenAndServe(addr, mux)
}

func baselineAnswer(w http.ResponseWriter, r *http.Request, session, rows *sql.Stmt) error {
	var user string
	if err := session.QueryRow("token").Scan(&user); err != nil {
		return err
	}
	found, err := rows.Query(1000)
	if err != nil {
		return err
	}
	defer found.Close()
	var list []baselineRow
	for found.Next() {
		var row baselineRow
		if err := found.Scan(&row.key, &row.title, &row.state, &row.owner, &row.number); err != nil {
			return err
		}
		list = append(list, row)
	}
	var out bytes.Buffer
	if err := baselinePage(user, list).Render(r.Context(), &out); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write(out.Bytes())
	return err
}

func fillBaseline(d *sql.DB) error {
	for _, statement := range []string{
		"CREATE TABLE sessions (id INTEGER PRIMARY KEY, token TEXT UNIQUE, name TEXT)",
		"CREATE TABLE rows (id INTEGER PRIMARY KEY, key TEXT, title TEXT, state TEXT, owner TEXT, number INTEGER)",
		"CREATE TABLE inserts (id INTEGER PRIMARY KEY, text TEXT, at INTEGER)",
		"INSERT INTO sessions (token, name) VALUES ('token', 'Maya')",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) " +
			"INSERT INTO rows SELECT i, 'PAY-2026.11.' || i, 'Payments release number ' || i, 'Planning', 'Maya Lindqvist', i FROM n",
	} {
		if _, err := d.Exec(statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func serveBaselineOrExit(addr, dir string) {
	if err := serveBaseline(addr, dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// constant answers with what a poll with nothing to do is answered with.
func constant() http.Handler {
	e := echo.New()
	body := []byte(`{"config":{"polling":{"sleep":"00:05:00"}},"_links":{"configData":{"href":"http://127.0.0.1:65535/default/controller/v1/dev-100000/configData"}}}`)
	e.GET("/constant", func(c echo.Context) error { return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, body) })
	return e
}
