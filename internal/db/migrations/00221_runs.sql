-- +goose Up
-- What is done on hosts over SSH: one run an attempt on a target, one row a
-- command of it with what it said.
ALTER TABLE waves ADD COLUMN parallel BIGINT NOT NULL DEFAULT 0;

CREATE TABLE ssh_runs (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  wave_id BIGINT NOT NULL REFERENCES waves (id), release_id BIGINT NOT NULL, wave_target_id BIGINT NOT NULL, target_id BIGINT NOT NULL,
  purpose TEXT NOT NULL, attempt BIGINT NOT NULL, state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '', once TEXT NOT NULL DEFAULT '', folder TEXT NOT NULL DEFAULT '',
  holder TEXT NOT NULL DEFAULT '', touched BOOLEAN NOT NULL DEFAULT FALSE, reason TEXT NOT NULL DEFAULT '',
  started_at BIGINT NOT NULL DEFAULT 0, ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX ssh_runs_attempt ON ssh_runs (wave_target_id, purpose, attempt);
CREATE INDEX ssh_runs_wave ON ssh_runs (wave_id, state, id);

CREATE TABLE ssh_commands (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  run_id BIGINT NOT NULL REFERENCES ssh_runs (id), kind TEXT NOT NULL, number BIGINT NOT NULL, again BIGINT NOT NULL DEFAULT 0, title TEXT NOT NULL, line TEXT NOT NULL,
  began_at BIGINT NOT NULL, ended_at BIGINT NOT NULL DEFAULT 0, code BIGINT NOT NULL DEFAULT 0, outcome TEXT NOT NULL DEFAULT '',
  output TEXT NOT NULL DEFAULT '', said BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX ssh_commands_once ON ssh_commands (run_id, kind, number, again);
