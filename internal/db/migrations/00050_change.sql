-- +goose Up
CREATE TABLE changes (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  number BIGINT NOT NULL, change_key TEXT NOT NULL, title TEXT NOT NULL, service_id BIGINT NOT NULL, service_name TEXT NOT NULL DEFAULT '',
  release_key TEXT NOT NULL DEFAULT '', release_type TEXT NOT NULL DEFAULT '', restricted BOOLEAN NOT NULL DEFAULT FALSE,
  raised_by_id BIGINT NOT NULL, raised_by TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', return_text TEXT NOT NULL DEFAULT '', risks TEXT NOT NULL DEFAULT '',
  resources TEXT NOT NULL DEFAULT '', responsible TEXT NOT NULL DEFAULT '', relationship TEXT NOT NULL DEFAULT '',
  emergency BOOLEAN NOT NULL DEFAULT FALSE, incident TEXT NOT NULL DEFAULT '', state TEXT NOT NULL,
  window_start BIGINT NOT NULL DEFAULT 0, window_stop BIGINT NOT NULL DEFAULT 0,
  retro_hours BIGINT NOT NULL DEFAULT 0, retro_due BIGINT NOT NULL DEFAULT 0, opened_by_id BIGINT NOT NULL DEFAULT 0, unauthorised BOOLEAN NOT NULL DEFAULT FALSE,
  decided_by_id BIGINT NOT NULL DEFAULT 0, decided_by TEXT NOT NULL DEFAULT '', decided_at BIGINT NOT NULL DEFAULT 0, decision TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX changes_key ON changes (change_key);
CREATE UNIQUE INDEX changes_number ON changes (number);
CREATE INDEX changes_release ON changes (release_key);
CREATE INDEX changes_service ON changes (service_id, state);

CREATE TABLE change_steps (
  id {id}, change_id BIGINT NOT NULL, verb TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL,
  by_id BIGINT NOT NULL, by_name TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', taken_at BIGINT NOT NULL
);
CREATE INDEX change_steps_change ON change_steps (change_id);

CREATE TABLE board_records (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  change_id BIGINT NOT NULL, board TEXT NOT NULL, held_at BIGINT NOT NULL, members TEXT NOT NULL, advice TEXT NOT NULL, minutes TEXT NOT NULL DEFAULT '',
  by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE INDEX board_records_change ON board_records (change_id);

CREATE TABLE freezes (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  number BIGINT NOT NULL, title TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', service_id BIGINT NOT NULL DEFAULT 0, service_name TEXT NOT NULL DEFAULT '',
  starts_at BIGINT NOT NULL, stops_at BIGINT NOT NULL, zone TEXT NOT NULL, recurrence TEXT NOT NULL DEFAULT '', until_at BIGINT NOT NULL DEFAULT 0,
  exempt TEXT NOT NULL DEFAULT '', state TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL, cancelled_by TEXT NOT NULL DEFAULT '', cancel_reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX freezes_number ON freezes (number);

CREATE TABLE freeze_overrides (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  freeze_id BIGINT NOT NULL, freeze_key TEXT NOT NULL, release_key TEXT NOT NULL, reason TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE UNIQUE INDEX freeze_overrides_once ON freeze_overrides (freeze_id, release_key);

CREATE TABLE bookings (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_key TEXT NOT NULL, part TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '', service_id BIGINT NOT NULL, service_name TEXT NOT NULL DEFAULT '',
  environment TEXT NOT NULL DEFAULT '', person_id BIGINT NOT NULL DEFAULT 0, person_name TEXT NOT NULL DEFAULT '',
  from_at BIGINT NOT NULL, to_at BIGINT NOT NULL, standing TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, outage_minutes BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX bookings_part ON bookings (release_key, part);
CREATE INDEX bookings_time ON bookings (to_at, from_at);

CREATE TABLE booking_items (
  id {id}, booking_id BIGINT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE, item_id BIGINT NOT NULL, item_key TEXT NOT NULL DEFAULT ''
);
CREATE INDEX booking_items_booking ON booking_items (booking_id);

CREATE TABLE conflict_acceptances (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  one TEXT NOT NULL, other TEXT NOT NULL, shared TEXT NOT NULL, reason TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE UNIQUE INDEX conflict_acceptances_once ON conflict_acceptances (one, other, shared);
