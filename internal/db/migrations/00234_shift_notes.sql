-- +goose Up
CREATE TABLE shift_notes (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  wave_id BIGINT NOT NULL REFERENCES waves (id), release_id BIGINT NOT NULL, text TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL,
  read_by_id BIGINT NOT NULL DEFAULT 0, read_by TEXT NOT NULL DEFAULT '', read_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX shift_notes_wave ON shift_notes (wave_id, id);
