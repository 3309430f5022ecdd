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

func tokenByHash(tx *db.Tx, hash string) (*Token, error) {
	var token Token
	return &token, tx.First(&token, "token_hash = ?", hash)
}
