package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/identity"
	"slipway/internal/sample"
)

const (
	starter         = "nora"
	starterPassword = "a fleet for the figures"
	manyStarted     = 100_000
	fewStarted      = 1_000
)

// bareShape is a table of the same shape as what a start writes, and bareRows
// fills it by one statement.
const (
	bareShape = `CREATE TABLE bare_actions AS SELECT * FROM pull_actions WHERE 1 = 0;
CREATE UNIQUE INDEX bare_id ON bare_actions (id); CREATE INDEX bare_target ON bare_actions (target_id, id);
CREATE INDEX bare_wave ON bare_actions (wave_id, state, due_at); CREATE INDEX bare_wave_target ON bare_actions (wave_target_id)`
	bareRows = "INSERT INTO bare_actions SELECT * FROM pull_actions"
)

// begun is how long the start of a wave took.
type begun struct{ ready, answered, there, bare time.Duration }

// starts compares the start of a wave of very many targets to that of few: until
// the page answers, and until all rows are there beside one bare statement.
func (b bench) starts(ctx context.Context) error {
	few, err := b.startOf(ctx, fewStarted)
	if err != nil {
		return err
	}
	many, err := b.startOf(ctx, manyStarted)
	if err != nil {
		return err
	}
	verdict(fmt.Sprintf("ddi: start of %d targets, page / of 1,000", manyStarted), ratio(many.answered, few.answered), "<=", 1.5*manyStarted/fewStarted,
		fmt.Sprintf("%.0f ms against %.0f ms; made ready in %.0f ms", ms(many.answered), ms(few.answered), ms(many.ready)))
	verdict(fmt.Sprintf("ddi: start of %d targets, rows / bare insert", manyStarted), ratio(many.there, many.bare), "<=", mostOverBare,
		fmt.Sprintf("%.0f ms against %.0f ms", ms(many.there), ms(many.bare)))
	return nil
}

// mostOverBare bounds a start against one bare INSERT of as many rows: a few
// statements over all of them stay below it, one for each row would be hundreds.
const mostOverBare = 10

// startOf has a person start a wave of so many targets from its page.
func (b bench) startOf(ctx context.Context, targets int) (took begun, err error) {
	name := fmt.Sprintf("start-%d", targets)
	var board string
	err = b.fetchable(ctx, name, []byte("an image"), func(a *app.App, f *sample.Automated) error {
		board = "/releases/" + f.Key + "/deployment"
		account := identity.Account{Username: starter, Name: "Nora", Password: starterPassword}
		if _, err := a.Identity.CreateUser(ctx, identity.Actor{Name: "bench", Kind: identity.PersonKind, Grants: []identity.Grant{{Role: identity.Administrator}}}, account, []identity.Grant{{Role: identity.ReleaseManager}}); err != nil {
			return err
		}
		if _, err := a.Deploy.RotateGateway(ctx, f.Omar, f.Environment); err != nil {
			return err
		}
		return a.DB.InTx(ctx, func(tx *db.Tx) error {
			if err := tx.Gorm().Exec(bulkTargets, map[string]any{"count": targets, "now": tx.Now}).Error; err != nil {
				return err
			}
			return tx.Gorm().Model(&deploy.Wave{}).Where("number = 1").Update("filter", "").Error // which takes all of them
		})
	})
	if err != nil {
		return took, err
	}
	server, err := launch(ctx, b.binary, "serve", "--data", filepath.Join(b.dir, name), "--addr", "{addr}", "--log-level", "error")
	if err != nil {
		return took, err
	}
	defer server.stop()
	client, err := signIn(server.url, starter, starterPassword)
	if err != nil {
		return took, err
	}
	a, err := app.Open(ctx, app.Config{Data: filepath.Join(b.dir, name)}) // to count what is there
	if err != nil {
		return took, err
	}
	defer a.Close()
	for _, verb := range []struct {
		name string
		took *time.Duration
	}{{"ready", &took.ready}, {"go", new(time.Duration)}, {"start", &took.answered}} {
		began := time.Now()
		if *verb.took, err = tell(client, server.url, board, verb.name); err != nil {
			return took, err
		}
		for verb.name == "start" && took.there == 0 {
			n, err := offeredOf(ctx, a)
			if err != nil {
				return took, err
			}
			if n == int64(targets) {
				took.there = time.Since(began)
			} else if time.Since(began) > time.Minute {
				return took, fmt.Errorf("%d of %d targets are offered it", n, targets)
			} else {
				time.Sleep(10 * time.Millisecond) // counting takes the server's time
			}
		}
	}
	server.stop()
	took.bare, err = bareInsert(ctx, a)
	return took, err
}

// tell says a verb to wave 1 by its form on the board, and gives how long the
// answer took.
func tell(client *http.Client, base, board, verb string) (time.Duration, error) {
	doc, err := document(client, base+board)
	if err != nil {
		return 0, err
	}
	action := strings.TrimSuffix(board, "deployment") + "waves/1/" + verb
	form := doc.Find("form[action='" + action + "']").First()
	if form.Length() == 0 {
		return 0, errors.New("the board offers no " + verb + ": " + strings.Join(strings.Fields(doc.Find("#blockers").Text()), " "))
	}
	values := url.Values{}
	for _, field := range form.Find("input[name]").EachIter() {
		key, _ := field.Attr("name")
		value, _ := field.Attr("value")
		values.Set(key, value)
	}
	began := time.Now()
	response, err := client.PostForm(base+action, values)
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		return 0, fmt.Errorf("%s: %s", verb, response.Status)
	}
	return took, nil
}

func offeredOf(ctx context.Context, a *app.App) (n int64, err error) {
	return n, a.DB.View(ctx, func(tx *db.Tx) error { return tx.Gorm().Model(&deploy.PullAction{}).Count(&n).Error })
}

// bareInsert writes as many rows of the same shape by one statement.
func bareInsert(ctx context.Context, a *app.App) (took time.Duration, err error) {
	err = a.DB.InTx(ctx, func(tx *db.Tx) error {
		for statement := range strings.SplitSeq(bareShape, ";") {
			if err := tx.Gorm().Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	err = a.DB.InTx(ctx, func(tx *db.Tx) error { return tx.Gorm().Exec(bareRows).Error })
	return time.Since(began), err
}
