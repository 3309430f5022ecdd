-- +goose Up
CREATE TABLE early_lives (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, service_id BIGINT NOT NULL, state TEXT NOT NULL, digest TEXT NOT NULL DEFAULT '',
  started_at BIGINT NOT NULL, days BIGINT NOT NULL, extra_days BIGINT NOT NULL DEFAULT 0, lead_id BIGINT NOT NULL DEFAULT 0, lead_name TEXT NOT NULL DEFAULT '',
  users_note TEXT NOT NULL DEFAULT '', users_by TEXT NOT NULL DEFAULT '', users_at BIGINT NOT NULL DEFAULT 0,
  training_note TEXT NOT NULL DEFAULT '', training_by TEXT NOT NULL DEFAULT '', training_at BIGINT NOT NULL DEFAULT 0,
  contracts_note TEXT NOT NULL DEFAULT '', contracts_by TEXT NOT NULL DEFAULT '', contracts_at BIGINT NOT NULL DEFAULT 0,
  requested_by_id BIGINT NOT NULL DEFAULT 0, requested_by TEXT NOT NULL DEFAULT '', requested_at BIGINT NOT NULL DEFAULT 0,
  decided_by_id BIGINT NOT NULL DEFAULT 0, decided_by TEXT NOT NULL DEFAULT '', decided_at BIGINT NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX early_lives_release ON early_lives (release_id);

CREATE TABLE roster_shifts (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, day BIGINT NOT NULL, shift TEXT NOT NULL, person_id BIGINT NOT NULL, person_name TEXT NOT NULL, contact TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX roster_shifts_once ON roster_shifts (release_id, day, shift, person_id);

CREATE TABLE service_days (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, day BIGINT NOT NULL, stable BOOLEAN NOT NULL DEFAULT FALSE, levels TEXT NOT NULL, note TEXT NOT NULL DEFAULT '',
  by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE UNIQUE INDEX service_days_once ON service_days (release_id, day);

CREATE TABLE early_incidents (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, number BIGINT NOT NULL, reference TEXT NOT NULL DEFAULT '', title TEXT NOT NULL, severity BIGINT NOT NULL, state TEXT NOT NULL,
  opened_at BIGINT NOT NULL, opened_by TEXT NOT NULL, resolved_at BIGINT NOT NULL DEFAULT 0, resolved_by TEXT NOT NULL DEFAULT '', resolution TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX early_incidents_number ON early_incidents (release_id, number);

CREATE TABLE transfers (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, topic TEXT NOT NULL, audience TEXT NOT NULL DEFAULT '', method TEXT NOT NULL DEFAULT '',
  giver_id BIGINT NOT NULL DEFAULT 0, giver_name TEXT NOT NULL DEFAULT '', receiver_id BIGINT NOT NULL DEFAULT 0, receiver_name TEXT NOT NULL DEFAULT '',
  media_version_id BIGINT NOT NULL DEFAULT 0, material TEXT NOT NULL DEFAULT '', revision TEXT NOT NULL DEFAULT '', material_key TEXT NOT NULL DEFAULT '', due BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL, delivered_at BIGINT NOT NULL DEFAULT 0, delivered_note TEXT NOT NULL DEFAULT '', decided_at BIGINT NOT NULL DEFAULT 0, decided_note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX transfers_number ON transfers (release_id, number);
CREATE INDEX transfers_receiver ON transfers (receiver_id, state);

CREATE TABLE handover_items (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL DEFAULT '', state TEXT NOT NULL,
  offered_by_id BIGINT NOT NULL DEFAULT 0, offered_by TEXT NOT NULL DEFAULT '', offered_at BIGINT NOT NULL DEFAULT 0,
  decided_by_id BIGINT NOT NULL DEFAULT 0, decided_by TEXT NOT NULL DEFAULT '', decided_at BIGINT NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX handover_items_number ON handover_items (release_id, number);
CREATE UNIQUE INDEX handover_items_kind ON handover_items (release_id, kind);

CREATE TABLE live_checks (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, criterion_id BIGINT NOT NULL, state TEXT NOT NULL, measured TEXT NOT NULL DEFAULT '', evidence TEXT NOT NULL DEFAULT '',
  digest TEXT NOT NULL DEFAULT '', by_id BIGINT NOT NULL DEFAULT 0, by_name TEXT NOT NULL DEFAULT '', checked_at BIGINT NOT NULL DEFAULT 0,
  known_error_id BIGINT NOT NULL DEFAULT 0, known_error_key TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX live_checks_once ON live_checks (release_id, criterion_id);

CREATE TABLE promises (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, source TEXT NOT NULL, source_id BIGINT NOT NULL, title TEXT NOT NULL,
  outcome TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', stated_by_id BIGINT NOT NULL DEFAULT 0, stated_by TEXT NOT NULL DEFAULT '', stated_at BIGINT NOT NULL DEFAULT 0,
  approved_by_id BIGINT NOT NULL DEFAULT 0, approved_by TEXT NOT NULL DEFAULT '', approved_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX promises_source ON promises (release_id, source, source_id);

CREATE TABLE reviews (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, state TEXT NOT NULL, due BIGINT NOT NULL DEFAULT 0,
  objectives TEXT NOT NULL DEFAULT '', scope TEXT NOT NULL DEFAULT '', time_cost TEXT NOT NULL DEFAULT '', incidents TEXT NOT NULL DEFAULT '', gains TEXT NOT NULL DEFAULT '',
  feedback TEXT NOT NULL DEFAULT '', deviations TEXT NOT NULL DEFAULT '', lessons TEXT NOT NULL DEFAULT '',
  held_by_id BIGINT NOT NULL DEFAULT 0, held_by TEXT NOT NULL DEFAULT '', held_at BIGINT NOT NULL DEFAULT 0,
  agreed_by_id BIGINT NOT NULL DEFAULT 0, agreed_by TEXT NOT NULL DEFAULT '', agreed_at BIGINT NOT NULL DEFAULT 0, agreed_note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX reviews_release ON reviews (release_id);

CREATE TABLE review_actions (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL,
  owner_id BIGINT NOT NULL DEFAULT 0, owner_name TEXT NOT NULL DEFAULT '', due BIGINT NOT NULL DEFAULT 0, done_at BIGINT NOT NULL DEFAULT 0, done_note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX review_actions_number ON review_actions (release_id, number);
CREATE INDEX review_actions_owner ON review_actions (owner_id, state);
