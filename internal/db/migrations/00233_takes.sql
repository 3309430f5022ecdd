-- +goose Up
ALTER TABLE waves ADD COLUMN picked TEXT NOT NULL DEFAULT '';
ALTER TABLE waves ADD COLUMN older TEXT NOT NULL DEFAULT '';
ALTER TABLE waves ADD COLUMN joined BIGINT NOT NULL DEFAULT 0;
CREATE INDEX targets_arrivals ON targets (environment_id, created_at);
