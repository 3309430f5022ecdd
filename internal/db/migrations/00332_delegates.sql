-- +goose Up
-- Whom the lead of a wave named to give go in their place; 0 is nobody.
ALTER TABLE waves ADD COLUMN delegate_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE waves ADD COLUMN delegate_name TEXT NOT NULL DEFAULT '';
