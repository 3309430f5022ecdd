package client

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// VerifyAll has the server hash its whole library again, and tells how far that
// is until it has ended.
func (c *Client) VerifyAll(ctx context.Context, tell func(*LibraryVerification)) (*LibraryVerification, error) {
	v, err := call[*LibraryVerification](ctx, c, http.MethodPost, "/api/v1/media/verification", nil)
	if err != nil {
		return nil, err
	}
	return follow(ctx, c, v, fmt.Sprintf("/api/v1/media/verification/%d", v.ID), tell)
}

// PlanCollection asks what a collection would take.
func (c *Client) PlanCollection(ctx context.Context, grace time.Duration) (*CollectionPlan, error) {
	run, err := call[Collection](ctx, c, http.MethodPost, "/api/v1/media/gc", CollectionRequest{DryRun: true, Grace: grace.String()})
	return run.Plan, err
}

// Collect has the server collect, and tells how far that is until it has ended.
func (c *Client) Collect(ctx context.Context, grace time.Duration, tell func(*Collection)) (*Collection, error) {
	run, err := call[*Collection](ctx, c, http.MethodPost, "/api/v1/media/gc", CollectionRequest{Grace: grace.String()})
	if err != nil {
		return nil, err
	}
	return follow(ctx, c, run, fmt.Sprintf("/api/v1/media/gc/%d", run.ID), tell)
}

// underWay is work that a server does by itself.
type underWay interface{ underWay() bool }

// follow asks for some work, at growing intervals, until it has ended.
func follow[T underWay](ctx context.Context, c *Client, work T, address string, tell func(T)) (T, error) {
	for pause := c.Pause / 8; work.underWay(); pause = min(2*pause, 2*time.Second) {
		tell(work)
		if err := wait(ctx, pause); err != nil {
			return work, err
		}
		var err error
		if work, err = call[T](ctx, c, http.MethodGet, address, nil); err != nil {
			return work, err
		}
	}
	tell(work)
	return work, nil
}

// wait waits, unless ctx ends.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
