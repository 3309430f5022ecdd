package release

import (
	"strings"

	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// scope is the one place that says which releases an actor sees.
func scope(q *gorm.DB, actor identity.Actor) *gorm.DB {
	if seesRestricted(actor, -1) {
		return q
	}
	services := []int64{0}
	for _, g := range actor.Grants {
		if g.Role != identity.Stakeholder {
			services = append(services, g.ServiceID)
		}
	}
	return q.Where("NOT releases.restricted OR releases.service_id IN ? OR EXISTS (SELECT 1 FROM release_viewers v WHERE v.release_id = releases.id AND v.user_id = ?)",
		services, actor.UserID)
}

func findRelease(tx *db.Tx, actor identity.Actor, query string, arg any) (*Release, error) {
	var r Release
	err := scope(tx.Gorm().Where(query, arg), actor).Take(&r).Error
	if err == gorm.ErrRecordNotFound {
		return nil, fault.New(fault.NotFound, "There is no such release, or it is not for you to see.")
	}
	return &r, err
}

func releasesOf(tx *db.Tx, actor identity.Actor, ids []int64) (list []Release, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return list, scope(tx.Gorm().Where("releases.id IN ?", ids), actor).Find(&list).Error
}

func insertRelease(tx *db.Tx, r *Release) error {
	if err := tx.Create(r); err != nil {
		return err
	}
	return count(tx, r, r.State, +1)
}

// saveRelease saves a release that was in state `was` when it was read.
func saveRelease(tx *db.Tx, r *Release, was State) error {
	if err := tx.Save(r); err != nil {
		return err
	}
	if was == r.State {
		return nil
	}
	if err := count(tx, r, was, -1); err != nil {
		return err
	}
	return count(tx, r, r.State, +1)
}

// savePlanned writes what a release knows of its plan, and nothing else.
func savePlanned(tx *db.Tx, r *Release) error {
	result := tx.Gorm().Exec("UPDATE releases SET plan_version = ?, plan_agreed = ?, open_risks = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
		r.PlanVersion, r.PlanAgreed, r.OpenRisks, tx.Now, r.ID, r.Version)
	if result.Error != nil {
		return result.Error
	}
	if result.RowsAffected == 0 {
		return db.Stale()
	}
	r.Version, r.UpdatedAt = r.Version+1, tx.Now
	return nil
}

type releaseCount struct {
	ServiceID  int64
	State      State
	Restricted bool
	Total      int64
}

func count(tx *db.Tx, r *Release, s State, by int64) error {
	return tx.Gorm().Exec(`INSERT INTO release_counts (service_id, state, restricted, total) VALUES (?, ?, ?, ?)
		ON CONFLICT (service_id, state, restricted) DO UPDATE SET total = release_counts.total + excluded.total`, r.ServiceID, s, r.Restricted, by).Error
}

func recount(tx *db.Tx, r *Release, before bool) error {
	if before == r.Restricted {
		return nil
	}
	was := *r
	was.Restricted = before
	if err := count(tx, &was, r.State, -1); err != nil {
		return err
	}
	return count(tx, r, r.State, +1)
}

func counts(tx *db.Tx) ([]releaseCount, error) {
	var list []releaseCount
	return list, tx.Gorm().Model(&releaseCount{}).Find(&list).Error
}

// Filter narrows the list. Before pages by key: releases older than that row.
type Filter struct {
	Text       string
	ServiceKey string
	State      State
	Type       Type
	Mine       bool // owned by the actor
	InFlight   bool // not over
	Before     int64
	Limit      int
}

func listReleases(tx *db.Tx, actor identity.Actor, f Filter) ([]Release, error) {
	var list []Release
	return list, filtered(tx, actor, f).Find(&list).Error
}

// linesOf reads the lines of a page column by column, since GORM's reflection
// over whole releases would be half of what the page costs.
func linesOf(tx *db.Tx, actor identity.Actor, f Filter) ([]Line, error) {
	rows, err := filtered(tx, actor, f).Model(&Release{}).
		Select("id, release_key, title, service_name, type, restricted, state, gates, window_start, window_stop, owner_name").Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := make([]Line, 0, f.Limit)
	for rows.Next() {
		var l Line
		if err := rows.Scan(&l.ID, &l.Key, &l.Title, &l.ServiceName, (*string)(&l.Type), &l.Restricted, &l.State, &l.Gates,
			(*int64)(&l.WindowStart), (*int64)(&l.WindowEnd), &l.OwnerName); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, rows.Err()
}

// filtered are the releases that the actor sees of those asked for, the newest first.
func filtered(tx *db.Tx, actor identity.Actor, f Filter) *gorm.DB {
	q := scope(tx.Gorm(), actor)
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(f.Text)) + "%"
		q = q.Where(`LOWER(release_key) LIKE ? ESCAPE '\' OR LOWER(title) LIKE ? ESCAPE '\'`, like, like)
	}
	if f.ServiceKey != "" {
		q = q.Where("service_key = ?", f.ServiceKey)
	}
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.InFlight {
		q = q.Where("state NOT IN ?", []State{Closed, Cancelled})
	}
	if f.Type != "" {
		q = q.Where("type = ?", f.Type)
	}
	if f.Mine {
		q = q.Where("owner_id = ?", actor.UserID)
	}
	if f.Before > 0 {
		q = q.Where("id < ?", f.Before)
	}
	return q.Order("id DESC").Limit(f.Limit)
}

// Phase is one stretch of a release's life as it happened.
type Phase struct {
	ID        int64
	ReleaseID int64
	State     State
	Since     db.Time
	Verb      Verb
	ByName    string
	Reason    string
}

// TableName is the table of stretches.
func (Phase) TableName() string { return "release_phases" }

func insertPhase(tx *db.Tx, p *Phase) error { return tx.Create(p) }

func phasesOf(tx *db.Tx, releaseID int64) ([]Phase, error) {
	rows, err := tx.Rows("SELECT id, release_id, state, since, verb, by_name, reason FROM release_phases WHERE release_id = ? ORDER BY id", releaseID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Phase
	for rows.Next() {
		var p Phase
		if err := rows.Scan(&p.ID, &p.ReleaseID, &p.State, (*int64)(&p.Since), (*string)(&p.Verb), &p.ByName, &p.Reason); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func addViewer(tx *db.Tx, releaseID, userID int64) error {
	return tx.Gorm().Exec("INSERT INTO release_viewers (release_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING", releaseID, userID).Error
}

func itemsOf(tx *db.Tx, releaseID int64) ([]Item, error) {
	var list []Item
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("item_key").Find(&list).Error
}

func itemByID(tx *db.Tx, releaseID, id int64) (*Item, error) {
	var i Item
	return &i, tx.First(&i, "release_id = ? AND id = ?", releaseID, id)
}

func insertItems(tx *db.Tx, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	return tx.Create(&items)
}

func insert(tx *db.Tx, row any) error        { return tx.Create(row) }
func save(tx *db.Tx, row db.Versioned) error { return tx.Save(row) }
