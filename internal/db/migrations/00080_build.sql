-- +goose Up
CREATE TABLE builds (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL,
  inputs TEXT NOT NULL DEFAULT '', instructions TEXT NOT NULL DEFAULT '', environment TEXT NOT NULL DEFAULT '',
  builder_id BIGINT NOT NULL, builder_name TEXT NOT NULL, builder_kind TEXT NOT NULL DEFAULT '',
  log TEXT NOT NULL DEFAULT '', log_dropped BIGINT NOT NULL DEFAULT 0, result TEXT NOT NULL,
  package_version BIGINT NOT NULL DEFAULT 0, started_at BIGINT NOT NULL DEFAULT 0, ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX builds_number ON builds (release_id, number);

CREATE TABLE build_outputs (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  build_id BIGINT NOT NULL REFERENCES builds (id), release_id BIGINT NOT NULL, media_version_id BIGINT NOT NULL,
  item_key TEXT NOT NULL, label TEXT NOT NULL, file_name TEXT NOT NULL DEFAULT '', digest TEXT NOT NULL DEFAULT '', size BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX build_outputs_once ON build_outputs (build_id, media_version_id);
CREATE INDEX build_outputs_release ON build_outputs (release_id);

CREATE TABLE test_runs (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, level TEXT NOT NULL DEFAULT '', source TEXT NOT NULL,
  package_version BIGINT NOT NULL, package_digest TEXT NOT NULL, environment TEXT NOT NULL DEFAULT '',
  tester_id BIGINT NOT NULL, tester_name TEXT NOT NULL, ran_at BIGINT NOT NULL DEFAULT 0, duration_ms BIGINT NOT NULL DEFAULT 0,
  tests BIGINT NOT NULL DEFAULT 0, passed BIGINT NOT NULL DEFAULT 0, failed BIGINT NOT NULL DEFAULT 0, errors BIGINT NOT NULL DEFAULT 0, skipped BIGINT NOT NULL DEFAULT 0,
  notes TEXT NOT NULL DEFAULT '', known_error_id BIGINT NOT NULL DEFAULT 0, known_error_key TEXT NOT NULL DEFAULT '',
  tolerated_by_id BIGINT NOT NULL DEFAULT 0, tolerated_by TEXT NOT NULL DEFAULT '', tolerated_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX test_runs_number ON test_runs (release_id, number);

CREATE TABLE test_failures (
  id {id}, run_id BIGINT NOT NULL REFERENCES test_runs (id), suite TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', body TEXT NOT NULL DEFAULT ''
);
CREATE INDEX test_failures_run ON test_failures (run_id);

CREATE TABLE release_criteria (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, source_id BIGINT NOT NULL DEFAULT 0,
  kind TEXT NOT NULL, aspect TEXT NOT NULL DEFAULT '', statement TEXT NOT NULL, measure TEXT NOT NULL DEFAULT '', target TEXT NOT NULL DEFAULT '', level TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL, measured TEXT NOT NULL DEFAULT '', evidence TEXT NOT NULL DEFAULT '', run_number BIGINT NOT NULL DEFAULT 0,
  package_version BIGINT NOT NULL DEFAULT 0, package_digest TEXT NOT NULL DEFAULT '',
  verifier_id BIGINT NOT NULL DEFAULT 0, verifier_name TEXT NOT NULL DEFAULT '', verified_at BIGINT NOT NULL DEFAULT 0,
  known_error_id BIGINT NOT NULL DEFAULT 0, known_error_key TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX release_criteria_number ON release_criteria (release_id, number);
CREATE UNIQUE INDEX release_criteria_source ON release_criteria (release_id, source_id) WHERE source_id <> 0;

CREATE TABLE known_errors (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  number BIGINT NOT NULL, service_id BIGINT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL, impact TEXT NOT NULL DEFAULT '', workaround TEXT NOT NULL DEFAULT '', affected_items TEXT NOT NULL DEFAULT '[]',
  decision TEXT NOT NULL DEFAULT '', decided_by_id BIGINT NOT NULL DEFAULT 0, decided_by TEXT NOT NULL DEFAULT '', decided_at BIGINT NOT NULL DEFAULT 0,
  target_fix TEXT NOT NULL DEFAULT '', recipient_id BIGINT NOT NULL DEFAULT 0, recipient_name TEXT NOT NULL DEFAULT '', transferred_at BIGINT NOT NULL DEFAULT 0,
  resolution TEXT NOT NULL DEFAULT '', resolved_at BIGINT NOT NULL DEFAULT 0, found_by_id BIGINT NOT NULL, found_by TEXT NOT NULL
);
CREATE UNIQUE INDEX known_errors_number ON known_errors (number);
CREATE INDEX known_errors_service ON known_errors (service_id, state);

CREATE TABLE known_error_links (
  id {id}, release_id BIGINT NOT NULL, known_error_id BIGINT NOT NULL REFERENCES known_errors (id), relation TEXT NOT NULL
);
CREATE UNIQUE INDEX known_error_links_once ON known_error_links (release_id, known_error_id);

CREATE TABLE rehearsals (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, package_version BIGINT NOT NULL, package_digest TEXT NOT NULL,
  environment TEXT NOT NULL DEFAULT '', result TEXT NOT NULL, minutes BIGINT NOT NULL DEFAULT 0, notes TEXT NOT NULL DEFAULT '',
  by_id BIGINT NOT NULL, by_name TEXT NOT NULL, rehearsed_at BIGINT NOT NULL DEFAULT 0,
  witness_id BIGINT NOT NULL DEFAULT 0, witness_name TEXT NOT NULL DEFAULT '', witnessed_at BIGINT NOT NULL DEFAULT 0, witness_note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX rehearsals_number ON rehearsals (release_id, number);
