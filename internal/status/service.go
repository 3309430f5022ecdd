package status

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Service keeps the status pages.
type Service struct {
	db       *db.DB
	releases *release.Service
	deploy   *deploy.Service
}

// New gives the service.
func New(d *db.DB, releases *release.Service, deployments *deploy.Service) *Service {
	return &Service{d, releases, deployments}
}

// View is a status page with everything it shows.
type View struct {
	Page        Page
	Word        Word
	ServiceName string
	WindowStart db.Time
	WindowEnd   db.Time
	Updates     []Update
	Progress    Progress
}

// Progress counts targets. Nothing planned yet is Total 0.
type Progress struct{ Done, Active, Failed, Total int64 }

// reader is the actor through whose eyes a public page is read. It sees every
// release, because the page's own flag says whether it is public.
var reader = identity.Actor{Name: "public status", Kind: identity.SystemKind}

// Read gives a page. One that is not public, or of a release that became
// restricted since, is NotFound for whoever may not see the release, and so for
// everybody who has not signed in.
func (s *Service) Read(ctx context.Context, actor identity.Actor, slug string) (*View, error) {
	var v *View
	err := s.db.View(ctx, func(tx *db.Tx) error {
		p, err := bySlug(tx, slug)
		if err != nil {
			return err
		}
		r, err := s.releases.ByID(tx, reader, p.ReleaseID)
		if err == nil && (!p.Public || r.Restricted) {
			if actor.UserID == 0 {
				return fault.New(fault.NotFound, "There is no such page.")
			}
			r, err = s.releases.ByID(tx, actor, p.ReleaseID)
		}
		if err != nil {
			return err
		}
		v, err = s.view(tx, p, r)
		return err
	})
	return v, err
}

func (s *Service) view(tx *db.Tx, p *Page, r *release.Release) (*View, error) {
	updates, err := updatesOf(tx, p.ID)
	if err != nil {
		return nil, err
	}
	progress, err := s.deploy.Progress(tx, r.ID)
	return &View{Page: *p, Word: WordFor(r.State), ServiceName: r.ServiceName, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd,
		Updates: updates, Progress: Progress{progress.Done, progress.Active, progress.Failed, progress.Total}}, err
}

// List gives the public pages, the newest first.
func (s *Service) List(ctx context.Context) (views []View, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		rows, err := publicPages(tx)
		for _, r := range rows {
			views = append(views, View{Page: r.Page, Word: WordFor(r.State), ServiceName: r.ServiceName, WindowStart: r.WindowStart, WindowEnd: r.WindowStop})
		}
		return err
	})
	return views, err
}

// ForRelease gives the page of a release, or a new one with what is known filled in.
func (s *Service) ForRelease(ctx context.Context, actor identity.Actor, key string) (r *release.Release, v *View, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if r, err = s.releases.FindIn(tx, actor, key); err != nil {
			return err
		}
		p, err := byRelease(tx, r.ID)
		if fault.KindOf(err) == fault.NotFound {
			p, err = &Page{Slug: SlugFor(r.Key), Headline: r.Title, Lead: r.Summary}, nil
		}
		if err != nil {
			return err
		}
		v, err = s.view(tx, p, r)
		return err
	})
	return r, v, err
}

// SlugFor turns a release's key into an address.
func SlugFor(key string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(key) {
		if (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') {
			b.WriteRune(c)
		} else {
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// Save creates or changes the page of a release. A restricted release has no
// public page.
func (s *Service) Save(ctx context.Context, actor identity.Actor, key string, version int64, text Page) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.releases.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.NoticeSend, r.ServiceID); err != nil {
			return err
		}
		if err := text.validate(); err != nil {
			return err
		}
		if text.Public && r.Restricted {
			return fault.Refuse("The status page was not made public.", fault.Blocked(
				"The release is restricted, so the public may not read about it.", r.OwnerName, "/releases/"+r.Key+"/edit", "Lift the restriction first"))
		}
		if other, err := bySlug(tx, text.Slug); err == nil && other.ReleaseID != r.ID {
			return &fault.Fault{Kind: fault.Invalid, Message: "The status page was not saved.", Fields: []fault.Field{{Name: "slug", Message: "Another release's page has this address."}}}
		}
		p, err := byRelease(tx, r.ID)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			text.ReleaseID = r.ID
			err = insertPage(tx, &text)
		case err == nil:
			if err := db.CheckVersion(p, version); err != nil {
				return err
			}
			p.Slug, p.Public, p.Headline, p.Lead, p.NoticeText, p.Contact = text.Slug, text.Public, text.Headline, text.Lead, text.NoticeText, text.Contact
			err = savePage(tx, p)
		}
		if err != nil {
			return err
		}
		sentence := "wrote the status page"
		if text.Public {
			sentence = "published the status page"
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "status.save", Kind: "release", Key: r.Key, Release: r.Key, Sentence: sentence, Detail: text.Headline})
	})
}

// Post adds an update to the page of a release.
func (s *Service) Post(ctx context.Context, actor identity.Actor, key string, u Update) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.releases.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.NoticeSend, r.ServiceID); err != nil {
			return err
		}
		u.Title, u.Body = strings.TrimSpace(u.Title), strings.TrimSpace(u.Body)
		var c fault.Check
		c.Need(u.Title != "" && len(u.Title) <= 120, "title", "Say in one line what is new, at most 120 characters.")
		c.Need(len(u.Body) <= 2000, "body", "Keep it to 2,000 characters.")
		c.Need(slices.Contains(families, u.Family), "family", "Choose how it goes.")
		if err := c.Err("The update was not posted."); err != nil {
			return err
		}
		p, err := byRelease(tx, r.ID)
		if fault.KindOf(err) == fault.NotFound {
			return fault.Refuse("The update was not posted.", fault.Blocked("The release has no status page yet.", r.OwnerName, "/releases/"+r.Key+"/status", "Write the page first"))
		}
		if err != nil {
			return err
		}
		u.PageID, u.At, u.Author = p.ID, tx.Now, actor.Name
		if err := insertUpdate(tx, &u); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "status.post", Kind: "release", Key: r.Key, Release: r.Key,
			Sentence: "told the readers of the status page: " + u.Title, Detail: u.Body})
	})
}
