-- +goose Up
-- Whether the service is not watched between waves, and by which rule it began by itself.
ALTER TABLE remediations ADD COLUMN at_once BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE remediations ADD COLUMN by_rule TEXT NOT NULL DEFAULT '';
UPDATE remediations SET at_once = TRUE WHERE incident <> '';
