-- +goose Up
ALTER TABLE environments ADD COLUMN method TEXT NOT NULL DEFAULT '';
-- A wave named its release's execution; it is carried out by people until somebody chooses a machine.
UPDATE waves SET method = 'manual';
