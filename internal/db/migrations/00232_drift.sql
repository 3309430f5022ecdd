-- +goose Up
ALTER TABLE targets ADD COLUMN reported_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE targets ADD COLUMN reported_version TEXT NOT NULL DEFAULT '';
ALTER TABLE targets ADD COLUMN reported_by TEXT NOT NULL DEFAULT '';
ALTER TABLE targets ADD COLUMN reported_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX targets_drift ON targets (target_key) WHERE reported_digest <> '' AND reported_digest <> installed_digest;
CREATE INDEX components_digest ON components (digest) WHERE digest <> '';
