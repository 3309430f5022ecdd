-- +goose Up
-- Who refused go for a wave and when, so that the files of the refusal are found.
ALTER TABLE waves ADD COLUMN no_go_by_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE waves ADD COLUMN no_go_at BIGINT NOT NULL DEFAULT 0;
