-- +goose Up
-- When machines stopped before the next target of a wave, since nothing more
-- might begin; 0 while it goes on.
ALTER TABLE waves ADD COLUMN held_at BIGINT NOT NULL DEFAULT 0;
