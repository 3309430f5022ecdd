-- +goose Up
-- Everybody who wrote a version, not only the last to save it: none of them approves it.
ALTER TABLE policy_versions ADD COLUMN writers TEXT NOT NULL DEFAULT '[]';
ALTER TABLE model_versions ADD COLUMN writers TEXT NOT NULL DEFAULT '[]';
