-- +goose Up
-- How hosts are reached over SSH: the keys of each environment, of which only the
-- public half is in the clear, and of each target its address and the host key
-- that a person accepted.
CREATE TABLE environment_keys (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  environment_id BIGINT NOT NULL REFERENCES environments (id) ON DELETE CASCADE, number BIGINT NOT NULL, public_key TEXT NOT NULL, fingerprint TEXT NOT NULL,
  sealed TEXT NOT NULL, made_by TEXT NOT NULL, retired_at BIGINT NOT NULL DEFAULT 0, retired_by TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX environment_keys_number ON environment_keys (environment_id, number);

CREATE TABLE target_hosts (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  target_id BIGINT NOT NULL REFERENCES targets (id) ON DELETE CASCADE, address TEXT NOT NULL, port BIGINT NOT NULL, login TEXT NOT NULL,
  address_by TEXT NOT NULL, address_at BIGINT NOT NULL,
  host_key TEXT NOT NULL DEFAULT '', accepted_by_id BIGINT NOT NULL DEFAULT 0, accepted_by TEXT NOT NULL DEFAULT '', accepted_at BIGINT NOT NULL DEFAULT 0,
  shown_key TEXT NOT NULL DEFAULT '', shown_at BIGINT NOT NULL DEFAULT 0, trouble TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX target_hosts_target ON target_hosts (target_id);
