package deploy_test

import (
	"context"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
)

// heard waits for a pulse other than the one known.
func heard(t *testing.T, news <-chan string, known string) string {
	t.Helper()
	for {
		select {
		case pulse, open := <-news:
			if !open {
				t.Fatal("the news ended")
			}
			if pulse != known {
				return pulse
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nothing was heard")
		}
	}
}

func TestThoseWhoWatchHearOfADeed(t *testing.T) {
	w := newWorld(t)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	pulse, news, err := w.svc.Watch(watching, w.maya, w.key)
	w.must(err)
	_, second, err := w.svc.Watch(watching, w.dario, w.key)
	w.must(err)
	w.ready(1)
	told := heard(t, news, pulse)
	heard(t, second, pulse)

	// Another server writes to the same database and tells nobody.
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.Wave{}).Where("number = 1").Update("version", 99).Error
	})
	heard(t, news, told)

	stop()
	for open := true; open; {
		select {
		case _, open = <-news:
		case <-time.After(20 * time.Second):
			t.Fatal("the news of a page that was left never end")
		}
	}
	_, _, err = w.svc.Watch(ctx, w.stefan, "NO-1")
	kindIs(t, err, fault.NotFound)
}
