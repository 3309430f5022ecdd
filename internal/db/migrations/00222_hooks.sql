-- +goose Up
-- Hand-over to another deployer: where it is asked, the messages that were sent
-- to it, and the receipts of the reports that came back.
CREATE TABLE environment_hooks (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  environment_id BIGINT NOT NULL REFERENCES environments (id) ON DELETE CASCADE, url TEXT NOT NULL, url_by TEXT NOT NULL, url_at BIGINT NOT NULL,
  sealed TEXT NOT NULL DEFAULT '', secret_by TEXT NOT NULL DEFAULT '', secret_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX environment_hooks_environment ON environment_hooks (environment_id);

CREATE TABLE hook_messages (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  wave_id BIGINT NOT NULL REFERENCES waves (id), release_id BIGINT NOT NULL, environment_id BIGINT NOT NULL,
  message_id TEXT NOT NULL, purpose TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL, targets BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0, sent_at BIGINT NOT NULL DEFAULT 0, next_at BIGINT NOT NULL DEFAULT 0, status BIGINT NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX hook_messages_message ON hook_messages (message_id);
CREATE INDEX hook_messages_wave ON hook_messages (wave_id, state, id);
CREATE INDEX hook_messages_environment ON hook_messages (environment_id, id);

ALTER TABLE wave_targets ADD COLUMN message_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX wave_targets_message ON wave_targets (message_id);

CREATE TABLE report_receipts (
  id {id}, user_id BIGINT NOT NULL, once TEXT NOT NULL, asked TEXT NOT NULL, answer TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX report_receipts_once ON report_receipts (user_id, once);
CREATE INDEX report_receipts_age ON report_receipts (created_at);
