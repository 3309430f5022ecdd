-- +goose Up
-- An item that a release does not change itself, but whose part or whole it changes.
ALTER TABLE booking_items ADD COLUMN kin BOOLEAN NOT NULL DEFAULT FALSE;
