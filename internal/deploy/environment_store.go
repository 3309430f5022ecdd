package deploy

import (
	"strings"

	"slipway/internal/db"
)

func insert(tx *db.Tx, row any) error        { return tx.Create(row) }
func save(tx *db.Tx, row db.Versioned) error { return tx.Save(row) }

func environments(tx *db.Tx) ([]Environment, error) {
	var list []Environment
	return list, tx.Gorm().Order("position, environment_key").Find(&list).Error
}

func environmentByKey(tx *db.Tx, key string) (*Environment, error) {
	var e Environment
	return &e, tx.First(&e, "environment_key = ?", key)
}

func environmentByID(tx *db.Tx, id int64) (*Environment, error) {
	var e Environment
	return &e, tx.First(&e, "id = ?", id)
}

func deleteEnvironment(tx *db.Tx, id int64) error {
	if err := tx.Gorm().Delete(&PullSettings{}, "environment_id = ?", id).Error; err != nil {
		return err
	}
	return tx.Gorm().Delete(&Environment{}, "id = ?", id).Error
}

// settleEnvironment writes an environment's words on the waves that name it,
// those that were planned before it was there too.
func settleEnvironment(tx *db.Tx, e *Environment) error {
	return tx.Gorm().Model(&Wave{}).Where("environment_key = ?", e.Key).
		Updates(map[string]any{"environment_id": e.ID, "environment_name": e.Name, "production": e.Production}).Error
}

func wavesNaming(tx *db.Tx, environmentKey string) (n int64, err error) {
	return n, tx.Gorm().Model(&Wave{}).Where("environment_key = ?", environmentKey).Count(&n).Error
}

func targetsPerEnvironment(tx *db.Tx) (map[int64]int64, error) {
	var rows []struct{ EnvironmentID, Total int64 }
	err := tx.Gorm().Model(&Target{}).Select("environment_id, COUNT(*) AS total").Where("NOT retired").Group("environment_id").Scan(&rows).Error
	totals := map[int64]int64{}
	for _, row := range rows {
		totals[row.EnvironmentID] = row.Total
	}
	return totals, err
}

func targetByKey(tx *db.Tx, key string) (*Target, error) {
	var t Target
	return &t, tx.First(&t, "target_key = ?", key)
}

func targetByID(tx *db.Tx, id int64) (*Target, error) {
	var t Target
	return &t, tx.First(&t, "id = ?", id)
}

// targetsByKey gives those of the lines' targets that are there.
func targetsByKey(tx *db.Tx, lines []importLine) (map[string]*Target, error) {
	there := map[string]*Target{}
	for len(lines) > 0 {
		n := min(len(lines), 500)
		keys := make([]string, n)
		for i := range keys {
			keys[i] = lines[i].draft.Key
		}
		var part []Target
		if err := tx.Find(&part, "target_key IN ?", keys); err != nil {
			return nil, err
		}
		for i := range part {
			there[part[i].Key] = &part[i]
		}
		lines = lines[n:]
	}
	return there, nil
}

func insertTargets(tx *db.Tx, list []Target) error {
	for len(list) > 0 {
		n := min(len(list), 500)
		part := list[:n]
		if err := tx.Create(&part); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}

func listTargets(tx *db.Tx, f TargetFilter, parsed Filter, limit int) ([]Target, error) {
	q, err := matching(tx, tx.Gorm(), parsed)
	if err != nil {
		return nil, err
	}
	if f.Text != "" {
		like := "%" + escapeLike(strings.ToLower(f.Text)) + "%"
		q = q.Where(`(LOWER(target_key) LIKE ? ESCAPE '\' OR LOWER(name) LIKE ? ESCAPE '\')`, like, like)
	}
	if f.EnvironmentKey != "" {
		q = q.Where("environment_key = ?", f.EnvironmentKey)
	}
	if !f.Retired {
		q = q.Where("NOT retired")
	}
	q = withDrift(q, f.Drift)
	if f.After != "" {
		q = q.Where("target_key > ?", f.After)
	}
	var list []Target
	return list, q.Order("target_key").Limit(limit).Find(&list).Error
}

func historyOf(tx *db.Tx, targetID int64, limit int) ([]Event, error) {
	var list []Event
	return list, tx.Gorm().Where("target_id = ?", targetID).Order("id DESC").Limit(limit).Find(&list).Error
}
