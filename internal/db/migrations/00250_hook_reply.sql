-- +goose Up
-- How long another deployer may take to report on what it took.
ALTER TABLE environment_hooks ADD COLUMN reply_minutes BIGINT NOT NULL DEFAULT 240;
