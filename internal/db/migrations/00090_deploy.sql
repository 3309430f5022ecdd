-- +goose Up
CREATE TABLE environments (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  environment_key TEXT NOT NULL, name TEXT NOT NULL, zone TEXT NOT NULL, production BOOLEAN NOT NULL DEFAULT FALSE, position BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX environments_key ON environments (environment_key);

CREATE TABLE targets (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  target_key TEXT NOT NULL, name TEXT NOT NULL, environment_id BIGINT NOT NULL REFERENCES environments (id), environment_key TEXT NOT NULL,
  tags TEXT NOT NULL DEFAULT '', attributes TEXT NOT NULL DEFAULT '', facets TEXT NOT NULL DEFAULT '', retired BOOLEAN NOT NULL DEFAULT FALSE,
  installed_digest TEXT NOT NULL DEFAULT '', installed_version TEXT NOT NULL DEFAULT '', installed_release TEXT NOT NULL DEFAULT '', installed_at BIGINT NOT NULL DEFAULT 0,
  former_digest TEXT NOT NULL DEFAULT '', former_version TEXT NOT NULL DEFAULT '', former_release TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX targets_key ON targets (target_key);
CREATE INDEX targets_environment ON targets (environment_id, target_key);

CREATE TABLE waves (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL REFERENCES releases (id), release_key TEXT NOT NULL, service_id BIGINT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL,
  environment_id BIGINT NOT NULL DEFAULT 0, environment_key TEXT NOT NULL, environment_name TEXT NOT NULL DEFAULT '', production BOOLEAN NOT NULL DEFAULT FALSE,
  pilot BOOLEAN NOT NULL DEFAULT FALSE, filter TEXT NOT NULL DEFAULT '', days BIGINT NOT NULL DEFAULT 0, hours BIGINT NOT NULL DEFAULT 0,
  window_start BIGINT NOT NULL DEFAULT 0, window_stop BIGINT NOT NULL DEFAULT 0, anchor BIGINT NOT NULL DEFAULT 0, soak_hours BIGINT NOT NULL DEFAULT 0,
  success_percent BIGINT NOT NULL DEFAULT 100, failure_percent BIGINT NOT NULL DEFAULT 0, failure_count BIGINT NOT NULL DEFAULT 0,
  back_out_when TEXT NOT NULL DEFAULT '', no_return BOOLEAN NOT NULL DEFAULT FALSE, method TEXT NOT NULL DEFAULT '',
  lead_id BIGINT NOT NULL DEFAULT 0, lead_name TEXT NOT NULL DEFAULT '', state TEXT NOT NULL,
  package_version BIGINT NOT NULL DEFAULT 0, package_digest TEXT NOT NULL DEFAULT '',
  total BIGINT NOT NULL DEFAULT 0, verified BIGINT NOT NULL DEFAULT 0, active BIGINT NOT NULL DEFAULT 0, failed BIGINT NOT NULL DEFAULT 0,
  excluded BIGINT NOT NULL DEFAULT 0, rolled_back BIGINT NOT NULL DEFAULT 0,
  ready_at BIGINT NOT NULL DEFAULT 0, ready_by TEXT NOT NULL DEFAULT '',
  go_at BIGINT NOT NULL DEFAULT 0, go_by_id BIGINT NOT NULL DEFAULT 0, go_by TEXT NOT NULL DEFAULT '', go_comment TEXT NOT NULL DEFAULT '',
  no_go_by TEXT NOT NULL DEFAULT '', no_go_reason TEXT NOT NULL DEFAULT '',
  started_at BIGINT NOT NULL DEFAULT 0, started_by_id BIGINT NOT NULL DEFAULT 0, started_by TEXT NOT NULL DEFAULT '',
  paused_with BOOLEAN NOT NULL DEFAULT FALSE, pause_reason TEXT NOT NULL DEFAULT '',
  completed_at BIGINT NOT NULL DEFAULT 0, soak_until BIGINT NOT NULL DEFAULT 0, failed_at BIGINT NOT NULL DEFAULT 0, fail_reason TEXT NOT NULL DEFAULT '',
  remediating_at BIGINT NOT NULL DEFAULT 0, back_out_at BIGINT NOT NULL DEFAULT 0, back_out_by TEXT NOT NULL DEFAULT '', back_out_reason TEXT NOT NULL DEFAULT '',
  rolled_back_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX waves_number ON waves (release_id, number);
CREATE INDEX waves_state ON waves (state, id);
CREATE INDEX waves_environment ON waves (environment_id, state);

CREATE TABLE wave_staff (id {id}, wave_id BIGINT NOT NULL REFERENCES waves (id), user_id BIGINT NOT NULL, user_name TEXT NOT NULL);
CREATE UNIQUE INDEX wave_staff_once ON wave_staff (wave_id, user_id);

CREATE TABLE wave_steps (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  wave_id BIGINT NOT NULL REFERENCES waves (id), release_id BIGINT NOT NULL, number BIGINT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
  instruction TEXT NOT NULL DEFAULT '', command TEXT NOT NULL DEFAULT '', minutes BIGINT NOT NULL DEFAULT 0, witness BOOLEAN NOT NULL DEFAULT FALSE,
  waits_for TEXT NOT NULL DEFAULT '', state TEXT NOT NULL, planned_at BIGINT NOT NULL DEFAULT 0, planned_end BIGINT NOT NULL DEFAULT 0,
  holder_id BIGINT NOT NULL DEFAULT 0, holder_name TEXT NOT NULL DEFAULT '', claimed_at BIGINT NOT NULL DEFAULT 0, signed_at BIGINT NOT NULL DEFAULT 0,
  evidence TEXT NOT NULL DEFAULT '', witness_id BIGINT NOT NULL DEFAULT 0, witness_name TEXT NOT NULL DEFAULT '', witness_note TEXT NOT NULL DEFAULT '',
  ended_at BIGINT NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '', reason_by TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX wave_steps_number ON wave_steps (wave_id, number);
CREATE INDEX wave_steps_release ON wave_steps (release_id);
CREATE INDEX wave_steps_state ON wave_steps (state, holder_id);

CREATE TABLE wave_targets (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  wave_id BIGINT NOT NULL REFERENCES waves (id), release_id BIGINT NOT NULL, target_id BIGINT NOT NULL REFERENCES targets (id),
  target_key TEXT NOT NULL, target_name TEXT NOT NULL, delivery TEXT NOT NULL, state TEXT NOT NULL, touched BOOLEAN NOT NULL DEFAULT FALSE, attempts BIGINT NOT NULL DEFAULT 0, batch BIGINT NOT NULL DEFAULT 0,
  installed_digest TEXT NOT NULL DEFAULT '', installed_version TEXT NOT NULL DEFAULT '',
  former_digest TEXT NOT NULL DEFAULT '', former_version TEXT NOT NULL DEFAULT '', former_release TEXT NOT NULL DEFAULT '',
  evidence TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', by_id BIGINT NOT NULL DEFAULT 0, by_name TEXT NOT NULL DEFAULT '', settled_at BIGINT NOT NULL DEFAULT 0,
  exclude_reason TEXT NOT NULL DEFAULT '', exclude_asked_by_id BIGINT NOT NULL DEFAULT 0, exclude_asked_by TEXT NOT NULL DEFAULT '', exclude_asked_as TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX wave_targets_once ON wave_targets (release_id, target_id);
CREATE INDEX wave_targets_state ON wave_targets (wave_id, state, target_key);
CREATE INDEX wave_targets_key ON wave_targets (wave_id, target_key);
CREATE INDEX wave_targets_target ON wave_targets (target_id);

CREATE TABLE target_events (
  id {id}, target_id BIGINT NOT NULL, target_key TEXT NOT NULL, release_id BIGINT NOT NULL, release_key TEXT NOT NULL, wave_number BIGINT NOT NULL,
  state TEXT NOT NULL, digest TEXT NOT NULL DEFAULT '', label TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  by_id BIGINT NOT NULL DEFAULT 0, by_name TEXT NOT NULL DEFAULT '', happened_at BIGINT NOT NULL
);
CREATE INDEX target_events_target ON target_events (target_id, id);
CREATE INDEX target_events_release ON target_events (release_id, target_id);

CREATE TABLE rollback_decisions (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL REFERENCES releases (id), reason TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE INDEX rollback_decisions_release ON rollback_decisions (release_id, id);

CREATE TABLE wave_hands (release_id BIGINT NOT NULL REFERENCES releases (id), user_id BIGINT NOT NULL, PRIMARY KEY (release_id, user_id));
