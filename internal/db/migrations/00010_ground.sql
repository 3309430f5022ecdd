-- +goose Up
CREATE TABLE users (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  username TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL DEFAULT '',
  password_hash TEXT NOT NULL DEFAULT '', zone TEXT NOT NULL DEFAULT '', theme TEXT NOT NULL DEFAULT '',
  disabled BOOLEAN NOT NULL DEFAULT FALSE, last_seen_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX users_username ON users (username);

CREATE TABLE user_roles (
  id {id}, user_id BIGINT NOT NULL REFERENCES users (id), role TEXT NOT NULL, service_id BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX user_roles_once ON user_roles (user_id, role, service_id);
CREATE INDEX user_roles_role ON user_roles (role, service_id);

CREATE TABLE sessions (
  id {id}, token_hash TEXT NOT NULL, user_id BIGINT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  ip TEXT NOT NULL DEFAULT '', agent TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE api_tokens (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  user_id BIGINT NOT NULL REFERENCES users (id), name TEXT NOT NULL, token_hash TEXT NOT NULL,
  scopes TEXT NOT NULL DEFAULT '[]', expires_at BIGINT NOT NULL DEFAULT 0, revoked_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (token_hash);

CREATE TABLE audit_entries (
  seq BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL,
  user_id BIGINT NOT NULL, actor TEXT NOT NULL, actor_kind TEXT NOT NULL, ip TEXT NOT NULL, request_id TEXT NOT NULL,
  action TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, release_key TEXT NOT NULL,
  sentence TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX audit_entries_release ON audit_entries (release_key, seq);
CREATE INDEX audit_entries_record ON audit_entries (kind, record, seq);

CREATE TABLE jobs (
  id {id}, kind TEXT NOT NULL, args TEXT NOT NULL, state TEXT NOT NULL, run_at BIGINT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, max_attempts INTEGER NOT NULL, locked_until BIGINT NOT NULL DEFAULT 0,
  unique_key TEXT NOT NULL DEFAULT '', last_error TEXT NOT NULL DEFAULT '', created_at BIGINT NOT NULL, ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX jobs_due ON jobs (state, run_at);
CREATE UNIQUE INDEX jobs_unique ON jobs (unique_key) WHERE unique_key <> '' AND state IN ('waiting', 'running');
