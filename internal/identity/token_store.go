package identity

import "slipway/internal/db"

func tokensOf(tx *db.Tx, userID int64) ([]Token, error) {
	var tokens []Token
	return tokens, tx.Gorm().Where("user_id = ?", userID).Order("id DESC").Find(&tokens).Error
}

func tokenOf(tx *db.Tx, userID, id int64) (*Token, error) {
	var token Token
	return &token, tx.First(&token, "user_id = ? AND id = ?", userID, id)
}

// presented is a token with its account, and one of the roles of that.
type presented struct {
	Token     string
	Scopes    []string `gorm:"serializer:json"`
	ExpiresAt db.Time
	RevokedAt db.Time

	UserID   int64
	Username string
	Name     string
	Zone     string
	Theme    string
	Disabled bool

	Role      Role // empty where the account has none
	ServiceID int64
}

// presentedBy finds all of them in one statement, as every request of a machine
// does: a token that was revoked is refused by the next one, whoever revoked it.
func presentedBy(tx *db.Tx, hash string) (list []presented, err error) {
	return list, tx.Gorm().Raw(`SELECT t.name AS token, t.scopes, t.expires_at, t.revoked_at, u.id AS user_id, u.username, u.name, u.zone, u.theme, u.disabled,
  COALESCE(r.role, '') AS role, COALESCE(r.service_id, 0) AS service_id
FROM api_tokens t JOIN users u ON u.id = t.user_id LEFT JOIN user_roles r ON r.user_id = u.id WHERE t.token_hash = ? ORDER BY r.id`, hash).Scan(&list).Error
}
