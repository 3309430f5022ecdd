-- +goose Up
-- The keys by which the organisation recognises media, and what each signature
-- and attestation beside a version is worth by them. checked_at 0 means that it
-- has to be judged; what came before is read once for signatures in it.
CREATE TABLE media_keys (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  name TEXT NOT NULL, holder TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, fingerprint TEXT NOT NULL, hint TEXT NOT NULL DEFAULT '',
  services TEXT, service_keys TEXT, valid_from BIGINT NOT NULL DEFAULT 0, valid_to BIGINT NOT NULL DEFAULT 0,
  added_by_id BIGINT NOT NULL DEFAULT 0, added_by_name TEXT NOT NULL DEFAULT '',
  revoked_at BIGINT NOT NULL DEFAULT 0, revoked_by_name TEXT NOT NULL DEFAULT '', revoked_why TEXT NOT NULL DEFAULT '', compromised BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX media_keys_fingerprint ON media_keys (kind, fingerprint);

ALTER TABLE media_items ADD COLUMN must_be_signed BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE media_evidence ADD COLUMN standing TEXT NOT NULL DEFAULT '';
ALTER TABLE media_evidence ADD COLUMN key_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE media_evidence ADD COLUMN signer TEXT NOT NULL DEFAULT '';
ALTER TABLE media_evidence ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE media_evidence ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE media_evidence ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE media_evidence ADD COLUMN checked_at BIGINT NOT NULL DEFAULT 0;
UPDATE media_evidence SET checked_at = added_at WHERE kind = 'bill of materials';
DROP INDEX media_evidence_once;
CREATE UNIQUE INDEX media_evidence_once ON media_evidence (media_version_id, digest, signature);
CREATE INDEX media_evidence_due ON media_evidence (checked_at, id);
CREATE INDEX media_evidence_key ON media_evidence (key_id);
