package dml

import (
	"errors"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

// blobStored records bytes that were hashed while they arrived, and leases them
// to whoever will soon refer to them. Condemned bytes are taken back by it. What
// was damaged is healed, because the store put the new copy in place of the old;
// versions that were suspect for the damage are what was accepted once more.
func blobStored(tx *db.Tx, info blob.Info) error {
	lease := tx.Now.Add(leaseFor)
	row, err := blobByDigest(tx, info.Digest)
	if errors.Is(err, fault.NotFound) {
		return tx.Create(&blobRow{Digest: info.Digest, Size: info.Size, State: blobGood, VerifiedAt: tx.Now, LeasedUntil: lease})
	}
	if err != nil {
		return err
	}
	if row.State == blobDeleting && info.Generation == row.Generation {
		return fault.New(fault.Unavailable, "The library was just deleting an older copy of these bytes. Send them again.")
	}
	was := row.State
	row.State, row.Size, row.VerifiedAt = blobGood, info.Size, tx.Now
	row.LeasedUntil, row.CondemnedAt, row.Generation = lease, 0, 0
	if err := tx.Save(row); err != nil || was != blobDamaged {
		return err
	}
	return heal(tx, info.Digest)
}

// heal ends the doubt about every version that was suspect for these bytes,
// once all it needs is good again. What a custodian doubts stays in doubt.
func heal(tx *db.Tx, d blob.Digest) error {
	list, err := versionsNeeding(tx, d)
	for i := range list {
		v := &list[i]
		if err != nil || !v.Rotten || !Can(v.State, VerbHeal) {
			continue
		}
		var damaged bool
		if damaged, err = anyDamaged(tx, v); err != nil || damaged {
			continue
		}
		if err = v.Heal(); err == nil {
			err = saved(tx, keeper, "heal", v, "found the bytes of "+v.Title()+" healed by a new push", "")
		}
	}
	return err
}
