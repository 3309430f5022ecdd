package dml

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// finding is what reading the stored bytes once told.
type finding struct {
	digestErr error
	size      int64
	sniffed   string
	malware   Check
	archives  lookedInto
	scans     int // parts that were looked at, or should have been
}

// RunChecks reads the stored bytes again, judges the version and records each
// check by itself. It may be run again as long as the version waits.
func (s *Service) RunChecks(ctx context.Context, actor identity.Actor, versionID int64) error {
	var v *Version
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		v, err = versionByID(tx, versionID)
		return err
	})
	if err != nil {
		return err
	}
	if actor.Kind != identity.SystemKind && actor.UserID != v.SubmitterID {
		if err := identity.Authorize(actor, identity.DmlDecide, v.ServiceID); err != nil {
			return err
		}
	}
	found, err := s.examine(ctx, v)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		v, err := versionByID(tx, versionID)
		if err != nil {
			return err
		}
		if err := v.move(VerbCheck); err != nil {
			return err
		}
		checks, err := judge(tx, v, found)
		if err != nil {
			return err
		}
		if err := replaceChecks(tx, v.ID, checks); err != nil {
			return err
		}
		v.tally(checks, tx.Now)
		if err := tx.Save(v); err != nil {
			return err
		}
		return record(tx, actor, "check", v, fmt.Sprintf("checked %s: %d met, %d unmet, %d unknown", v.Title(), v.ChecksMet, v.ChecksUnmet, v.ChecksUnknown), "", "")
	})
}

func (v *Version) tally(checks []Check, now db.Time) {
	v.CheckedAt, v.ChecksMet, v.ChecksUnmet, v.ChecksUnknown = now, 0, 0, 0
	for _, check := range checks {
		switch check.Verdict {
		case Met:
			v.ChecksMet++
		case Unmet:
			v.ChecksUnmet++
		default:
			v.ChecksUnknown++
		}
	}
}

// examine reads the bytes outside any transaction: those of the version, and of
// all that a pushed one consists of.
func (s *Service) examine(ctx context.Context, v *Version) (finding, error) {
	f := finding{malware: Check{Verdict: Unknown, Detail: "Not checked: no scanner is configured."}}
	var parts []blob.Digest
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		parts, err = below(tx, v.Digest)
		return err
	})
	for _, d := range append([]blob.Digest{v.Digest}, parts...) {
		if err == nil && f.digestErr == nil {
			err = s.examineOne(ctx, d, &f)
		}
	}
	if err == nil && f.digestErr == nil {
		f.archives, err = s.lookIntoArchives(ctx, v)
	}
	return f, err
}

func (s *Service) examineOne(ctx context.Context, d blob.Digest, f *finding) error {
	r, info, err := blob.OpenVerified(ctx, s.blobs, d)
	if errors.Is(err, blob.ErrNotFound) {
		f.digestErr = err
		return nil
	}
	if err != nil {
		return storeFault(err, nil)
	}
	defer r.Close()
	body := bufio.NewReaderSize(r, 64<<10)
	head, err := body.Peek(headSize)
	if f.size == 0 && (err == nil || errors.Is(err, io.EOF)) {
		f.sniffed = sniff(head)
	}
	f.size += info.Size
	_, err = io.Copy(io.Discard, &cancellable{ctx, body})
	switch {
	case errors.Is(err, blob.ErrDamaged):
		f.digestErr = err
	case err != nil:
		return storeFault(err, nil)
	case s.scanner != nil && f.malware.Verdict != Unmet:
		var found Check
		if found, err = s.scan(ctx, d); err == nil {
			f.scanned(found)
		}
	}
	return err
}

// scanned adds what was found in one part: all of a version is free of malware
// only if each of its parts is.
func (f *finding) scanned(found Check) {
	if f.scans++; f.scans == 1 || found.Verdict == Unmet || f.malware.Verdict == Met {
		f.malware = found
	}
}

func (s *Service) scan(ctx context.Context, d blob.Digest) (Check, error) {
	r, err := s.blobs.Open(ctx, d, blob.Range{})
	if err != nil {
		return Check{}, err
	}
	defer r.Close()
	switch found, err := s.scanner.Scan(ctx, r); {
	case errors.Is(err, ErrNotLookedAt):
		return Check{Verdict: Unknown, Detail: "Not checked: the file is larger than " + s.scanner.Name() + " looks at."}, nil
	case err != nil:
		return Check{Verdict: Unknown, Detail: "Not checked: " + s.scanner.Name() + " did not answer."}, nil
	case found != "":
		return Check{Verdict: Unmet, Detail: s.scanner.Name() + " found " + found + "."}, nil
	}
	return Check{Verdict: Met, Detail: s.scanner.Name() + " found nothing."}, nil
}

// judge turns what was found into the checks that a custodian reads.
func judge(tx *db.Tx, v *Version, f finding) ([]Check, error) {
	item, err := itemByID(tx, v.ItemID)
	if err != nil {
		return nil, err
	}
	licence, err := judgeLicence(tx, item)
	if err != nil {
		return nil, err
	}
	f.malware.Code, f.malware.Title = "malware", "Free of malware"
	checks := []Check{judgeDigest(v, f), judgeSize(v, f), judgeName(v), licence, judgeContent(v, f), f.malware}
	checks = append(checks, judgeArchives(f.archives)...)
	evidence, err := evidenceOf(tx, v.ID)
	if err != nil {
		return nil, err
	}
	checks = withEvidence(checks, v, item, evidence, tx.Now)
	for i := range checks {
		checks[i].MediaVersionID, checks[i].CheckedAt = v.ID, tx.Now
	}
	return checks, nil
}

