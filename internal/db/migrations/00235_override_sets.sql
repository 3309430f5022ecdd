-- +goose Up
ALTER TABLE window_overrides ADD COLUMN targets TEXT NOT NULL DEFAULT '';
