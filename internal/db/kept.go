package db

import "sync"

// Kept remembers rows of one table that are large and seldom change. A row is
// what it was for as long as its version is: whoever asks reads the version
// first, in the transaction. Those who get it must not change what it points to.
type Kept[T any] struct {
	mu   sync.Mutex
	rows map[int64]keptRow[T]
}

type keptRow[T any] struct {
	version int64
	row     *T
}

// mostRows bounds what is kept of one table.
const mostRows = 200

// Get gives the row of a number in a version, and reads it where it is not known.
func (k *Kept[T]) Get(tx *Tx, id, version int64, read func() (*T, error)) (*T, error) {
	k.mu.Lock()
	known, ok := k.rows[id]
	k.mu.Unlock()
	if ok && known.version == version {
		row := *known.row
		return &row, nil
	}
	row, err := read()
	if err != nil {
		return nil, err
	}
	kept := *row
	// What a transaction wrote itself may be undone, and another be the next version.
	tx.Committed(func() { k.keep(id, keptRow[T]{version, &kept}) })
	return row, nil
}

func (k *Kept[T]) keep(id int64, row keptRow[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rows == nil || len(k.rows) >= mostRows {
		k.rows = map[int64]keptRow[T]{}
	}
	k.rows[id] = row
}
