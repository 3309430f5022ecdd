-- +goose Up
-- A licence is consumed target by target: of what is held, how much runs on
-- verified targets, and how much came back with targets that were left out.
ALTER TABLE licence_allocations ADD COLUMN installed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE licence_allocations ADD COLUMN returned BIGINT NOT NULL DEFAULT 0;
UPDATE licence_allocations SET installed = quantity WHERE state = 'Consumed';
CREATE INDEX targets_release ON targets (installed_release, environment_id);
