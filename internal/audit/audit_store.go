package audit

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// lastEntry gives the end of the chain, with all that the transaction recorded.
func lastEntry(tx *db.Tx) (l Logged, err error) {
	if err := chain(tx); err != nil {
		return l, err
	}
	return written(tx)
}

// written gives the end of the chain as it stands in the table.
func written(tx *db.Tx) (l Logged, err error) {
	err = tx.Row("SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1", nil, &l.Seq, &l.Hash)
	if fault.KindOf(err) == fault.NotFound {
		return Logged{Hash: genesis}, nil
	}
	return l, err
}

// LastSeq gives the number of the newest entry, 0 before the first: whatever was
// read at the same number is unchanged, since every deed is recorded.
func LastSeq(tx *db.Tx) (int64, error) {
	last, err := lastEntry(tx)
	return last.Seq, err
}

func insert(tx *db.Tx, entries []Logged) error { return tx.Create(&entries) }

// each reads the chain in order, in batches.
func each(tx *db.Tx, fn func(Logged) error) error {
	if err := chain(tx); err != nil {
		return err
	}
	after := int64(0)
	for {
		var rows []Logged
		if err := tx.Gorm().Where("seq > ?", after).Order("seq").Limit(batch).Find(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			if err := fn(row); err != nil {
				return err
			}
			after = row.Seq
		}
		if len(rows) < batch {
			return nil
		}
	}
}

// ForRelease gives a release's entries, newest first, those before the entry
// `before` when it is not zero.
func ForRelease(tx *db.Tx, key string, before int64, limit int) ([]Logged, error) {
	return page(tx, before, limit, "release_key = ?", key)
}

// ForReleaseOf is ForRelease for the entries whose action begins with one of the
// words: "gate." gives what was done to gates.
func ForReleaseOf(tx *db.Tx, key string, actions []string, before int64, limit int) ([]Logged, error) {
	if len(actions) == 0 {
		return ForRelease(tx, key, before, limit)
	}
	likes, args := make([]string, len(actions)), []any{key}
	for i, action := range actions {
		likes[i], args = "action LIKE ?", append(args, action+"%")
	}
	return page(tx, before, limit, "release_key = ? AND ("+strings.Join(likes, " OR ")+")", args...)
}

// linked is an entry with the hash of the one that stands before it.
type linked struct {
	Logged
	Before string
}

// linksOf gives a release's entries in order, each with its predecessor's hash.
func linksOf(tx *db.Tx, key string, after int64, limit int) (rows []linked, err error) {
	if err := chain(tx); err != nil {
		return nil, err
	}
	return rows, tx.Gorm().Raw(`SELECT a.*, COALESCE(b.hash, '') AS "before" FROM audit_entries a LEFT JOIN audit_entries b ON b.seq = a.seq - 1
		WHERE a.release_key = ? AND a.seq > ? ORDER BY a.seq LIMIT ?`, key, after, limit).Scan(&rows).Error
}

// ForRecord gives the entries of one record, newest first.
func ForRecord(tx *db.Tx, kind, key string, before int64, limit int) ([]Logged, error) {
	return page(tx, before, limit, "kind = ? AND record = ?", kind, key)
}

// Recent gives everybody's entries, newest first.
func Recent(tx *db.Tx, before int64, limit int) ([]Logged, error) {
	return page(tx, before, limit, "1 = 1")
}

func page(tx *db.Tx, before int64, limit int, where string, args ...any) ([]Logged, error) {
	if err := chain(tx); err != nil {
		return nil, err
	}
	if before > 0 {
		where, args = "("+where+") AND seq < ?", append(args, before)
	}
	rows, err := tx.Rows(`SELECT seq, at, user_id, actor, actor_kind, ip, request_id, action, kind, record, release_key, sentence, reason, detail, previous, hash
		FROM audit_entries WHERE `+where+" ORDER BY seq DESC LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := make([]Logged, 0, limit)
	for rows.Next() {
		var l Logged
		if err := rows.Scan(&l.Seq, (*int64)(&l.At), &l.UserID, &l.Actor, &l.ActorKind, &l.IP, &l.RequestID, &l.Action, &l.Kind, &l.Record, &l.ReleaseKey,
			&l.Sentence, &l.Reason, &l.Detail, &l.Previous, &l.Hash); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, rows.Err()
}
