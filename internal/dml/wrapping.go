package dml

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// wrapping stores the manifest, and its empty config, by which a single file
// can be pulled like everything else.
func (s *Service) wrapping(ctx context.Context, sub Submission, info blob.Info) (blob.Info, error) {
	return s.keepWrapping(ctx, &Version{Kind: sub.Kind, Label: sub.Label, FileName: sub.FileName, MediaType: sub.MediaType, Digest: info.Digest, Size: info.Size})
}

func (s *Service) keepWrapping(ctx context.Context, v *Version) (blob.Info, error) {
	if _, err := s.keep(ctx, emptyObject); err != nil {
		return blob.Info{}, err
	}
	return s.keep(ctx, wrap(v))
}

// wrapped writes the rows of a wrapping: the config, the file, the manifest that
// names both, and the tag.
func wrapped(tx *db.Tx, v *Version, wrapping blob.Info) error {
	config := blob.Info{Digest: blob.Of(emptyObject), Size: int64(len(emptyObject))}
	for _, info := range []blob.Info{config, wrapping} {
		if err := blobStored(tx, info); err != nil {
			return err
		}
	}
	held := func(info blob.Info, mediaType string, manifest bool) error {
		c := &Content{Repo: v.ItemKey, Digest: info.Digest, Manifest: manifest, MediaType: mediaType, Size: info.Size, PusherID: v.SubmitterID, PushedAt: tx.Now}
		if manifest {
			c.ArtifactType = "application/vnd.slipway." + string(v.Kind) + ".v1"
			c.Annotations = map[string]string{annotVersion: v.Label}
		}
		return putContent(tx, c)
	}
	if err := held(config, typeEmpty, false); err != nil {
		return err
	}
	if err := held(blob.Info{Digest: v.Digest, Size: v.Size}, v.MediaType, false); err != nil {
		return err
	}
	if err := held(wrapping, typeManifest, true); err != nil {
		return err
	}
	refs := []ref{{v.ItemKey, wrapping.Digest, config.Digest}, {v.ItemKey, wrapping.Digest, v.Digest}}
	if err := putRefs(tx, refs); err != nil {
		return err
	}
	return putTag(tx, &tag{Repo: v.ItemKey, Tag: v.Label, Digest: wrapping.Digest, MediaVersionID: v.ID, PusherID: v.SubmitterID, PushedAt: tx.Now})
}

const jobWrap = "dml.wrap"

// wrapOlder gives every version from before the registry its manifest.
func (s *Service) wrapOlder(ctx context.Context) error {
	for {
		var list []Version
		if err := s.db.View(ctx, func(tx *db.Tx) (err error) { list, err = unwrapped(tx, 50); return err }); err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			info, err := s.keepWrapping(ctx, &list[i])
			if err != nil {
				return err
			}
			err = s.db.InTx(ctx, func(tx *db.Tx) error {
				v, err := versionByID(tx, list[i].ID)
				if err != nil || v.Manifest != "" {
					return err
				}
				if err := setManifest(tx, v.ID, info.Digest); err != nil {
					return err
				}
				if err := wrapped(tx, v, info); err != nil {
					return err
				}
				return publish(tx, v.ItemKey)
			})
			if err != nil {
				return err
			}
		}
	}
}
