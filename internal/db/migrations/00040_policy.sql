-- +goose Up
CREATE TABLE policies (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  policy_key TEXT NOT NULL, name TEXT NOT NULL
);
CREATE UNIQUE INDEX policies_key ON policies (policy_key);

CREATE TABLE policy_services (
  id {id}, policy_id BIGINT NOT NULL REFERENCES policies (id), service_id BIGINT NOT NULL REFERENCES services (id)
);
CREATE UNIQUE INDEX policy_services_once ON policy_services (service_id);

CREATE TABLE policy_versions (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  policy_id BIGINT NOT NULL REFERENCES policies (id), policy_key TEXT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL,
  author_id BIGINT NOT NULL, author_name TEXT NOT NULL, approver_id BIGINT NOT NULL DEFAULT 0, approver_name TEXT NOT NULL DEFAULT '',
  approved_at BIGINT NOT NULL DEFAULT 0, active_at BIGINT NOT NULL DEFAULT 0, rules TEXT NOT NULL
);
CREATE UNIQUE INDEX policy_versions_number ON policy_versions (policy_id, number);
CREATE UNIQUE INDEX policy_versions_active ON policy_versions (policy_id) WHERE state = 'Active';

CREATE TABLE policy_numbers (scope TEXT NOT NULL PRIMARY KEY, last_number BIGINT NOT NULL);

CREATE TABLE models (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  model_key TEXT NOT NULL, name TEXT NOT NULL
);
CREATE UNIQUE INDEX models_key ON models (model_key);

CREATE TABLE model_versions (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  model_id BIGINT NOT NULL REFERENCES models (id), model_key TEXT NOT NULL, name TEXT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL,
  author_id BIGINT NOT NULL, author_name TEXT NOT NULL, approver_id BIGINT NOT NULL DEFAULT 0, approver_name TEXT NOT NULL DEFAULT '', body TEXT NOT NULL
);
CREATE UNIQUE INDEX model_versions_number ON model_versions (model_id, number);
