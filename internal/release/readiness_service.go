package release

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// ReportReadiness keeps what somebody says of one area.
func (s *Service) ReportReadiness(ctx context.Context, actor identity.Actor, key string, q Report) error {
	return s.reportReadiness(ctx, actor, key, []Report{q}, func(*Report, *Readiness) bool { return true })
}

// ReportAllReadiness keeps what somebody says of several areas at once, all of it
// or nothing. An area of which nothing new is said keeps the report that it has;
// one whose report lapsed is reported on anew once a colour is chosen.
func (s *Service) ReportAllReadiness(ctx context.Context, actor identity.Actor, key string, list []Report) error {
	return s.reportReadiness(ctx, actor, key, list, (*Report).news)
}

func (s *Service) reportReadiness(ctx context.Context, actor identity.Actor, key string, list []Report, wanted func(*Report, *Readiness) bool) error {
	return s.write(ctx, actor, key, identity.ReadinessEdit, func(tx *db.Tx, r *Release) error {
		if err := open(r); err != nil {
			return err
		}
		reports, err := readinessOf(tx, r.ID)
		if err != nil {
			return err
		}
		var c fault.Check
		var rows []*Readiness
		said := 0
		for i := range list {
			q := &list[i]
			row := &Readiness{ReleaseID: r.ID, Area: q.Area}
			if at := slices.IndexFunc(reports, func(x Readiness) bool { return x.Area == q.Area }); at >= 0 {
				row = &reports[at]
			}
			counts := *row
			if (Area{Code: q.Area}).lapsed(r, row) != "" {
				counts.Colour = ""
			}
			if !wanted(q, &counts) {
				continue
			}
			said++
			q.check(&c, tx.Now)
			if c.Failed() {
				continue
			}
			if row.Version != q.Version {
				return db.Stale()
			}
			rows = append(rows, row)
			if err := q.fill(tx, row, r, actor, &c); err != nil {
				return err
			}
		}
		if said == 0 {
			return fault.New(fault.Invalid, "Nothing new was said of any area. Choose a colour for those that you looked at, and say what you saw.")
		}
		if err := c.Err("Nothing was reported."); err != nil {
			return err
		}
		for _, row := range rows {
			if row.ID == 0 {
				err = insert(tx, row)
			} else {
				err = save(tx, row)
			}
			if err != nil {
				return err
			}
			if err := s.record(tx, actor, r, "readiness.report", row.Note, "reported %s as %s", strings.ToLower(areaName(row.Area)), row.Colour); err != nil {
				return err
			}
		}
		return nil
	})
}

// fill puts the report into its row.
func (q *Report) fill(tx *db.Tx, row *Readiness, r *Release, actor identity.Actor, c *fault.Check) error {
	row.PackageDigest = ""
	if (Area{Code: q.Area}).OfPackage() {
		row.PackageDigest = r.PackageDigest
	}
	row.Colour, row.Note, row.OwnerID, row.OwnerName, row.Due, row.ByID, row.ByName = q.Colour, q.Note, 0, "", q.Due, actor.UserID, actor.Name
	if q.OwnerID == 0 {
		return nil
	}
	owner, err := identity.FindPerson(tx, q.OwnerID)
	if fault.KindOf(err) == fault.NotFound {
		c.Field(q.field("owner"), "Choose a person from the list.")
		return nil
	}
	if err == nil {
		row.OwnerID, row.OwnerName = owner.ID, owner.Name
	}
	return err
}

// Readiness gives the twelve areas, and beside them the evidence of A4.
func (s *Service) Readiness(ctx context.Context, actor identity.Actor, key string) (v *ReadinessSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		v = &ReadinessSheet{Release: r, Edits: actor.Can(identity.ReadinessEdit, r.ServiceID) && !r.State.Over()}
		reports, err := readinessOf(tx, r.ID)
		if err != nil {
			return err
		}
		findings, err := s.Findings(tx, r, A4)
		if err != nil {
			return err
		}
		for _, a := range Areas() {
			line := ReadinessLine{Area: a}
			for i := range reports {
				if reports[i].Area == a.Code {
					line.Report, line.Lapsed = &reports[i], a.lapsed(r, &reports[i])
				}
			}
			if at := slices.IndexFunc(findings, func(f Finding) bool { return f.Code == ReadinessPrefix+a.Code }); at >= 0 {
				line.Finding = findings[at]
			}
			for _, f := range findings {
				if f.Area == a.Code && f.State == Concern {
					line.Minded = append(line.Minded, f)
				}
			}
			v.Lines = append(v.Lines, line)
		}
		v.Evidence = slices.DeleteFunc(findings, func(f Finding) bool { return strings.HasPrefix(f.Code, ReadinessPrefix) })
		v.People, err = identity.People(tx, r.ServiceID)
		return err
	})
	return v, err
}