func judgeDigest(v *Version, f finding) Check {
	c := Check{Code: "digest", Title: "Digest recomputed from the stored bytes", Verdict: Met, Detail: "It is " + v.Digest.Short() + "."}
	switch {
	case f.digestErr != nil:
		c.Verdict, c.Detail = Unmet, "The stored bytes do not give "+v.Digest.Short()+"."
	case v.Declared != "":
		c.Detail = "It is " + v.Digest.Short() + ", as the submitter declared."
	}
	return c
}

func judgeSize(v *Version, f finding) Check {
	c := Check{Code: "size", Title: "Size", Verdict: Met, Detail: fmt.Sprintf("What arrived is stored: %d bytes.", v.Size)}
	if f.size != v.Size {
		c.Verdict, c.Detail = Unmet, fmt.Sprintf("%d bytes arrived, but %d are stored.", v.Size, f.size)
	}
	return c
}

func judgeName(v *Version) Check {
	c := Check{Code: "naming", Title: "Naming", Verdict: Met, Detail: v.FileName + " is a plain name, and " + v.Label + " a version."}
	for _, why := range []string{checkKey(v.ItemKey), checkLabel(v.Label), checkFileName(v.FileName)} {
		if why != "" {
			c.Verdict, c.Detail = Unmet, why
		}
	}
	return c
}

func judgeLicence(tx *db.Tx, item *Item) (Check, error) {
	c := Check{Code: "licence", Title: "Licence known", Verdict: Met, Detail: item.Licence}
	switch {
	case item.Licence == "" && item.Provenance == Built:
		c.Detail = "Built here; the organisation holds the rights."
	case item.Licence == "":
		c.Verdict, c.Detail = Unmet, "No licence is stated."
	case item.Licence != Commercial:
		if unknown := unknownLicences(item.Licence); len(unknown) > 0 {
			c.Verdict, c.Detail = Unmet, strings.Join(unknown, ", ")+" is no SPDX licence this library knows."
		}
	case item.LicenceKey == "":
		c.Verdict, c.Detail = Unmet, "The licence is commercial, and no entitlement is named."
	default:
		licence, err := licenceByKey(tx, item.LicenceKey)
		if errors.Is(err, fault.NotFound) {
			c.Verdict, c.Detail = Unmet, "There is no entitlement "+item.LicenceKey+"."
			return c, nil
		}
		if err != nil {
			return c, err
		}
		c.Detail = "Entitlement " + licence.Key + " is in date."
		if blockers := licence.Blockers(0, 0, tx.Now); len(blockers) > 0 {
			c.Verdict, c.Detail = Unmet, blockers[0].Sentence
		}
	}
	return c, nil
}

// webPages are the types that a browser would run if it were let.
var webPages = map[string]bool{"text/html": true, "application/xhtml+xml": true, "image/svg+xml": true, "text/xml": true, "application/xml": true}

func judgeContent(v *Version, f finding) Check {
	c := Check{Code: "content", Title: "Content is what it is called", Verdict: Met}
	declared, _, err := mime.ParseMediaType(v.MediaType)
	switch {
	case err != nil || f.sniffed == "":
		c.Verdict, c.Detail = Unknown, "The type could not be told from the bytes."
	case webPages[f.sniffed] && !webPages[declared]:
		c.Verdict, c.Detail = Unmet, "It is called "+declared+", but is "+f.sniffed+", which a browser could run."
	case strings.HasPrefix(declared, "image/") && !strings.HasPrefix(f.sniffed, "image/") && !webPages[declared]:
		c.Verdict, c.Detail = Unmet, "It is called "+declared+", but is no image."
	case webPages[f.sniffed]:
		c.Detail = "It is a web page; it is only ever sent as a download."
	default:
		c.Detail = "Called " + declared + "; the bytes do not contradict it."
	}
	return c
}

func sniff(head []byte) string {
	kind, _, err := mime.ParseMediaType(http.DetectContentType(head))
	if err != nil {
		return ""
	}
	// The standard sniffer takes SVG and page fragments for plain text.
	text := strings.ToLower(string(head))
	if strings.HasPrefix(kind, "text/") {
		switch {
		case strings.Contains(text, "<svg"):
			return "image/svg+xml"
		case strings.Contains(text, "<script") || strings.Contains(text, "<html"):
			return "text/html"
		}
	}
	return kind
}

const (
	jobCheck   = "dml.check"
	checkDelay = 2 * time.Minute
)

type checkArgs struct{ VersionID int64 }

// finishChecks is the job that follows every submission: it does nothing when
// the checks have run.
func (s *Service) finishChecks(ctx context.Context, args checkArgs) error {
	var v *Version
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		v, err = versionByID(tx, args.VersionID)
		return err
	})
	if err != nil || v.State != Quarantined {
		return err
	}
	return s.RunChecks(ctx, identity.System("media library"), v.ID)
}
