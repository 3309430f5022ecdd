package dml

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// VersionByID gives a version for a room to the right, in its transaction.
func (s *Service) VersionByID(tx *db.Tx, id int64) (*Version, error) { return versionByID(tx, id) }

// VersionByDigest gives the version with these bytes, an accepted one if there
// are several.
func (s *Service) VersionByDigest(tx *db.Tx, d blob.Digest) (*Version, error) {
	list, err := versionsByDigest(tx, d)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "The media library holds nothing with the digest %s.", d)
	}
	return &list[0], nil
}

// FindVersion gives the version of an item by its label.
func (s *Service) FindVersion(tx *db.Tx, itemKey, label string) (*Version, error) {
	return versionByLabel(tx, itemKey, label)
}

// sight is what a viewer may see of the library.
type sight struct{ all bool }

// sightOf lets everybody who works on releases see the library, and others
// only the documentation that was accepted.
func sightOf(a identity.Actor) sight {
	switch a.Kind {
	case identity.SystemKind:
		return sight{all: true}
	case identity.Machine:
		return sight{all: slices.Contains(a.Scopes, "dml:read") || slices.Contains(a.Scopes, "dml:write")}
	}
	return sight{all: a.Can(identity.ReportRead, 0)}
}

// SeenBy tells whether the actor may open the version's page.
func (v *Version) SeenBy(a identity.Actor) bool { return sightOf(a).sees(v) }

func (s sight) sees(v *Version) bool {
	return s.all || v.Kind == Documentation && v.State == Accepted
}

// Store tells electronic media from those with a physical copy.
type Store string

// The two stores.
const (
	Electronic Store = "electronic"
	Physical   Store = "physical"
)

// Filter narrows a list. Cursor is the Next of the page before.
type Filter struct {
	Query  string
	Kind   Kind
	State  State
	Store  Store
	Cursor string
	Limit  int
}

const pageSize = 50

func (f Filter) limit() int {
	if f.Limit <= 0 || f.Limit > 200 {
		return pageSize
	}
	return f.Limit
}

func (f Filter) after() (key string, id int64, ok bool) {
	key, number, ok := strings.Cut(f.Cursor, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	return key, id, ok && err == nil
}

// VersionPage is one page of versions, by item and newest first.
type VersionPage struct {
	Versions []Version
	Next     string
	Matching int64
}

// List gives a page of versions. Its cost does not grow with the page number.
func (s *Service) List(ctx context.Context, actor identity.Actor, f Filter) (page VersionPage, err error) {
	return page, s.db.View(ctx, func(tx *db.Tx) (err error) {
		page, err = listVersions(tx, sightOf(actor), f)
		return err
	})
}

// Search is List for a room to the right, or for the search page.
func (s *Service) Search(tx *db.Tx, actor identity.Actor, query string, limit int) ([]Version, error) {
	page, err := listVersions(tx, sightOf(actor), Filter{Query: query, Limit: limit})
	return page.Versions, err
}

// Totals are the library in figures.
type Totals struct {
	Versions, Bytes, Waiting, Suspect int64
	Blobs, Damaged                    int64
	VerifiedAt, OldestCheck           db.Time
}

// Totals counts the library.
func (s *Service) Totals(ctx context.Context) (t Totals, err error) {
	return t, s.db.View(ctx, func(tx *db.Tx) (err error) {
		t, err = totals(tx)
		return err
	})
}

// Queued is a version in quarantine as a viewer finds it.
type Queued struct {
	Version
	Own       bool // submitted by the viewer
	MayDecide bool
}

// Queue lists what waits for a custodian, oldest first.
func (s *Service) Queue(ctx context.Context, actor identity.Actor, limit int) ([]Queued, error) {
	var queue []Queued
	err := s.db.View(ctx, func(tx *db.Tx) error {
		if !sightOf(actor).all {
			return nil
		}
		list, err := waiting(tx, limit)
		for _, v := range list {
			own := v.SubmitterID == actor.UserID
			queue = append(queue, Queued{Version: v, Own: own, MayDecide: !own && actor.Can(identity.DmlDecide, v.ServiceID)})
		}
		return err
	})
	return queue, err
}

// Items lists items by key, for a form that offers the known ones.
func (s *Service) Items(ctx context.Context, actor identity.Actor) (list []Item, err error) {
	return list, s.db.View(ctx, func(tx *db.Tx) (err error) {
		if sightOf(actor).all {
			list, err = itemKeys(tx, 500)
		}
		return err
	})
}

// Waiting counts what waits for a custodian. It is cheap enough for the
// navigation of every page; Totals is not.
func (s *Service) Waiting(ctx context.Context) (n int64, err error) {
	return n, s.db.View(ctx, func(tx *db.Tx) (err error) {
		n, err = countWaiting(tx)
		return err
	})
}
