-- +goose Up
-- Somebody has all media hashed again, now.
CREATE TABLE media_verifications (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  by_name TEXT NOT NULL,
  blobs BIGINT NOT NULL, bytes BIGINT NOT NULL,
  done_blobs BIGINT NOT NULL DEFAULT 0, done_bytes BIGINT NOT NULL DEFAULT 0, in_hand BIGINT NOT NULL DEFAULT 0,
  damaged BIGINT NOT NULL DEFAULT 0, cursor BIGINT NOT NULL DEFAULT 0,
  failures BIGINT NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '', ended_at BIGINT NOT NULL DEFAULT 0
);
