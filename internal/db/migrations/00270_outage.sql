-- +goose Up
-- For how long a wave's service is expected to be away; what nobody stated is not 0.
ALTER TABLE waves ADD COLUMN outage_stated BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE waves ADD COLUMN outage_minutes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bookings ADD COLUMN outage_stated BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE bookings SET outage_stated = TRUE WHERE outage_minutes > 0;
