package db

import "reflect"

// do does a deed and then what it left for the end.
func (tx *Tx) do(fn func(*Tx) error) error {
	if err := fn(tx); err != nil {
		return err
	}
	for len(tx.before) > 0 {
		left := tx.before[0]
		tx.before = tx.before[1:]
		if err := left(); err != nil {
			return err
		}
	}
	return nil
}

// BeforeCommit leaves something for the end of the transaction, which fails if
// that does.
func (tx *Tx) BeforeCommit(fn func() error) { tx.before = append(tx.before, fn) }

// AfterCommit runs fn once the transaction is durable, and never if it fails.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Committed runs fn once all that the transaction read is durable: at once where
// it only reads.
func (tx *Tx) Committed(fn func()) {
	if tx.reading {
		fn()
		return
	}
	tx.AfterCommit(fn)
}

// Local is the T that belongs to this transaction, made at the first asking.
func Local[T any](tx *Tx) *T {
	key := reflect.TypeFor[T]()
	if tx.locals == nil {
		tx.locals = map[reflect.Type]any{}
	}
	if _, ok := tx.locals[key]; !ok {
		tx.locals[key] = new(T)
	}
	return tx.locals[key].(*T)
}
