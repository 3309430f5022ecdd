-- +goose Up
-- What vouches for a media version or says what is in it: bills of materials,
-- signatures, attestations. The components of a bill can be searched.
CREATE TABLE media_evidence (
  id {id}, media_version_id BIGINT NOT NULL REFERENCES media_versions (id), kind TEXT NOT NULL, format TEXT NOT NULL DEFAULT '',
  digest TEXT NOT NULL REFERENCES media_blobs (digest), manifest TEXT NOT NULL, file_name TEXT NOT NULL DEFAULT '', size BIGINT NOT NULL,
  verdict TEXT NOT NULL, detail TEXT NOT NULL DEFAULT '', components BIGINT NOT NULL DEFAULT 0,
  by_id BIGINT NOT NULL DEFAULT 0, by_name TEXT NOT NULL DEFAULT '', added_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX media_evidence_once ON media_evidence (media_version_id, digest);

CREATE TABLE media_components (
  id {id}, evidence_id BIGINT NOT NULL REFERENCES media_evidence (id), media_version_id BIGINT NOT NULL,
  name_key TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL DEFAULT '', purl TEXT NOT NULL DEFAULT '', licence TEXT NOT NULL DEFAULT ''
);
CREATE INDEX media_components_name ON media_components (name_key, label);
CREATE INDEX media_components_version ON media_components (media_version_id);
