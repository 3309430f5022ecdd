-- +goose Up
CREATE TABLE media_items (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  item_key TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, provenance TEXT NOT NULL,
  supplier TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '',
  licence TEXT NOT NULL DEFAULT '', licence_key TEXT NOT NULL DEFAULT '',
  service_id BIGINT NOT NULL DEFAULT 0,
  owner_id BIGINT NOT NULL DEFAULT 0, owner_name TEXT NOT NULL DEFAULT '',
  keep_days BIGINT NOT NULL DEFAULT 0,
  site TEXT NOT NULL DEFAULT '', shelf TEXT NOT NULL DEFAULT '', keeper TEXT NOT NULL DEFAULT '', sighted_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX media_items_key ON media_items (item_key);

CREATE TABLE media_blobs (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  digest TEXT NOT NULL, size BIGINT NOT NULL, state TEXT NOT NULL, verified_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX media_blobs_digest ON media_blobs (digest);
CREATE INDEX media_blobs_verified ON media_blobs (verified_at);

CREATE TABLE media_versions (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  item_id BIGINT NOT NULL REFERENCES media_items (id), item_key TEXT NOT NULL, item_name TEXT NOT NULL, kind TEXT NOT NULL,
  provenance TEXT NOT NULL DEFAULT '', service_id BIGINT NOT NULL DEFAULT 0,
  label TEXT NOT NULL, state TEXT NOT NULL,
  file_name TEXT NOT NULL, media_type TEXT NOT NULL, size BIGINT NOT NULL, digest TEXT NOT NULL REFERENCES media_blobs (digest),
  declared TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', change_key TEXT NOT NULL DEFAULT '',
  submitter_id BIGINT NOT NULL DEFAULT 0, submitter_name TEXT NOT NULL DEFAULT '', submitter_kind TEXT NOT NULL DEFAULT '',
  checked_at BIGINT NOT NULL DEFAULT 0, checks_met INTEGER NOT NULL DEFAULT 0, checks_unmet INTEGER NOT NULL DEFAULT 0, checks_unknown INTEGER NOT NULL DEFAULT 0,
  decider_id BIGINT NOT NULL DEFAULT 0, decider_name TEXT NOT NULL DEFAULT '', decided_at BIGINT NOT NULL DEFAULT 0, decision_note TEXT NOT NULL DEFAULT '',
  suspect_why TEXT NOT NULL DEFAULT '', retired_at BIGINT NOT NULL DEFAULT 0, keep_until BIGINT NOT NULL DEFAULT 0,
  uses BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX media_versions_label ON media_versions (item_id, label);
CREATE INDEX media_versions_list ON media_versions (item_key, id);
CREATE INDEX media_versions_state ON media_versions (state, id);
CREATE INDEX media_versions_digest ON media_versions (digest);

CREATE TABLE media_checks (
  id {id}, media_version_id BIGINT NOT NULL REFERENCES media_versions (id), code TEXT NOT NULL, title TEXT NOT NULL,
  verdict TEXT NOT NULL, detail TEXT NOT NULL DEFAULT '', checked_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX media_checks_once ON media_checks (media_version_id, code);

CREATE TABLE media_uses (
  id {id}, media_version_id BIGINT NOT NULL REFERENCES media_versions (id), release_key TEXT NOT NULL, package_version BIGINT NOT NULL,
  role TEXT NOT NULL DEFAULT '', service_id BIGINT NOT NULL DEFAULT 0, restricted BOOLEAN NOT NULL DEFAULT FALSE, recorded_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX media_uses_once ON media_uses (media_version_id, release_key, package_version);
CREATE INDEX media_uses_release ON media_uses (release_key);

CREATE TABLE licences (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  licence_key TEXT NOT NULL, name TEXT NOT NULL, supplier TEXT NOT NULL DEFAULT '', terms TEXT NOT NULL DEFAULT '',
  metric TEXT NOT NULL, entitled BIGINT NOT NULL DEFAULT 0, valid_from BIGINT NOT NULL DEFAULT 0, valid_to BIGINT NOT NULL DEFAULT 0,
  purchase_order TEXT NOT NULL DEFAULT '', proof_key TEXT NOT NULL DEFAULT '', owner_id BIGINT NOT NULL DEFAULT 0, owner_name TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX licences_key ON licences (licence_key);

CREATE TABLE licence_allocations (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  licence_id BIGINT NOT NULL REFERENCES licences (id), licence_key TEXT NOT NULL, release_key TEXT NOT NULL, purpose TEXT NOT NULL DEFAULT '',
  quantity BIGINT NOT NULL, state TEXT NOT NULL, by_id BIGINT NOT NULL DEFAULT 0, by_name TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX licence_allocations_once ON licence_allocations (licence_id, release_key, purpose);
CREATE INDEX licence_allocations_release ON licence_allocations (release_key);
