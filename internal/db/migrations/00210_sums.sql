-- +goose Up
-- The digests that devices' protocols ask for beside SHA-256, computed once from
-- verified bytes.
CREATE TABLE media_sums (digest TEXT PRIMARY KEY, sha1 TEXT NOT NULL, md5 TEXT NOT NULL);
