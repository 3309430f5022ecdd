package deploy

import (
	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// hostOf gives the host of a target; one without a row where there is none yet.
func hostOf(tx *db.Tx, targetID int64) (*Host, error) {
	h := Host{TargetID: targetID}
	err := tx.First(&h, "target_id = ?", targetID)
	if fault.KindOf(err) == fault.NotFound {
		return &Host{TargetID: targetID, Port: 22}, nil
	}
	return &h, err
}

func keepHost(tx *db.Tx, h *Host) error {
	if h.ID == 0 {
		return insert(tx, h)
	}
	return save(tx, h)
}

// hostQuery is the targets in use of an environment, each with its host if one.
func hostQuery(tx *db.Tx, environmentID int64) *gorm.DB {
	return tx.Gorm().Table("targets").Joins("LEFT JOIN target_hosts ON target_hosts.target_id = targets.id").
		Where("targets.environment_id = ? AND NOT targets.retired", environmentID)
}

const (
	hostMissing = "target_hosts.id IS NULL OR target_hosts.host_key = ''"
	hostWaiting = "target_hosts.shown_key <> '' AND target_hosts.host_key = ''"
	hostChanged = "target_hosts.shown_key <> '' AND target_hosts.host_key <> ''"
)

type hostRow struct {
	TargetKey, TargetName string
	Host                  `gorm:"embedded"`
	Of                    int64
}

func hostsIn(tx *db.Tx, environmentID int64, text, after string, limit int) ([]hostRow, error) {
	q := hostQuery(tx, environmentID).Select("targets.target_key, targets.name AS target_name, targets.id AS of, target_hosts.*")
	if text != "" {
		like := "%" + escapeLike(text) + "%"
		q = q.Where(`(targets.target_key LIKE ? ESCAPE '\' OR target_hosts.address LIKE ? ESCAPE '\')`, like, like)
	}
	if after != "" {
		q = q.Where("targets.target_key > ?", after)
	}
	var list []hostRow
	return list, q.Order("targets.target_key").Limit(limit).Scan(&list).Error
}

func countHosts(tx *db.Tx, environmentID int64, condition string) (n int64, err error) {
	return n, hostQuery(tx, environmentID).Where(condition).Count(&n).Error
}

// hostsWhere gives up to limit hosts of an environment that meet a condition.
func hostsWhere(tx *db.Tx, environmentID int64, condition string, limit int) ([]Host, error) {
	var list []Host
	return list, hostQuery(tx, environmentID).Where("target_hosts.id IS NOT NULL").Where(condition).Select("target_hosts.*").Order("targets.target_key").Limit(limit).Scan(&list).Error
}

// hostless counts those of some targets that cannot be reached over SSH, and
// names the first.
func hostless(q *gorm.DB) (n int64, first string, err error) {
	q = q.Where("NOT EXISTS (SELECT 1 FROM target_hosts h WHERE h.target_id = targets.id AND h.host_key <> '')")
	if err := q.Session(&gorm.Session{}).Count(&n).Error; err != nil || n == 0 {
		return n, "", err
	}
	var keys []string
	err = q.Session(&gorm.Session{}).Order("targets.target_key").Limit(1).Pluck("targets.target_key", &keys).Error
	if len(keys) > 0 {
		first = keys[0]
	}
	return n, first, err
}

// envKeys gives the keys of an environment, the newest first.
func envKeys(tx *db.Tx, environmentID int64) ([]EnvKey, error) {
	var list []EnvKey
	return list, tx.Gorm().Where("environment_id = ?", environmentID).Order("number DESC").Find(&list).Error
}

// frozen is the query for the targets of a wave that count.
func frozen(tx *db.Tx, w *Wave) *gorm.DB {
	return tx.Gorm().Model(&Target{}).Where("targets.id IN (SELECT target_id FROM wave_targets WHERE wave_id = ? AND state <> ?)", w.ID, TargetExcluded)
}
