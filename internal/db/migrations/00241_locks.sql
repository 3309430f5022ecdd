-- +goose Up
-- Which bytes the store itself refuses to delete, since a legal hold stands on
-- them; and how far a collection has walked through the store.
CREATE TABLE media_locks (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  digest TEXT NOT NULL UNIQUE
);
ALTER TABLE media_collections ADD COLUMN walked TEXT NOT NULL DEFAULT '';
