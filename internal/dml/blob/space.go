package blob

import (
	"context"
	"errors"
)

// Space is the room that a store has, in bytes.
type Space struct {
	Free    int64 // what an upload may still take, and the reserve
	Total   int64
	Reserve int64 // what uploads leave free
}

// An object store has no end that anybody could name.
var errNoSpace = errors.New("the store cannot tell its room")

// SpaceOf asks a store for its room; an error when it cannot tell.
func SpaceOf(ctx context.Context, s Store) (Space, error) {
	if roomy, ok := s.(interface {
		Space(context.Context) (Space, error)
	}); ok {
		return roomy.Space(ctx)
	}
	return Space{}, errNoSpace
}

// Space gives the room of the file system that the blobs lie on.
func (s *Disk) Space(context.Context) (Space, error) {
	free, total, err := roomOf(s.root)
	return Space{Free: free, Total: total, Reserve: s.staging.reserve}, err
}
