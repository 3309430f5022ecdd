package dml

import "context"

// Ready tells whether media can be stored and read now.
func (s *Service) Ready(ctx context.Context) error { return storeFault(s.blobs.Ping(ctx), nil) }
