-- +goose Up
CREATE TABLE services (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  service_key TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', owner_id BIGINT NOT NULL, owner_name TEXT NOT NULL,
  criticality TEXT NOT NULL DEFAULT 'medium', contact TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX services_key ON services (service_key);

CREATE TABLE service_promises (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  service_id BIGINT NOT NULL REFERENCES services (id), kind TEXT NOT NULL, aspect TEXT NOT NULL DEFAULT '', statement TEXT NOT NULL,
  measure TEXT NOT NULL DEFAULT '', target TEXT NOT NULL DEFAULT '', retired BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX service_promises_service ON service_promises (service_id);

CREATE TABLE items (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  item_key TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, service_id BIGINT NOT NULL REFERENCES services (id), service_key TEXT NOT NULL,
  current_version TEXT NOT NULL DEFAULT '', owner_id BIGINT NOT NULL DEFAULT 0, owner_name TEXT NOT NULL DEFAULT '',
  location TEXT NOT NULL DEFAULT '', serial TEXT NOT NULL DEFAULT '', retired BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX items_key ON items (item_key);
CREATE INDEX items_service ON items (service_id, item_key);

CREATE TABLE item_relations (
  id {id}, from_id BIGINT NOT NULL REFERENCES items (id), to_id BIGINT NOT NULL REFERENCES items (id), kind TEXT NOT NULL
);
CREATE UNIQUE INDEX item_relations_once ON item_relations (from_id, to_id, kind);
CREATE INDEX item_relations_to ON item_relations (to_id);

CREATE TABLE item_versions (
  id {id}, item_id BIGINT NOT NULL REFERENCES items (id), label TEXT NOT NULL, since BIGINT NOT NULL,
  why TEXT NOT NULL DEFAULT '', release_key TEXT NOT NULL DEFAULT '', by_name TEXT NOT NULL
);
CREATE INDEX item_versions_item ON item_versions (item_id, since);

CREATE TABLE units (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  service_id BIGINT NOT NULL REFERENCES services (id), service_key TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX units_name ON units (service_id, name);

CREATE TABLE unit_items (
  id {id}, unit_id BIGINT NOT NULL REFERENCES units (id), item_id BIGINT NOT NULL REFERENCES items (id)
);
CREATE UNIQUE INDEX unit_items_once ON unit_items (unit_id, item_id);

CREATE TABLE baselines (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  service_id BIGINT NOT NULL REFERENCES services (id), number BIGINT NOT NULL, name TEXT NOT NULL, release_key TEXT NOT NULL DEFAULT '',
  taken_by TEXT NOT NULL, lines TEXT NOT NULL
);
CREATE UNIQUE INDEX baselines_number ON baselines (service_id, number);
