-- +goose Up
-- An attached file becomes part of what its owner says next of the same thing:
-- a signature, a decision, a verdict. The file's own row never changes.
CREATE TABLE media_vouchers (
  attachment_id BIGINT NOT NULL PRIMARY KEY REFERENCES media_attachments (id),
  vouched_at BIGINT NOT NULL
);
