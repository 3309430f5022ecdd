-- +goose Up
CREATE TABLE remediations (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL REFERENCES releases (id), release_key TEXT NOT NULL, incident TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL,
  by_id BIGINT NOT NULL DEFAULT 0, by_name TEXT NOT NULL, next_at BIGINT NOT NULL DEFAULT 0, ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX remediations_release ON remediations (release_id, id);
