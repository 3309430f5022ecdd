package deploy

import (
	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// hookOf gives the hook of an environment; one without a row where there is none.
func hookOf(tx *db.Tx, environmentID int64) (*Hook, error) {
	var h Hook
	err := tx.First(&h, "environment_id = ?", environmentID)
	if fault.KindOf(err) == fault.NotFound {
		return &Hook{EnvironmentID: environmentID, ReplyMinutes: ReplyStandard}, nil
	}
	return &h, err
}

func keepHook(tx *db.Tx, h *Hook) error {
	if h.ID == 0 {
		return insert(tx, h)
	}
	return save(tx, h)
}

func messageByID(tx *db.Tx, id int64) (*Message, error) {
	var m Message
	return &m, tx.First(&m, "id = ?", id)
}

func waitingMessages(tx *db.Tx, waveID int64) ([]Message, error) {
	var list []Message
	return list, tx.Gorm().Select("id, tries").Where("wave_id = ? AND state = ?", waveID, MessageWaiting).Order("id").Find(&list).Error
}

// openMessages gives all that were not sent, of every wave.
func openMessages(tx *db.Tx) ([]Message, error) {
	var list []Message
	return list, tx.Gorm().Select("id, tries, next_at").Where("state = ?", MessageWaiting).Order("id").Find(&list).Error
}

func newestMessages(tx *db.Tx, environmentID int64, limit int) ([]Message, error) {
	var list []Message
	return list, tx.Gorm().Omit("body").Where("environment_id = ?", environmentID).Order("id DESC").Limit(limit).Find(&list).Error
}

// messageTo gives the message by which a target of a wave was handed over last;
// nil when it was not.
func messageTo(tx *db.Tx, waveTargetID int64) (*Message, error) {
	var list []Message
	err := tx.Gorm().Omit("body").Where("id = (SELECT message_id FROM wave_targets WHERE id = ?)", waveTargetID).Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// address puts up to limit targets of a wave into a message: those in one of the
// states that no message which waits holds.
func address(tx *db.Tx, m *Message, states []TargetState, touched bool, limit int) (int64, error) {
	chosen := tx.Gorm().Model(&WaveTarget{}).Select("id").Where("wave_id = ? AND state IN ?", m.WaveID, states).
		Where("NOT EXISTS (SELECT 1 FROM hook_messages o WHERE o.id = wave_targets.message_id AND o.state = ? AND o.purpose = ?)", MessageWaiting, m.Purpose)
	if touched {
		chosen = chosen.Where("touched")
	}
	var ids []int64
	if err := chosen.Order("target_key").Limit(limit).Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
		return 0, err
	}
	result := tx.Gorm().Model(&WaveTarget{}).Where("id IN ?", ids).
		Updates(map[string]any{"message_id": m.ID, "attempts": gorm.Expr("CASE WHEN attempts < 1 THEN 1 ELSE attempts END")})
	return result.RowsAffected, result.Error
}

func addressed(tx *db.Tx, messageID int64, states ...TargetState) ([]WaveTarget, error) {
	q := tx.Gorm().Where("message_id = ?", messageID)
	if len(states) > 0 {
		q = q.Where("state IN ?", states)
	}
	var list []WaveTarget
	return list, q.Order("target_key").Find(&list).Error
}

// handOver moves the targets of a message that wait.
func handOver(tx *db.Tx, m *Message, from, to TargetState) (int64, error) {
	result := tx.Gorm().Model(&WaveTarget{}).Where("message_id = ? AND state = ?", m.ID, from).
		Updates(map[string]any{"state": to, "touched": true, "version": gorm.Expr("version + 1"), "updated_at": tx.Now})
	return result.RowsAffected, result.Error
}

func dropMessage(tx *db.Tx, id int64) error { return tx.Gorm().Delete(&Message{}, "id = ?", id).Error }

// receipt is what was answered to a report, under the caller's own word for it.
type receipt struct {
	ID        int64
	UserID    int64
	Once      string
	Asked     string // digest of what was asked
	Answer    string
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
}

// TableName is the table of receipts.
func (receipt) TableName() string { return "report_receipts" }

func receiptOf(tx *db.Tx, userID int64, once string) (*receipt, error) {
	var list []receipt
	err := tx.Gorm().Where("user_id = ? AND once = ?", userID, once).Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func forgetReceipts(tx *db.Tx, before db.Time) error {
	return tx.Gorm().Delete(&receipt{}, "created_at < ?", before).Error
}
