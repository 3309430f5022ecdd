package sample

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// journey takes one release along, each deed done by whoever may do it. Every
// method does what is still missing of its part, so that it may be called on a
// release that somebody else has brought half way.
type journey struct {
	app  *app.App
	who  cast
	key  string
	tale tale
	pass func(time.Duration) // lets time go by between two deeds; nil does not

	program string // see Options
}

// tale is what is told of one release, where it differs from the usual.
type tale struct {
	service, title, summary, value string
	incident                       string // of an emergency
	kind                           release.Type
	model                          string
	owner                          string // user name; maya when empty
	restricted                     bool
	units                          []string
	versions                       map[string]string // to-be, by item
	outcome                        release.Outcome   // at its close; Succeeded when empty
	lessons                        string
	slow                           bool // risks and actions are not settled in their time
	automated                      bool // machines carry it out
	own                            bool // brings Slipway's own program, README and licence texts
}

func (j *journey) as(username string) identity.Actor { return j.who[username] }

// holder gives the person of the demonstration who holds the role.
func (j *journey) holder(role identity.Role) identity.Actor { return j.who[Holder(role)] }

func (j *journey) view(ctx context.Context, fn func(*db.Tx) error) error {
	return j.app.DB.View(ctx, fn)
}

// release reads the release as it is now.
func (j *journey) release(ctx context.Context) (*release.Release, error) {
	return j.app.Release.Find(ctx, j.as("maya"), j.key)
}

// rules are those that the release pinned.
func (j *journey) rules(ctx context.Context, r *release.Release) (rules policy.Rules, err error) {
	return rules, j.view(ctx, func(tx *db.Tx) error {
		v, err := j.app.Policy.VersionByID(tx, r.PolicyVersionID)
		if err == nil {
			rules = v.Rules
		}
		return err
	})
}

type deed func(context.Context) error

// inTurn does one deed after the other, until one fails.
func inTurn(ctx context.Context, deeds ...deed) error {
	for _, do := range deeds {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// explain puts all that a refusal names into one line.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	text := what
	var f *fault.Fault
	if errors.As(err, &f) {
		for _, b := range f.Blockers {
			text += fmt.Sprintf(" [%s %s]", b.Code, b.Sentence)
		}
		for _, field := range f.Fields {
			text += fmt.Sprintf(" [%s: %s]", field.Name, field.Message)
		}
	}
	return fmt.Errorf("%s: %w", text, err)
}
