package report

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// Hit is one thing that a search found. Exact means that it is what was asked
// for, not something like it.
type Hit struct {
	Kind, Key, Title, Href string
	State                  string // empty where a thing has none
	Exact                  bool
}

// hitsOfKind is how many hits of one kind are listed.
const hitsOfKind = 10

// longestQuery is how much of a query is looked for.
const longestQuery = 200

var partOfDigest = regexp.MustCompile(`^[0-9a-f]{8,64}$`)

// Search finds keys, titles, versions and digests among what the actor may see.
func (s *Service) Search(ctx context.Context, actor identity.Actor, query string) (hits []Hit, err error) {
	q := asked(query)
	if q.text == "" {
		return nil, nil
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		d := &desk{s: s, ctx: ctx, tx: tx, actor: actor}
		for _, look := range []func(sought) ([]Hit, error){d.releases, d.packages, d.changes, d.mediaFound, d.knownErrors, d.register} {
			found, err := look(q)
			if err != nil {
				return err
			}
			hits = append(hits, found...)
		}
		return nil
	})
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(rank(a), rank(b)) })
	return hits, err
}

// Only gives the one hit that a search leads straight to, nil where there is
// none or a choice.
func Only(hits []Hit) *Hit {
	if len(hits) == 0 || !hits[0].Exact || len(hits) > 1 && hits[1].Exact {
		return nil
	}
	return &hits[0]
}

func rank(h Hit) int {
	if h.Exact {
		return 0
	}
	return 1
}

// sought is a query as the tables are asked.
type sought struct {
	text   string // lower case
	like   string // as LIKE reads it, with \ to escape
	digest string // hexadecimal digits of a digest, or of its beginning; empty where it is none
}

func asked(query string) sought {
	text := strings.ToLower(strings.TrimSpace(query))
	if runes := []rune(text); len(runes) > longestQuery {
		text = string(runes[:longestQuery])
	}
	q := sought{text: text, like: "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"}
	if hex := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "sha256"), ":")); partOfDigest.MatchString(hex) {
		q.digest = hex
	}
	return q
}

// is tells whether a key is what was asked for.
func (q sought) is(key string) bool { return strings.EqualFold(q.text, key) }

// mediaFound finds versions in the library: by item, label, file or digest.
func (d *desk) mediaFound(q sought) (hits []Hit, err error) {
	text := q.text
	if q.digest != "" {
		text = "sha256:" + q.digest
	}
	list, err := d.s.rooms.DML.Search(d.tx, d.actor, text, hitsOfKind)
	for _, v := range list {
		hits = append(hits, Hit{Kind: "Media version", Key: v.ItemKey, Title: v.Title(), Href: fmt.Sprintf("%s#v%d", v.Link(), v.ID), State: string(v.State),
			Exact: q.digest != "" || q.is(v.ItemKey+":"+v.Label) || q.is(v.Title())})
	}
	return hits, err
}
