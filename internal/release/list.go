package release

import (
	"context"
	"slices"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// ListSheet is what the list of releases shows.
type ListSheet struct {
	Filter   Filter
	Releases []Line
	Services []catalog.ServiceName // to filter by
	Next     int64                 // the Before of the next page, 0 at the end
	Plans    bool                  // the viewer may plan a release
}

// Line is a release as the list shows it.
type Line struct {
	ID                      int64
	Key, Title, ServiceName string
	Type                    Type
	Restricted              bool
	State                   State
	Gates                   string // the five gates' states in short
	WindowStart, WindowEnd  db.Time
	OwnerName               string
}

// Link is the release's page.
func (l *Line) Link() string { return "/releases/" + l.Key }

// pageLength is how many releases a page of the list holds.
const pageLength = 50

// ListSheet gives a page of the list of releases.
func (s *Service) ListSheet(ctx context.Context, actor identity.Actor, f Filter) (v *ListSheet, err error) {
	v = &ListSheet{Filter: f, Plans: actor.Can(identity.ReleaseEdit, 0)}
	f.Limit = pageLength + 1
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if v.Releases, err = linesOf(tx, actor, f); err != nil {
			return err
		}
		v.Services, err = s.catalog.ServiceNames(tx)
		return err
	})
	if len(v.Releases) > pageLength {
		v.Releases = v.Releases[:pageLength]
		v.Next = v.Releases[pageLength-1].ID
	}
	return v, err
}

// Choices are what a new release may be made from.
type Choices struct {
	Services []catalog.ServiceRecord // that the actor plans releases for
	Models   []policy.ModelVersion
	Owners   []identity.Person
	Units    []catalog.Unit         // of the service; of all while none is chosen
	Service  *catalog.ServiceRecord // the chosen one
	Policy   *policy.Version        // in force for it
	NextKey  string                 // the next free identifier
	Without  []fault.Blocker        // why none can be planned for it
}

// owning are the roles that a release's owner is looked for among.
var owning = []identity.Role{identity.ReleaseManager, identity.BuildManager, identity.ServiceOwner}

// Choices gives what a new release may be made from, for a service if one is
// chosen already.
func (s *Service) Choices(ctx context.Context, actor identity.Actor, serviceKey string) (*Choices, error) {
	if err := identity.Authorize(actor, identity.ReleaseEdit, 0); err != nil {
		return nil, err
	}
	v := &Choices{}
	err := s.db.View(ctx, func(tx *db.Tx) error { return s.fillChoices(tx, actor, v, serviceKey) })
	if err != nil || v.Policy == nil {
		return v, err
	}
	sheet, err := s.policy.Sheet(ctx, actor, v.Policy.PolicyKey, 0)
	if err != nil {
		return nil, err
	}
	for _, example := range sheet.Examples {
		if example.Service == v.Service.Name {
			v.NextKey = example.Key
		}
	}
	return v, nil
}

func (s *Service) fillChoices(tx *db.Tx, actor identity.Actor, v *Choices, serviceKey string) error {
	services, err := s.catalog.ListServices(tx)
	if err != nil {
		return err
	}
	v.Services = slices.DeleteFunc(services, func(r catalog.ServiceRecord) bool { return !actor.Can(identity.ReleaseEdit, r.ID) })
	if v.Models, err = s.policy.ActiveModels(tx); err != nil {
		return err
	}
	var chosen int64
	if at := slices.IndexFunc(v.Services, func(r catalog.ServiceRecord) bool { return r.Key == serviceKey }); at >= 0 {
		v.Service, chosen = &v.Services[at], v.Services[at].ID
	}
	if v.Owners, err = identity.People(tx, chosen, owning...); err != nil {
		return err
	}
	if v.Units, err = s.catalog.Units(tx, chosen); err != nil || v.Service == nil {
		return err
	}
	v.Policy, err = s.policy.ActiveFor(tx, chosen)
	if fault.KindOf(err) == fault.NotFound {
		v.Policy, v.Without = nil, append(v.Without, withoutPolicy(v.Service))
		return nil
	}
	return err
}

// withoutPolicy says why no release of a service can be planned.
func withoutPolicy(service *catalog.ServiceRecord) fault.Blocker {
	return fault.Blocker{Code: "policy.active", Sentence: service.Name + " has no release policy in force.", Owner: service.OwnerName, Link: "/policies", Action: "Open the policies"}
}

// EditSheet is what the page that edits a release shows.
type EditSheet struct {
	Head
	Owners []identity.Person
}

// EditSheet gives the page that edits a release, to those who may.
func (s *Service) EditSheet(ctx context.Context, actor identity.Actor, key string) (v *EditSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		head, err := s.HeadIn(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.ReleaseEdit, head.ServiceID); err != nil {
			return err
		}
		if err := open(head.Release); err != nil {
			return err
		}
		v = &EditSheet{Head: *head}
		v.Owners, err = identity.People(tx, head.ServiceID, owning...)
		return err
	})
	return v, err
}

// Move is what a verb would bring, before it is said.
type Move struct {
	Head
	Verb      Verb
	To        State
	Reason    bool     // a reason is asked for
	Voids     []Gate   // decisions that fall
	Withdraws *Package // that would be withdrawn
	Opens     GateCode
}

// MoveEffect gives what a verb would bring; a verb that cannot be said now is
// refused like the saying of it.
func (s *Service) MoveEffect(ctx context.Context, actor identity.Actor, key string, verb Verb) (v *Move, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		head, err := s.HeadIn(tx, actor, key)
		if err != nil {
			return err
		}
		r := head.Release
		if err := identity.Authorize(actor, identity.ReleaseEdit, r.ServiceID); err != nil {
			return err
		}
		moved := *r
		if err := moved.advance(verb, tx.Now); err != nil {
			return err
		}
		if !slices.Contains(head.Verbs, verb) {
			return fault.New(fault.Refused, "%s is not told to %s by hand; the process does that.", r.Key, verb)
		}
		v = &Move{Head: *head, Verb: verb, To: moved.State, Reason: needsReason(verb), Opens: gateBefore[moved.State]}
		switch verb {
		case VerbRework, VerbRebuild:
			return s.reworkEffect(tx, v, moved)
		case VerbHold, VerbResume, VerbCancel:
			v.Opens = ""
		}
		return nil
	})
	return v, err
}

func (s *Service) reworkEffect(tx *db.Tx, v *Move, moved Release) error {
	moved.PackageDigest, moved.SignedDigest = "", ""
	for _, g := range v.Gates {
		if _, void := g.outdated(&moved); void && g.State.Passed() {
			v.Voids = append(v.Voids, g)
		}
	}
	p, err := currentPackage(tx, v.ID)
	if err == nil && p != nil && p.State != PackageAssembling {
		v.Withdraws = p
	}
	return err
}

// needsReason tells whether a verb is said with a reason.
func needsReason(verb Verb) bool { return verb != VerbSubmit && verb != VerbResume }
