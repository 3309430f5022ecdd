package deploy

import "slipway/internal/db"

func shiftNotes(tx *db.Tx, waveID int64) ([]ShiftNote, error) {
	var list []ShiftNote
	return list, tx.Gorm().Where("wave_id = ?", waveID).Order("id DESC").Limit(maxPage).Find(&list).Error
}

func shiftNote(tx *db.Tx, waveID, id int64) (*ShiftNote, error) {
	var n ShiftNote
	return &n, tx.First(&n, "wave_id = ? AND id = ?", waveID, id)
}
