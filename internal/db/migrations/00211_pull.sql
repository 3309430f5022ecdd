-- +goose Up
-- Devices that fetch what they are assigned.
ALTER TABLE targets ADD COLUMN reported TEXT NOT NULL DEFAULT '';
ALTER TABLE waves ADD COLUMN confirm_minutes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE waves ADD COLUMN consent BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE devices (
  target_id BIGINT PRIMARY KEY REFERENCES targets (id),
  token_hash TEXT NOT NULL DEFAULT '', token_at BIGINT NOT NULL DEFAULT 0, token_by TEXT NOT NULL DEFAULT '',
  auto_confirm BOOLEAN NOT NULL DEFAULT FALSE, wants_config BOOLEAN NOT NULL DEFAULT TRUE, reported_at BIGINT NOT NULL DEFAULT 0,
  claims TEXT NOT NULL DEFAULT '', seen_at BIGINT NOT NULL DEFAULT 0, seen_from TEXT NOT NULL DEFAULT ''
);

CREATE TABLE pull_settings (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  environment_id BIGINT NOT NULL REFERENCES environments (id),
  poll_seconds BIGINT NOT NULL, confirm_minutes BIGINT NOT NULL, stuck_minutes BIGINT NOT NULL,
  gateway_hash TEXT NOT NULL DEFAULT '', gateway_at BIGINT NOT NULL DEFAULT 0, gateway_by TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX pull_settings_environment ON pull_settings (environment_id);

-- What a wave's devices are offered, and for how long nothing was handed out.
CREATE TABLE pull_waves (
  wave_id BIGINT PRIMARY KEY REFERENCES waves (id), package_id BIGINT NOT NULL, confirm_ms BIGINT NOT NULL, stuck_ms BIGINT NOT NULL,
  held_ms BIGINT NOT NULL DEFAULT 0, looked_at BIGINT NOT NULL DEFAULT 0
);

-- The number of an action goes to devices that keep it in 32 bits.
CREATE TABLE pull_actions (
  id {id}, wave_target_id BIGINT NOT NULL, wave_id BIGINT NOT NULL, target_id BIGINT NOT NULL, target_key TEXT NOT NULL,
  package_id BIGINT NOT NULL, attempt BIGINT NOT NULL, state TEXT NOT NULL, consent TEXT NOT NULL DEFAULT '', consent_by TEXT NOT NULL DEFAULT '',
  refused BOOLEAN NOT NULL DEFAULT FALSE, offered_at BIGINT NOT NULL, taken_at BIGINT NOT NULL DEFAULT 0, installed_at BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL DEFAULT 0, confirm_by BIGINT NOT NULL DEFAULT 0, closed_at BIGINT NOT NULL DEFAULT 0,
  progress BIGINT NOT NULL DEFAULT 0, progress_of BIGINT NOT NULL DEFAULT 0, statuses BIGINT NOT NULL DEFAULT 0,
  CHECK (id < 2147483648)
);
CREATE INDEX pull_actions_target ON pull_actions (target_id, id);
CREATE INDEX pull_actions_wave ON pull_actions (wave_id, state, due_at);
CREATE INDEX pull_actions_wave_target ON pull_actions (wave_target_id);

CREATE TABLE pull_statuses (
  id {id}, action_id BIGINT NOT NULL REFERENCES pull_actions (id), execution TEXT NOT NULL, finished TEXT NOT NULL, code BIGINT NOT NULL DEFAULT 0,
  progress BIGINT NOT NULL DEFAULT 0, progress_of BIGINT NOT NULL DEFAULT 0, details TEXT NOT NULL DEFAULT '', late BOOLEAN NOT NULL DEFAULT FALSE,
  happened_at BIGINT NOT NULL
);
CREATE INDEX pull_statuses_action ON pull_statuses (action_id, id);
