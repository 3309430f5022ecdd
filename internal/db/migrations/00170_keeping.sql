-- +goose Up
-- Keeping: how long bytes are kept, what may not be let go, and what was
-- collected. A blob that nothing needs is condemned, then deleted by its
-- generation; its row stays as long as a record names it.
ALTER TABLE media_blobs ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE media_blobs ADD COLUMN condemned_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE media_blobs ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
UPDATE media_blobs SET leased_until = created_at + 129600000;
CREATE INDEX media_blobs_state ON media_blobs (state, condemned_at);

ALTER TABLE media_items ADD COLUMN keep_rule TEXT NOT NULL DEFAULT 'all';
ALTER TABLE media_items ADD COLUMN keep_last BIGINT NOT NULL DEFAULT 0;
UPDATE media_items SET keep_rule = 'days' WHERE keep_days > 0;

ALTER TABLE media_versions ADD COLUMN let_go_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE media_versions ADD COLUMN let_go_why TEXT NOT NULL DEFAULT '';
ALTER TABLE media_versions ADD COLUMN rotten BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE media_versions SET rotten = TRUE WHERE state = 'Suspect' AND suspect_why LIKE 'its stored bytes%';
UPDATE media_versions SET keep_until = decided_at + 86400000 *
  COALESCE((SELECT CASE WHEN i.keep_days > 0 THEN i.keep_days ELSE 90 END FROM media_items i WHERE i.id = media_versions.item_id), 90)
  WHERE state = 'Rejected' AND decided_at > 0;
CREATE INDEX media_versions_keep ON media_versions (keep_until);

CREATE INDEX media_evidence_digest ON media_evidence (digest);
CREATE INDEX media_evidence_manifest ON media_evidence (manifest);
CREATE INDEX registry_tags_digest ON registry_tags (digest);

ALTER TABLE registry_uploads ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE registry_uploads SET seen_at = begun_at;

CREATE TABLE media_holds (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  item_id BIGINT NOT NULL REFERENCES media_items (id), item_key TEXT NOT NULL, title TEXT NOT NULL, service_id BIGINT NOT NULL DEFAULT 0,
  media_version_id BIGINT NOT NULL DEFAULT 0, reason TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL,
  lifted_at BIGINT NOT NULL DEFAULT 0, lifted_by_id BIGINT NOT NULL DEFAULT 0, lifted_by_name TEXT NOT NULL DEFAULT '', lift_reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX media_holds_item ON media_holds (item_id, lifted_at);

CREATE TABLE media_rehearsals (
  id {id}, item_id BIGINT NOT NULL REFERENCES media_items (id), media_version_id BIGINT NOT NULL REFERENCES media_versions (id),
  source TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', verified BOOLEAN NOT NULL, detail TEXT NOT NULL DEFAULT '',
  blobs BIGINT NOT NULL DEFAULT 0, bytes BIGINT NOT NULL DEFAULT 0, by_id BIGINT NOT NULL, by_name TEXT NOT NULL, held_at BIGINT NOT NULL
);
CREATE INDEX media_rehearsals_item ON media_rehearsals (item_id, held_at);

CREATE TABLE media_collections (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  by_name TEXT NOT NULL, grace_ms BIGINT NOT NULL, phase TEXT NOT NULL, ended_at BIGINT NOT NULL DEFAULT 0,
  let_go BIGINT NOT NULL DEFAULT 0, condemned BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, freed BIGINT NOT NULL DEFAULT 0,
  spared BIGINT NOT NULL DEFAULT 0, orphans BIGINT NOT NULL DEFAULT 0, uploads BIGINT NOT NULL DEFAULT 0,
  failures BIGINT NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '', cursor BIGINT NOT NULL DEFAULT 0
);
