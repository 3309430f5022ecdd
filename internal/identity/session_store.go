package identity

import (
	"slipway/internal/db"
	"slipway/internal/fault"
)

func insertSession(tx *db.Tx, s *Session) error { return tx.Create(s) }

// sessionByHash reads a session and its user in one statement, because every
// page begins with it.
func sessionByHash(tx *db.Tx, hash string) (*Session, *User, error) {
	var row struct {
		Session
		Username, Name, Zone, Theme string
		Disabled                    bool
	}
	err := tx.Gorm().Table("sessions").Select("sessions.*, users.username, users.name, users.zone, users.theme, users.disabled").
		Joins("JOIN users ON users.id = sessions.user_id").Where("sessions.token_hash = ?", hash).Take(&row).Error
	if err != nil {
		return nil, nil, err
	}
	user := &User{Username: row.Username, Name: row.Name, Zone: row.Zone, Theme: row.Theme, Disabled: row.Disabled}
	user.ID = row.UserID
	return &row.Session, user, nil
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
