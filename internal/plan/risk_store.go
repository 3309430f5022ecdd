package plan

import (
	"slipway/internal/db"
	"slipway/internal/release"
)

// nextNumber gives the next number within the release. Writers are serial, so
// nobody can take it in between.
func nextNumber(tx *db.Tx, table string, releaseID int64) (n int64, err error) {
	return n, tx.Gorm().Table(table).Where("release_id = ?", releaseID).Select("COALESCE(MAX(number), 0) + 1").Scan(&n).Error
}

func insertRisk(tx *db.Tx, r *Risk) error { return tx.Create(r) }

func insertRisks(tx *db.Tx, list []Risk) error {
	if len(list) == 0 {
		return nil
	}
	return tx.Create(&list)
}

func findRisk(tx *db.Tx, releaseID, number int64) (*Risk, error) {
	var r Risk
	return &r, tx.First(&r, "release_id = ? AND number = ?", releaseID, number)
}

func risksOf(tx *db.Tx, releaseID int64) (list []Risk, err error) {
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("number").Find(&list).Error
}

// register lists the risks of every release that are live, worst first: not
// decided yet, in a release that is not over. All adds those that are not.
func register(tx *db.Tx, all bool, limit int) (list []Risk, err error) {
	q := tx.Gorm().Order("probability * impact DESC, id DESC").Limit(limit)
	if !all {
		q = q.Where("state IN ? AND EXISTS (SELECT 1 FROM releases r WHERE r.id = risks.release_id AND r.state NOT IN ?)",
			[]RiskState{RiskOpen, RiskTreating}, []release.State{release.Closed, release.Cancelled})
	}
	return list, q.Find(&list).Error
}

func insertNotice(tx *db.Tx, n *Notice) error { return tx.Create(n) }

func insertNotices(tx *db.Tx, list []Notice) error {
	if len(list) == 0 {
		return nil
	}
	return tx.Create(&list)
}

func insertAcknowledgement(tx *db.Tx, a *Acknowledgement) error { return tx.Create(a) }

func findNotice(tx *db.Tx, releaseID, number int64) (*Notice, error) {
	var n Notice
	return &n, tx.First(&n, "release_id = ? AND number = ?", releaseID, number)
}

func noticesOf(tx *db.Tx, releaseID int64) ([]Notice, error) {
	var list []Notice
	if err := tx.Gorm().Where("release_id = ?", releaseID).Order("send_by, number").Find(&list).Error; err != nil || len(list) == 0 {
		return list, err
	}
	place := make(map[int64]int, len(list))
	ids := make([]int64, len(list))
	for i, n := range list {
		place[n.ID], ids[i] = i, n.ID
	}
	var acks []Acknowledgement
	if err := tx.Find(&acks, "notice_id IN ?", ids); err != nil {
		return nil, err
	}
	for _, a := range acks {
		n := &list[place[a.NoticeID]]
		n.Acks = append(n.Acks, a)
	}
	return list, nil
}
