-- +goose Up
-- Where the media lie that the rows speak of: the bucket's name without its
-- credentials, or nothing for the data folder. There is one line, the last.
CREATE TABLE media_homes (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  name TEXT NOT NULL
);
