package identity

import (
	"slipway/internal/db"
	"slipway/internal/fault"
)

func insertSession(tx *db.Tx, s *Session) error { return tx.Create(s) }

// sessionByHash reads a session, its user and the user's grants in one
// statement and without GORM's reflection, because every page begins with it.
// The inner query is for SQLite, which prepares a join anew whenever a value is
// bound to one of its columns.
func sessionByHash(tx *db.Tx, hash string) (*Session, *User, error) {
	rows, err := tx.Rows(`SELECT s.id, s.user_id, s.created_at, s.seen_at, s.expires_at, s.ip, s.agent,
		u.username, u.name, u.zone, u.theme, u.disabled, COALESCE(r.role, ''), COALESCE(r.service_id, 0)
		FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN user_roles r ON r.user_id = u.id
		WHERE s.id = (SELECT id FROM sessions WHERE token_hash = ?) ORDER BY r.id`, hash)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	s, u := &Session{TokenHash: hash}, &User{}
	for rows.Next() {
		var g Grant
		if err := rows.Scan(&s.ID, &s.UserID, (*int64)(&s.CreatedAt), (*int64)(&s.SeenAt), (*int64)(&s.ExpiresAt), &s.IP, &s.Agent,
			&u.Username, &u.Name, &u.Zone, &u.Theme, &u.Disabled, (*string)(&g.Role), &g.ServiceID); err != nil {
			return nil, nil, err
		}
		if u.ID = s.UserID; g.Role != "" {
			u.Grants = append(u.Grants, g)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, nil, err
	}
	if s.ID == 0 {
		return nil, nil, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	return s, u, nil
}

func touchSession(tx *db.Tx, id int64) error {
	return tx.Gorm().Model(&Session{}).Where("id = ?", id).Update("seen_at", tx.Now).Error
}

func sessionsOf(tx *db.Tx, userID int64) ([]Session, error) {
	var sessions []Session
	err := tx.Gorm().Where("user_id = ? AND expires_at > ? AND seen_at > ?", userID, tx.Now, tx.Now.Add(-IdleLimit)).
		Order("seen_at DESC").Limit(100).Find(&sessions).Error
	return sessions, err
}

func endSession(tx *db.Tx, hash string) error {
	return tx.Gorm().Where("token_hash = ?", hash).Delete(&Session{}).Error
}

func endSessions(tx *db.Tx, userID int64) error {
	return tx.Gorm().Where("user_id = ?", userID).Delete(&Session{}).Error
}

func endOtherSessions(tx *db.Tx, userID int64, keep string) error {
	return tx.Gorm().Where("user_id = ? AND token_hash <> ?", userID, keep).Delete(&Session{}).Error
}

func endSessionOf(tx *db.Tx, userID, id int64) error {
	result := tx.Gorm().Where("user_id = ? AND id = ?", userID, id).Delete(&Session{})
	if result.Error == nil && result.RowsAffected == 0 {
		return fault.New(fault.NotFound, "That session has ended already.")
	}
	return result.Error
}
