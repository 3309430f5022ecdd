-- +goose Up
CREATE TABLE status_pages (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, slug TEXT NOT NULL, public BOOLEAN NOT NULL DEFAULT FALSE,
  headline TEXT NOT NULL, lead TEXT NOT NULL DEFAULT '', notice_text TEXT NOT NULL DEFAULT '', contact TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX status_pages_slug ON status_pages (slug);
CREATE UNIQUE INDEX status_pages_release ON status_pages (release_id);

CREATE TABLE status_updates (
  id {id}, page_id BIGINT NOT NULL REFERENCES status_pages (id), at BIGINT NOT NULL,
  family TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, author TEXT NOT NULL
);
CREATE INDEX status_updates_page ON status_updates (page_id, at);
