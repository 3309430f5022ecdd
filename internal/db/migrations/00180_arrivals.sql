-- +goose Up
-- Resumable uploads: a file that arrives for a submission has no repository yet.
-- What was announced of it is kept with it, and the digest once it is whole.
ALTER TABLE registry_uploads ADD COLUMN size BIGINT NOT NULL DEFAULT 0;
ALTER TABLE registry_uploads ADD COLUMN file_name TEXT NOT NULL DEFAULT '';
ALTER TABLE registry_uploads ADD COLUMN media_type TEXT NOT NULL DEFAULT '';
ALTER TABLE registry_uploads ADD COLUMN declared TEXT NOT NULL DEFAULT '';
ALTER TABLE registry_uploads ADD COLUMN digest TEXT NOT NULL DEFAULT '';
CREATE INDEX registry_uploads_person ON registry_uploads (user_id, repo);
