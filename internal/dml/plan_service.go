package dml

import (
	"context"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
)

// maxPlan bounds the lines of a dry run; the sums count everything.
const maxPlan = 2000

// mayPlan lets those see what would be collected who look after the library, and
// those who place holds.
func mayPlan(actor identity.Actor) error {
	if actor.Can(identity.DmlHold, 0) {
		return nil
	}
	return mayTend(actor)
}

// Plan is the dry run of a collection: it lists what would go, when and why,
// and changes nothing. It walks through the store.
func (s *Service) Plan(ctx context.Context, actor identity.Actor, grace time.Duration) (*Plan, error) {
	if err := mayPlan(actor); err != nil {
		return nil, err
	}
	p := &planner{s: s, grace: grace, seen: map[blob.Digest]bool{}, owners: map[blob.Digest]string{}}
	err := s.db.View(ctx, func(tx *db.Tx) error {
		for _, part := range []func(*db.Tx) error{p.versions, p.unneeded, p.condemned} {
			if err := part(tx); err != nil {
				return err
			}
		}
		n, err := staleUploads(tx, tx.Now.Add(-uploadAge))
		p.plan.Uploads = n
		return err
	})
	if err != nil {
		return nil, err
	}
	for next := blob.Digest(""); ; {
		var unknown []blob.Info
		if next, unknown, err = s.walkSome(ctx, next); err != nil {
			return &p.plan, err
		}
		for _, info := range unknown {
			p.add(PlanLine{What: PlanOrphan, Digest: info.Digest, Size: info.Size, At: s.db.Now().Add(grace),
				Why: "It lies in the store, and the database never heard of it."}, s.db.Now())
		}
		if next == "" {
			return &p.plan, nil
		}
	}
}

type planner struct {
	s      *Service
	grace  time.Duration
	plan   Plan
	gone   []int64
	seen   map[blob.Digest]bool
	owners map[blob.Digest]string // versions that would be let go, by their bytes
}

func (p *planner) add(line PlanLine, now db.Time) {
	if line.What != PlanVersion {
		p.plan.Blobs, p.plan.Frees = p.plan.Blobs+1, p.plan.Frees+line.Size
		if !line.At.After(now) {
			p.plan.Now += line.Size
		}
	}
	if len(p.plan.Lines) == maxPlan {
		p.plan.More = true
		return
	}
	p.plan.Lines = append(p.plan.Lines, line)
}

// versions judges what retention would let go. What it would let go beyond some
// thousand versions is left to the next run, as the dry run says by More.
func (p *planner) versions(tx *db.Tx) error {
	const most = 1000
	for after := int64(0); ; {
		ids, err := itemsDue(tx, after, batch)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		for _, id := range ids {
			item, err := itemByID(tx, id)
			if err != nil {
				return err
			}
			going, err := p.s.going(tx, item, item.Retention())
			if err != nil {
				return err
			}
			for i := range going {
				v := &going[i].Version
				if going[i].At.After(tx.Now) {
					continue
				}
				if len(p.gone) == most {
					p.plan.More = true
					return nil
				}
				digests, err := bytesOf(tx, v)
				if err != nil {
					return err
				}
				for _, d := range digests {
					p.owners[d] = v.Title()
				}
				p.gone = append(p.gone, v.ID)
				p.add(PlanLine{What: PlanVersion, Name: v.Title(), Digest: v.Digest, Size: v.Size, Why: going[i].Why, At: tx.Now.Add(p.grace), link: v.Link()}, tx.Now)
			}
		}
	}
}

// unneeded goes through the blobs as a run would after letting go of those versions.
func (p *planner) unneeded(tx *db.Tx) error {
	for after := int64(0); ; {
		rows, err := idle(tx, after, batch)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		found, err := unneeded(tx, rows, p.gone)
		if err != nil {
			return err
		}
		if err := p.blobs(tx, found, PlanCondemn); err != nil {
			return err
		}
	}
}

func (p *planner) condemned(tx *db.Tx) error {
	for after := int64(0); ; {
		rows, err := condemnedBefore(tx, tx.Now, after, batch)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		if err := p.blobs(tx, rows, PlanCondemned); err != nil {
			return err
		}
	}
}

func (p *planner) blobs(tx *db.Tx, rows []blobRow, what PlanWhat) error {
	digests := make([]blob.Digest, len(rows))
	for i := range rows {
		digests[i] = rows[i].Digest
	}
	repos, err := reposOf(tx, digests)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if p.seen[row.Digest] {
			continue
		}
		p.seen[row.Digest] = true
		line := PlanLine{What: what, Name: repos[row.Digest], Digest: row.Digest, Size: row.Size, At: tx.Now.Add(p.grace),
			Why: "No version, tag or manifest needs it, and its lease is over."}
		if owner := p.owners[row.Digest]; owner != "" {
			line.Why = "Only what is let go needs it: " + owner + "."
		}
		if what == PlanCondemned {
			line.At, line.Why = row.CondemnedAt.Add(p.grace), "It was condemned: nothing needs it."
		}
		p.add(line, tx.Now)
	}
	return nil
}
