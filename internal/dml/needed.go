package dml

import (
	"maps"
	"slices"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// web is what was found above some blobs: who needs whom, and who is needed for
// its own sake.
type web struct {
	up   map[blob.Digest][]blob.Digest
	root map[blob.Digest]bool
	seen map[blob.Digest]bool
}

// lookUp follows the blobs upwards until it meets what is needed for its own sake.
func lookUp(tx *db.Tx, digests []blob.Digest, gone []int64) (*web, error) {
	w := &web{up: map[blob.Digest][]blob.Digest{}, root: map[blob.Digest]bool{}, seen: map[blob.Digest]bool{}}
	for _, d := range digests {
		w.seen[d] = true
	}
	for level := digests; len(level) > 0; {
		var next []blob.Digest
		for part := range slices.Chunk(level, 500) {
			roots, err := rooted(tx, part, gone)
			if err != nil {
				return nil, err
			}
			for _, d := range roots {
				w.root[d] = true
			}
			rest := slices.DeleteFunc(slices.Clone(part), func(d blob.Digest) bool { return w.root[d] })
			if len(rest) == 0 {
				continue
			}
			edges, err := edgesUp(tx, rest)
			if err != nil {
				return nil, err
			}
			for _, e := range edges {
				w.up[e.Low] = append(w.up[e.Low], e.High)
				if !w.seen[e.High] {
					w.seen[e.High] = true
					next = append(next, e.High)
				}
			}
		}
		level = next
	}
	return w, nil
}

// unneeded gives all that was seen and that no root needs.
func (w *web) unneeded() map[blob.Digest]bool {
	down := map[blob.Digest][]blob.Digest{}
	for low, list := range w.up {
		for _, high := range list {
			down[high] = append(down[high], low)
		}
	}
	needed := maps.Clone(w.root)
	for queue := slices.Collect(maps.Keys(needed)); len(queue) > 0; {
		d := queue[0]
		queue = queue[1:]
		for _, low := range down[d] {
			if !needed[low] {
				needed[low] = true
				queue = append(queue, low)
			}
		}
	}
	left := map[blob.Digest]bool{}
	for d := range w.seen {
		if !needed[d] {
			left[d] = true
		}
	}
	return left
}

// unneeded gives those of the blobs that nothing needs, and the manifests above
// them, which nothing needs either: they are condemned together, so that no
// manifest is served without its parts.
func unneeded(tx *db.Tx, rows []blobRow, gone []int64) ([]blobRow, error) {
	digests := make([]blob.Digest, len(rows))
	for i := range rows {
		digests[i] = rows[i].Digest
	}
	w, err := lookUp(tx, digests, gone)
	if err != nil {
		return nil, err
	}
	left := w.unneeded()
	known, err := blobsByDigest(tx, slices.Sorted(maps.Keys(left)))
	if err != nil {
		return nil, err
	}
	var list []blobRow
	for _, row := range known {
		if row.State == blobGood || row.State == blobDamaged {
			list = append(list, row)
		}
	}
	slices.SortFunc(list, func(a, b blobRow) int { return int(a.ID - b.ID) })
	return list, nil
}

// condemn marks those of the blobs that are still unneeded. One whose manifest
// came up since the generations were noted waits for the next run.
func condemn(tx *db.Tx, rows []blobRow, generations map[blob.Digest]int64) (n int64, err error) {
	list, err := unneeded(tx, rows, nil)
	if err != nil {
		return 0, err
	}
	for _, row := range list {
		if _, noted := generations[row.Digest]; !noted {
			return 0, nil
		}
	}
	for i := range list {
		row := &list[i]
		row.State, row.CondemnedAt, row.Generation = blobCondemned, tx.Now, generations[row.Digest]
		if err := tx.Save(row); err != nil {
			return 0, err
		}
	}
	return int64(len(list)), nil
}

// doom decides on condemned blobs for the last time: what something needs again
// is spared, the rest is being deleted from now on.
func doom(tx *db.Tx, rows []blobRow) (spared int64, err error) {
	digests := make([]blob.Digest, len(rows))
	for i := range rows {
		digests[i] = rows[i].Digest
	}
	w, err := lookUp(tx, digests, nil)
	if err != nil {
		return 0, err
	}
	left := w.unneeded()
	for i := range rows {
		row := &rows[i]
		switch {
		case row.State == blobDeleting:
			continue
		case left[row.Digest]:
			row.State = blobDeleting
		default:
			// Nobody looked at the bytes meanwhile, so the scrub does so first.
			row.State, row.CondemnedAt, row.Generation, row.VerifiedAt = blobGood, 0, 0, 0
			spared++
		}
		if err := tx.Save(row); err != nil {
			return 0, err
		}
	}
	return spared, nil
}
