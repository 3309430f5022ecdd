package db

import (
	"context"
	"fmt"
	"sync"
)

// group are the deeds that wait to be done in one transaction.
type group struct {
	mu      sync.Mutex
	waiting []*member
	working bool
}

// member is one deed of a group.
type member struct {
	ctx   context.Context
	fn    func(*Tx) error
	err   error
	panic any
	done  chan struct{}
}

// atOnce bounds how long the first of a group waits for the last.
const atOnce = 64

// InTxTogether is InTx for small deeds of which many come at the same time, such
// as the reports of a fleet: those that wait for the one writer are done in one
// transaction, which the disk is waited for once. Each is kept or undone by
// itself, and its caller hears of it once it is durable. A deed that was begun
// is not broken off by its context.
func (d *DB) InTxTogether(ctx context.Context, fn func(*Tx) error) error {
	if nested(ctx) {
		return errNested
	}
	m := &member{ctx: ctx, fn: fn, done: make(chan struct{})}
	d.group.mu.Lock()
	d.group.waiting = append(d.group.waiting, m)
	idle := !d.group.working
	d.group.working = true
	d.group.mu.Unlock()
	if idle {
		go d.work()
	}
	<-m.done
	if m.panic != nil {
		panic(m.panic)
	}
	return m.err
}

// work does what waits, one group after the other, until nothing does.
func (d *DB) work() {
	for {
		d.group.mu.Lock()
		n := min(len(d.group.waiting), atOnce)
		members := d.group.waiting[:n:n]
		d.group.waiting = d.group.waiting[n:]
		if n == 0 {
			d.group.waiting, d.group.working = nil, false
		}
		d.group.mu.Unlock()
		if n == 0 {
			return
		}
		err := d.InTx(context.Background(), func(tx *Tx) error {
			for _, m := range members {
				if err := m.do(tx); err != nil {
					return err
				}
			}
			return nil
		})
		for _, m := range members {
			if err != nil && m.panic == nil {
				m.err = err
			}
			close(m.done)
		}
	}
}

// do does one deed and undoes it alone if it fails. It gives an error only when
// the whole transaction is broken.
func (m *member) do(group *Tx) error {
	if m.err = m.ctx.Err(); m.err != nil { // nobody waits for it any more
		return nil
	}
	if err := group.exec("SAVEPOINT deed"); err != nil {
		return err
	}
	tx := &Tx{d: group.d}
	tx.begin(context.WithoutCancel(m.ctx), group.g, group.Now)
	if m.err = translate(m.try(tx)); m.err != nil {
		if err := group.exec("ROLLBACK TO SAVEPOINT deed"); err != nil {
			return err
		}
	} else {
		group.after = append(group.after, tx.after...)
	}
	return group.exec("RELEASE SAVEPOINT deed")
}

func (m *member) try(tx *Tx) (err error) {
	defer func() {
		if m.panic = recover(); m.panic != nil {
			err = fmt.Errorf("panic: %v", m.panic)
		}
	}()
	return tx.do(m.fn)
}

func (tx *Tx) exec(statement string) error {
	_, err := tx.g.Statement.ConnPool.ExecContext(tx.ctx, statement)
	return err
}
