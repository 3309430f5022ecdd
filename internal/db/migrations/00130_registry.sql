-- +goose Up
-- Media by OCI distribution: what each repository holds, under which names, and
-- what refers to what. A repository is an item of the library; what it shows
-- outside quarantine is what its accepted versions reach.
ALTER TABLE media_versions ADD COLUMN manifest TEXT NOT NULL DEFAULT '';
CREATE INDEX media_versions_manifest ON media_versions (manifest);

CREATE TABLE registry_contents (
  id {id}, repo TEXT NOT NULL, digest TEXT NOT NULL REFERENCES media_blobs (digest), manifest BOOLEAN NOT NULL,
  media_type TEXT NOT NULL, artifact_type TEXT NOT NULL DEFAULT '', size BIGINT NOT NULL, subject TEXT NOT NULL DEFAULT '', annotations TEXT,
  pusher_id BIGINT NOT NULL DEFAULT 0, pushed_at BIGINT NOT NULL, published BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX registry_contents_once ON registry_contents (repo, digest, manifest);
CREATE INDEX registry_contents_digest ON registry_contents (digest);
CREATE INDEX registry_contents_subject ON registry_contents (repo, subject);

CREATE TABLE registry_refs (
  repo TEXT NOT NULL, parent TEXT NOT NULL, child TEXT NOT NULL, PRIMARY KEY (repo, parent, child)
);
CREATE INDEX registry_refs_child ON registry_refs (child);

CREATE TABLE registry_tags (
  id {id}, repo TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT NOT NULL, media_version_id BIGINT NOT NULL DEFAULT 0, pusher_id BIGINT NOT NULL DEFAULT 0, pushed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX registry_tags_name ON registry_tags (repo, tag);
CREATE INDEX registry_tags_version ON registry_tags (media_version_id);

CREATE TABLE registry_uploads (
  id {id}, upload TEXT NOT NULL, repo TEXT NOT NULL, user_id BIGINT NOT NULL, begun_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX registry_uploads_name ON registry_uploads (upload);
