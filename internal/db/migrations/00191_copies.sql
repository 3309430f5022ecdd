-- +goose Up
-- What stands on shelves: physical copies of media and definitive spares, one
-- row each, with where they are, who was last to see them and who borrowed them.
-- The one copy that an item could name becomes such a row.
CREATE TABLE media_copies (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  kind TEXT NOT NULL, name TEXT NOT NULL, item_id BIGINT NOT NULL DEFAULT 0, item_key TEXT NOT NULL DEFAULT '', label TEXT NOT NULL DEFAULT '',
  serial TEXT NOT NULL DEFAULT '', service_id BIGINT NOT NULL DEFAULT 0,
  site TEXT NOT NULL DEFAULT '', shelf TEXT NOT NULL DEFAULT '', keeper TEXT NOT NULL DEFAULT '', state TEXT NOT NULL, note TEXT NOT NULL DEFAULT '',
  sighted_at BIGINT NOT NULL DEFAULT 0, sighted_by_id BIGINT NOT NULL DEFAULT 0, sighted_by TEXT NOT NULL DEFAULT '',
  lent_to TEXT NOT NULL DEFAULT '', lent_at BIGINT NOT NULL DEFAULT 0, lent_until BIGINT NOT NULL DEFAULT 0, returned_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX media_copies_place ON media_copies (site, shelf, id);
CREATE INDEX media_copies_item ON media_copies (item_id);
CREATE INDEX media_copies_serial ON media_copies (serial);
INSERT INTO media_copies (created_at, updated_at, kind, name, item_id, item_key, service_id, site, shelf, keeper, state, sighted_at)
  SELECT updated_at, updated_at, 'media', name, id, item_key, service_id, site, shelf, keeper, 'InPlace', sighted_at FROM media_items WHERE site <> '' OR shelf <> '';
ALTER TABLE media_items DROP COLUMN site;
ALTER TABLE media_items DROP COLUMN shelf;
ALTER TABLE media_items DROP COLUMN keeper;
ALTER TABLE media_items DROP COLUMN sighted_at;

CREATE TABLE media_stocktakings (
  id {id}, site TEXT NOT NULL, shelf TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', seen BIGINT NOT NULL, missing BIGINT NOT NULL,
  by_id BIGINT NOT NULL, by_name TEXT NOT NULL, held_at BIGINT NOT NULL
);
CREATE INDEX media_stocktakings_site ON media_stocktakings (site, held_at);
