-- +goose Up
-- What an action is for: to deploy, or to put back.
ALTER TABLE pull_actions ADD COLUMN purpose TEXT NOT NULL DEFAULT 'deploy';
