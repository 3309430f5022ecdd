-- +goose Up
-- Files that people keep with what they did: photographs, log files, reports.
-- Each is evidence, so that no statement changes or deletes a row. What it was
-- kept with is copied text, as in the audit record.
CREATE TABLE media_attachments (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, subject TEXT NOT NULL, subject_id BIGINT NOT NULL, about TEXT NOT NULL, link TEXT NOT NULL,
  digest TEXT NOT NULL REFERENCES media_blobs (digest), file_name TEXT NOT NULL, media_type TEXT NOT NULL, size BIGINT NOT NULL,
  by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE INDEX media_attachments_release ON media_attachments (release_id, id);
CREATE INDEX media_attachments_subject ON media_attachments (subject, subject_id);
CREATE INDEX media_attachments_digest ON media_attachments (digest);
